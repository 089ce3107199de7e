#include "train/run_inputs.h"

#include "protocol/error.h"
#include "protocol/json.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"
#include "tensor/sha256.h"
#include "text/text_file.h"

#include <array>
#include <chrono>
#include <ctime>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto notesName = "inputs.json";

/// The job but for what its numbers do not follow from.
std::string hashOfJob(const std::string& text)
{
    auto json = nlohmann::json::parse(text, nullptr, true, true);
    for (const auto* free : {"stop", "every", "run", "device", "ranks"})
        json.erase(free);
    return sha256(jsonText(json));
}

/// By the files' roles, not their paths: a moved run's are elsewhere.
nlohmann::json notesOf(const TrainJob& job, const std::string& text, const std::stop_token& stop)
{
    nlohmann::json notes{{"config.json", hashOfJob(text)}};
    const auto add = [&](const std::string& role, const std::vector<fs::path>& files) {
        for (std::size_t i = 0; i < files.size(); ++i)
            notes[role + " " + std::to_string(i + 1)] = freshSha256OfFile(files[i], stop);
    };
    add("data.texts", job.texts);
    add("data.questions", job.questions);
    add("data.validation_texts", job.validationTexts);
    add("data.validation_questions", job.validationQuestions);
    if (job.stage == Stage::Base)
        add("tokenizer", {job.tokenizer});
    return notes;
}

std::string now()
{
    const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    gmtime_r(&time, &parts);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%FT%TZ", &parts);
    return text.data();
}

void write(const fs::path& run, const nlohmann::json& json)
{
    writeFile(run / notesName, jsonText(json, 1) + "\n");
}

} // namespace

void writeRunInputs(const fs::path& run, const TrainJob& job, const std::string& jobText, const std::stop_token& stop)
{
    write(run, {{"sha256", notesOf(job, jobText, stop)}, {"accepted", nlohmann::json::array()}});
}

std::vector<std::string> requireSameInputs(const fs::path& run, const TrainJob& job, const std::string& jobText,
                                           bool accept, const std::stop_token& stop)
{
    std::error_code ignored;
    if (!fs::exists(run / notesName, ignored)) {
        writeRunInputs(run, job, jobText, stop);
        return {};
    }
    const auto source = (run / notesName).string();
    auto json = JsonReader::parse(readTextFile(run / notesName), source).json();
    const auto ours = notesOf(job, jobText, stop);
    const auto theirs = json.value("sha256", nlohmann::json::object());
    std::vector<std::string> changed;
    std::string names;
    const auto note = [&](const std::string& name) {
        changed.push_back(name + " is not what the run began with.");
        names += (names.empty() ? "" : ", ") + name;
    };
    for (const auto& [name, hash] : ours.items())
        if (!theirs.is_object() || !theirs.contains(name) || theirs[name] != hash)
            note(name);
    for (const auto& [name, hash] : theirs.items())
        if (!ours.contains(name))
            note(name);
    if (changed.empty())
        return {};
    if (!accept)
        throw Error(ErrorKind::Mismatch,
                    "The run " + run.string() + " began with other inputs; changed since: " + names + ".",
                    "Put them back, or go on with what is there now, which the run notes: \"Resume with…\" in the "
                    "window, --accept-changes in a terminal.");
    json["sha256"] = ours;
    json["accepted"].push_back({{"time", now()}, {"changed", names}});
    write(run, json);
    return changed;
}

} // namespace icae
