#include "ask_contexts.h"

#include "engine/library_file.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "reading/attribution.h"
#include "reading/question_context.h"
#include "reading/rating.h"
#include "reading/read.h"
#include "text/streaming.h"

#include <algorithm>
#include <charconv>
#include <iostream>

namespace icae {

namespace {

constexpr std::size_t mostShown = 12; // groups of slots, for people

AnswerContext contextNamed(const std::string& name)
{
    const auto names = namesOf(AnswerContext{});
    return static_cast<AnswerContext>(std::find(names.begin(), names.end(), name) - names.begin());
}

/// "3" or "3-7" as rows of a prompt. Slots of neighbouring spans follow each other there unless text stands between.
LeftOut rowsOf(const std::string& named, const ContextPrompt& prompt)
{
    const auto dash = named.find('-');
    const auto number = [&](const std::string& text) {
        std::int64_t value = -1;
        const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (fault != std::errc() || end != text.data() + text.size() || value < 0)
            throw Error(ErrorKind::InvalidInput, "\"" + named + "\" names no slots.",
                        "Write a number, or the first and the last with a - between.");
        return value;
    };
    const auto first = number(named.substr(0, dash));
    const auto last = dash == std::string::npos ? first : number(named.substr(dash + 1));
    std::vector<std::int64_t> rows;
    for (const auto& placed : prompt.slots)
        for (std::int64_t i = 0; i < placed.slots; ++i)
            rows.push_back(placed.row + i);
    if (last < first || last >= std::ssize(rows))
        throw Error(ErrorKind::InvalidInput, "There are no slots " + named + ".",
                    "Choose among the " + std::to_string(rows.size()) + " that are read, counted from 0.");
    return {rows[static_cast<std::size_t>(first)], last - first + 1};
}

/// A memory that the library exported has its text with it.
void attachOwnText(Source& input, const std::string& path, const Model& model)
{
    if (input.hasText() || path == "-")
        return;
    if (const auto file = LibraryFile::read(path); !file.text.empty())
        attachText(input, file.text, path, model);
}

nlohmann::json toJson(const Attribution& found, const std::vector<Source>& inputs)
{
    auto groups = nlohmann::json::array();
    std::int64_t slot = 0;
    for (const auto& group : found.groups) {
        groups.push_back({{"input", group.of.memory},
                          {"source", inputs[group.of.memory].memory.header.sourceName},
                          {"span", group.of.span},
                          {"first_slot", group.firstSlot},
                          {"slot", slot},
                          {"slots", group.slots},
                          {"rise", group.rise}});
        slot += group.slots;
    }
    return {{"loss", found.loss}, {"groups", groups}};
}

void print(const Attribution& found, const std::vector<Source>& inputs)
{
    auto groups = found.groups;
    std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.rise > b.rise; });
    std::cout << "\nThe answer costs " << fixed(found.loss, 4) << " nats a token. It costs more without:\n";
    for (std::size_t i = 0; i < std::min(groups.size(), mostShown); ++i) {
        const auto& group = groups[i];
        const auto last = group.firstSlot + group.slots - 1;
        std::cout << "  +" << fixed(group.rise, 4) << "  slot " << group.firstSlot
                  << (last > group.firstSlot ? "-" + std::to_string(last) : std::string()) << " of span "
                  << group.of.span + 1 << ", " << inputs[group.of.memory].memory.header.sourceName << "\n";
    }
}

} // namespace

void AskArguments::addTo(CLI::App& command)
{
    const auto names = namesOf(AnswerContext{});
    command
        .add_option("--context", context,
                    "What the model reads: slots, the full text, an excerpt of as many tokens as there are slots, or "
                    "nothing")
        ->capture_default_str()
        ->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())));
    command.add_option("--answer", answer, "Rate this answer instead of writing one");
    command.add_option("--without", without, "Leave out slots while an answer is rated: N or FIRST-LAST, from 0");
    command.add_flag("--attribute", attribute, "Say which slots the answer comes from: rate it without each of them");
    command.add_option("--group", group, "Neighbouring slots that --attribute leaves out together")
        ->capture_default_str()
        ->check(countable());
}

int askInContext(const Model& model, std::vector<Source>& inputs, const AskedQuestion& asked,
                 const AskArguments& arguments, CommandContext& command)
{
    const auto context = contextNamed(arguments.context);
    if (!arguments.without.empty() && arguments.answer.empty())
        throw Error(ErrorKind::InvalidInput, "--without is for an answer that is given.", "Give it with --answer.");
    if ((arguments.attribute || !arguments.without.empty()) && context != AnswerContext::Slots)
        throw Error(ErrorKind::InvalidInput, "Only slots can be left out.", "Use --context slots.");
    ContextQuestion question;
    question.question = asked.question;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (context != AnswerContext::Slots)
            attachOwnText(inputs[i], asked.paths[i], model);
        question.memories.push_back({&inputs[i], {}, {}, true});
    }
    const QuestionContexts contexts(model);
    const Reader reader(model);
    const auto given = arguments.answer.empty() ? TokenIds{} : ratedAnswer(model, arguments.answer);
    contexts.requireFits(question, context, given.empty() ? asked.maxTokens : std::ssize(given));
    auto prompt = contexts.prompt(question, context, command.stop);

    auto json = nlohmann::json{{"context", arguments.context}, {"positions", prompt.size.positions}};
    std::string answer = arguments.answer;
    if (given.empty()) {
        prompt.prompt.maxTokens = asked.maxTokens;
        auto generating = reader.greedy();
        generating.sampling = asked.sampling;
        StreamingDetokenizer text(model.tokenizer());
        const auto generation = reader.generate(
            std::span(&prompt.prompt, 1), generating,
            [&](const GeneratedToken& token) {
                const auto piece = text.push(token.id);
                if (!asked.json)
                    std::cout << piece << std::flush;
                return true;
            },
            command.stop);
        if (!asked.json)
            std::cout << text.finish() << "\n" << std::flush;
        const auto& ids = generation.ids.front();
        answer = model.tokenizer()->decode(ids);
        json["text"] = answer;
        json["generated_tokens"] = ids.size();
        json["ended"] = nameOf(endOf(generation.ends.front()));
        json["kv_bytes"] =
            KvCache::bytes(model.config(), 1, prompt.prompt.length() + std::ssize(ids), model.weights().dtype());
        json["seconds"] = {{"prefill", generation.prefillSeconds}, {"decode", generation.decodeSeconds}};
    } else {
        auto rated = prompt.prompt;
        if (!arguments.without.empty())
            rated = without(rated, rowsOf(arguments.without, prompt));
        const auto scores = reader.score(std::span(&rated, 1), std::span(&given, 1), {}, command.stop);
        json["answer"] = answer;
        json["loss"] = forcedScores(scores.front()).loss;
        if (!asked.json)
            std::cout << fixed(json["loss"].get<double>(), 6) << " nats a token\n";
    }
    if (arguments.attribute && !command.stop.stop_requested() && !answer.empty()) {
        const auto found = attribute(model, prompt, ratedAnswer(model, answer), arguments.group,
                                     command.progress.callback(), command.stop);
        command.progress.clear();
        json["attribution"] = toJson(found, inputs);
        if (!asked.json)
            print(found, inputs);
    }
    if (asked.json)
        printJson(json);
    return command.stop.stop_requested() ? exitStopped : exitSuccess;
}

} // namespace icae
