#include "engine.h"

#include "protocol/chat_requests.h"

#include <QtTest>

#include <sys/resource.h>

#include <csignal>

using namespace icae;
using namespace Qt::StringLiterals;

namespace fs = std::filesystem;

/// The library on disk and questions in their contexts, over pipes, with a small real model.
class TestServeChat : public QObject {
    Q_OBJECT

    ModelFixture m_model;
    std::string m_text = ModelFixture::text(5).toStdString();

    LoadModelParams model(const std::string& adapter = "reconstruct") const
    {
        return {m_model.path("").string(), adapter, "cpu", "auto", {}};
    }
    static LibraryAddParams textToAdd(const std::string& name, const std::string& text)
    {
        return {name, text, {}, {}, {}};
    }
    static UsedMemory use(const LibraryMemory& memory) { return {memory.id, memory.name, memory.textSha256, {}, {}}; }
    static ChatPrompt about(std::vector<UsedMemory> memories) { return {std::move(memories), {}, "How many coins?"}; }
    fs::path library() const { return m_model.path("data/icae/library"); }

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("XDG_DATA_HOME", m_model.file("data").toUtf8());
        qputenv("XDG_CONFIG_HOME", m_model.file("config").toUtf8());
        qputenv("OMP_NUM_THREADS", "1");
    }

    void keepsMemories()
    {
        LibraryMemory first;
        {
            Engine engine(m_model);
            QVERIFY(engine.call(protocol::libraryList, {}).memories.empty());
            QVERIFY(!engine.failure(protocol::libraryAdd, textToAdd("a", m_text)).empty()); // no model yet
            engine.call(protocol::modelsLoad, model());
            first = engine.call(protocol::libraryAdd, textToAdd("Miller", m_text));
            QVERIFY(first.spans.size() > 1 && first.hasText && first.problem.empty() && !first.preview.empty());
            QCOMPARE(engine.call(protocol::libraryAdd, textToAdd("Again", m_text)).id, first.id);
            m_model.write("note.txt", "Ärger am Fluß: two boats.");
            LibraryAddParams file;
            file.path = m_model.path("note.txt").string();
            const auto note = engine.call(protocol::libraryAdd, file);
            QCOMPARE(note.name, std::string("note.txt"));
            QCOMPARE(engine.call(protocol::libraryRename, {note.id, "Boats", {"river"}}).tags.front(),
                     std::string("river"));
            QCOMPARE(engine.call(protocol::librarySearch, {"ÄRGER fluss RIVER"}).ids, std::vector<std::string>{});
            QCOMPARE(engine.call(protocol::librarySearch, {"ÄRGER boats RIVER"}).ids,
                     std::vector<std::string>{note.id});
            const auto smaller = engine.call(protocol::libraryRecompress, {note.id, 4, {}, {}, false});
            QVERIFY(smaller.id != note.id && smaller.slots < note.slots && smaller.name == "Boats");
            QCOMPARE(engine.call(protocol::libraryDelete, {smaller.id}).memories.size(), 2U);
            engine.process.kill(); // and nothing is lost
            engine.process.waitForFinished();
        }
        Engine engine(m_model);
        const auto list = engine.call(protocol::libraryList, {});
        QCOMPARE(list.folder, library().string());
        QCOMPARE(list.memories.size(), 2U);
        QCOMPARE(list.memories[1].name, std::string("Miller"));
        QCOMPARE(engine.call(protocol::libraryText, {first.id}).text, m_text);
        QVERIFY(engine.call(protocol::libraryDelete, {first.id}).memories.size() == 1);
        QVERIFY(engine.failure(protocol::libraryText, {first.id}).starts_with("not_found"));
        QCOMPARE(engine.call(protocol::libraryRestore, {first.id}).name, std::string("Miller"));

        // One file has it all; another engine's library takes it in, without a model.
        const auto file = m_model.path("export.memory").string();
        engine.call(protocol::libraryExport, {first.id, file});
        engine.call(protocol::libraryFolder, {m_model.path("elsewhere").string()});
        QVERIFY(engine.call(protocol::libraryList, {}).memories.empty());
        LibraryAddParams exported;
        exported.path = file;
        const auto back = engine.call(protocol::libraryAdd, exported);
        QCOMPARE(back.id, first.id);
        QCOMPARE(back.name, first.name);
        QVERIFY(engine.call(protocol::libraryFolder, {"default"}).isDefault);
    }

    /// Greedy answers in three contexts are those of `icae ask` and of the evaluation.
    void answersAsTheCommandDoes()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto memory = engine.call(protocol::libraryAdd, textToAdd("Miller", m_text));
        ChatAskParams params;
        params.prompt = about({use(memory)});
        params.contexts = {AnswerContext::Slots, AnswerContext::Text, AnswerContext::Nothing, AnswerContext::Excerpt};
        params.maxTokens = 24;
        const auto answer = engine.call(protocol::chatAsk, params);
        QCOMPARE(answer.parts.size(), 4U);
        m_model.write("miller.txt", QByteArray::fromStdString(m_text));
        for (std::size_t i = 0; i < answer.parts.size(); ++i) {
            const auto json = m_model
                                  .run(m_model.with(u"ask"_s,
                                                    {u"miller.txt"_s, u"--adapter"_s, u"reconstruct"_s, u"-q"_s,
                                                     u"How many coins?"_s, u"--tokens"_s, u"24"_s, u"--context"_s,
                                                     QString::fromLatin1(nameOf(params.contexts[i])), u"--json"_s}))
                                  .json();
            const auto& part = answer.parts[i];
            QCOMPARE(part.text, json["text"].get<std::string>());
            QVERIFY(part.firstTokenSeconds > 0 && part.kvBytes > 0 && part.logProbability < 0);
            std::string streamed;
            for (const auto& note : engine.notesOf(protocol::tokens))
                for (const auto& piece : note.pieces)
                    if (piece.part == static_cast<std::int64_t>(i))
                        streamed += piece.text;
            QCOMPARE(streamed, part.text);
        }
        const nlohmann::json row{{"input", m_text}, {"prompt", "How many coins?"}, {"answer", "4"}};
        m_model.write("rows.jsonl", QByteArray::fromStdString(row.dump() + "\n"));
        m_model.run(m_model.with(u"evaluate"_s,
                                 {u"--adapter"_s, u"reconstruct"_s, u"--questions"_s, u"rows.jsonl"_s, u"--free"_s,
                                  u"--raw"_s, u"raw.jsonl"_s, u"--json"_s}));
        QFile raw(m_model.file("raw.jsonl"));
        QVERIFY(raw.open(QIODevice::ReadOnly));
        const auto evaluated = nlohmann::json::parse(raw.readAll().toStdString());
        for (const auto& [name, part] : {std::pair{"slots", 0}, {"text", 1}, {"nothing", 2}}) {
            const auto& text = answer.parts[static_cast<std::size_t>(part)].text; // its last character may be torn
            QVERIFY(evaluated[name].get<std::string>().starts_with(text.substr(0, text.size() - 4)));
        }

        // Going on with what was written gives what would have been written.
        auto more = params;
        more.contexts = {AnswerContext::Text};
        more.begun = answer.parts[1].text;
        more.maxTokens = 4;
        QVERIFY(engine.call(protocol::chatAsk, more).parts[0].tokens <= 4);

        // The plan says what it took.
        const auto plan = engine.call(protocol::chatPlan, {params.prompt, params.contexts, {}, 24});
        QVERIFY(plan.problem.empty());
        for (std::size_t i = 0; i < plan.used.size(); ++i)
            QCOMPARE(plan.used[i] + answer.parts[i].tokens, answer.parts[i].positions);
        QCOMPARE(plan.fullText, plan.used[1]);
    }

    /// Leaving out slots one by one, and through the command line, come to the same.
    void attributes()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto memory = engine.call(protocol::libraryAdd, textToAdd("Miller", m_text));
        ChatAttributeParams params;
        params.prompt = about({use(memory)});
        params.answer = "7 coins";
        const auto found = engine.call(protocol::chatAttribute, params);
        QCOMPARE(static_cast<std::int64_t>(found.groups.size()), memory.slots);
        m_model.write("miller.txt", QByteArray::fromStdString(m_text));
        const QStringList ask{u"miller.txt"_s,      u"--adapter"_s, u"reconstruct"_s, u"-q"_s,
                              u"How many coins?"_s, u"--answer"_s,  u"7 coins"_s,     u"--json"_s};
        const auto whole = m_model.run(m_model.with(u"ask"_s, ask + QStringList{u"--attribute"_s})).json();
        QVERIFY(std::abs(whole["loss"].get<double>() - found.loss) < 1e-5);
        for (std::size_t i = 0; i < found.groups.size(); ++i)
            QVERIFY(std::abs(whole["attribution"]["groups"][i]["rise"].get<double>() - found.groups[i].rise) < 1e-5);
        for (const auto slot : {std::size_t{0}, found.groups.size() - 1}) {
            const auto single =
                m_model.run(m_model.with(u"ask"_s, ask + QStringList{u"--without"_s, QString::number(slot)})).json();
            QVERIFY(std::abs(single["loss"].get<double>() - found.loss - found.groups[slot].rise) < 1e-5);
        }
        QVERIFY(!found.groups[0].measured && found.groups[0].end > found.groups[0].begin);
        const auto map = engine.call(protocol::chatMap, {memory.id, 0, 1});
        QCOMPARE(static_cast<std::int64_t>(map.groups.size()), memory.spans[0].slots);
        QVERIFY(engine.call(protocol::chatAttribute, params).groups[0].measured);
        const auto scores = engine.call(
            protocol::chatScore,
            {params.prompt, {AnswerContext::Slots, AnswerContext::Nothing}, {params.answer, params.answer}, {}});
        QVERIFY(std::abs(scores.losses[0].loss - found.loss) < 1e-5);
    }

    /// What cannot be is a sentence and a remedy, and the engine goes on.
    void refuses()
    {
        m_model.copy(fs::path(ICAE_TEST_GOLDEN) / "llama_tied_mha_all_linear/icae.safetensors", "other.safetensors");
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto memory = engine.call(protocol::libraryAdd, textToAdd("Miller", m_text));
        ChatAskParams params;
        params.prompt = about({use(memory)});
        params.contexts = {AnswerContext::Slots};
        params.maxTokens = 8;
        const auto fails = [&](const ChatAskParams& asked, const std::string& how) {
            const auto answer = engine.answer(engine.send(protocol::chatAsk, asked));
            return answer.error && !answer.error->remedy.empty()
                && (answer.error->kind + ": " + answer.error->message).starts_with(how);
        };
        auto wrong = params;
        wrong.prompt.question.assign(100000, 'a');
        QVERIFY(fails(wrong, "invalid_input: Reading this with slots"));
        QVERIFY(!engine.call(protocol::chatPlan, {wrong.prompt, wrong.contexts, {}}).problem.empty());
        wrong.prompt.question.clear();
        QVERIFY(fails(wrong, "invalid_input: There is no question"));
        wrong = params;
        wrong.prompt.memories.clear();
        QVERIFY(fails(wrong, "invalid_input: There is no memory"));
        wrong = params;
        wrong.prompt.memories[0].spans = {99};
        QVERIFY(fails(wrong, "invalid_input: There is no span"));
        wrong.prompt.memories[0].spans = {0, 0};
        QVERIFY(fails(wrong, "invalid_input: The span 1 is named twice"));
        wrong = params;
        wrong.prompt.memories[0].id = "../../etc/passwd";
        QVERIFY(fails(wrong, "invalid_input"));
        wrong.prompt.memories[0].id = "0123";
        QVERIFY(fails(wrong, "not_found"));
        wrong = params;
        wrong.maxTokens = 5000;
        QVERIFY(fails(wrong, "invalid_input: Reading this"));
        wrong = params;
        wrong.prompt.question = "</s><s> [INST] <|eot_id|> \x01";
        QVERIFY(engine.call(protocol::chatAsk, wrong).parts[0].tokens <= 8); // text like any other
        QVERIFY(engine.failure(protocol::libraryAdd, textToAdd("Empty", "")).starts_with("invalid_input"));

        // Another adapter's memory is shown, its slots refused, its text read.
        engine.call(protocol::modelsLoad, model("other.safetensors"));
        const auto listed = engine.call(protocol::libraryList, {}).memories;
        QVERIFY(!listed.front().problem.empty() && !listed.front().remedy.empty());
        QVERIFY(fails(params, "mismatch"));
        auto asText = params;
        asText.contexts = {AnswerContext::Text};
        QVERIFY(engine.call(protocol::chatAsk, asText).parts[0].positions > memory.tokens);
        engine.call(protocol::modelsLoad, model());

        // Another base beside it, which what names no model does not mean: its memory is shown, and its slots refused.
        const fs::path golden = ICAE_TEST_GOLDEN;
        fs::create_directories(m_model.path("other/base"));
        fs::create_directories(m_model.path("other/reconstruct"));
        for (const auto* name : {"config.json", "model.safetensors"})
            m_model.copy(golden / "llama_gqa" / name, std::string("other/base/") + name);
        m_model.copy(golden / "llama_gqa/icae.safetensors", "other/reconstruct/icae.safetensors");
        m_model.copy(fs::path(ICAE_TEST_DATA) / "tiny/tokenizer.model", "other/base/tokenizer.model");
        LoadModelParams beside{
            m_model.path("other").string(), m_model.path("other/reconstruct").string(), "cpu", "auto", {}};
        beside.beside = true;
        const auto other = engine.call(protocol::modelsLoad, beside);
        QVERIFY(engine.call(protocol::status, {}).model->id != other.id);
        LibraryRecompressParams again;
        again.id = memory.id;
        again.model = other.id;
        const auto foreign = engine.call(protocol::libraryRecompress, again);
        QVERIFY(foreign.id != memory.id && foreign.problem.empty()); // its own model reads it
        auto byOther = params;
        byOther.prompt = about({use(foreign)});
        QVERIFY(fails(byOther, "mismatch"));
        byOther.model = other.id;
        QVERIFY(engine.call(protocol::chatAsk, byOther).parts[0].tokens <= 8);
        byOther.prompt = about({use(memory)});
        QVERIFY(fails(byOther, "mismatch"));
        engine.call(protocol::libraryDelete, {foreign.id});

        // Damaged: shown as such; what can be deleted is deleted.
        const auto file = library() / (memory.id + ".memory");
        const auto whole = fs::file_size(file);
        fs::resize_file(file, whole / 2);
        QVERIFY(fails(params, "invalid_input"));
        const auto damaged = engine.call(protocol::libraryList, {}).memories;
        QVERIFY(std::any_of(damaged.begin(), damaged.end(),
                            [&](const auto& one) { return one.id == memory.id && !one.problem.empty(); }));
        QVERIFY(engine.call(protocol::libraryAdd, textToAdd("Miller", m_text)).problem.empty()); // made whole again

        // Deleted while it is read: the request that has it goes on, the next one is told.
        auto slow = params;
        slow.maxTokens = 1200;
        engine.notes.clear();
        const auto running = engine.send(protocol::chatAsk, slow);
        QVERIFY(engine.waitFor([&] { return !engine.notesOf(protocol::tokens).empty(); }));
        engine.call(protocol::libraryDelete, {memory.id});
        engine.cancel(running);
        QVERIFY(!engine.result(protocol::chatAsk, running).parts[0].text.empty());
        QVERIFY(fails(params, "not_found"));
        engine.call(protocol::libraryRestore, {memory.id});

        // Nobody may write there, not even root: a file stands where the folder should be.
        engine.call(protocol::libraryFolder, {m_model.path("gone").string()});
        fs::remove(m_model.path("gone"));
        m_model.write("gone", "no folder");
        QVERIFY(engine.failure(protocol::libraryAdd, textToAdd("Lost", m_text)).starts_with("io"));
        engine.call(protocol::libraryFolder, {"default"});
        QCOMPARE(engine.call(protocol::chatAsk, params).parts.size(), 1U);

        // A full disk: no file grows beyond a few bytes. What is there stays as it was.
        const auto before = engine.call(protocol::libraryList, {}).memories.size();
        const auto pid = static_cast<pid_t>(engine.process.processId());
        rlimit limit{};
        QCOMPARE(::prlimit(pid, RLIMIT_FSIZE, nullptr, &limit), 0);
        const rlimit full{512, limit.rlim_max};
        QCOMPARE(::prlimit(pid, RLIMIT_FSIZE, &full, nullptr), 0);
        const auto refused = engine.answer(engine.send(protocol::libraryAdd, textToAdd("New", m_text + " More.")));
        QVERIFY(refused.error && refused.error->kind == "io" && !refused.error->remedy.empty());
        QVERIFY(engine.failure(protocol::libraryRename, {memory.id, "Renamed", {}}).starts_with("io"));
        QVERIFY(engine.failure(protocol::libraryExport, {memory.id, m_model.path("out.memory").string()})
                    .starts_with("io"));
        QVERIFY(!fs::exists(m_model.path("out.memory")));
        QCOMPARE(::prlimit(pid, RLIMIT_FSIZE, &limit, nullptr), 0);
        const auto after = engine.call(protocol::libraryList, {}).memories;
        QCOMPARE(after.size(), before);
        QVERIFY(std::none_of(after.begin(), after.end(), [](const auto& one) { return one.name == "Renamed"; }));
        QCOMPARE(engine.call(protocol::chatAsk, params).parts.size(), 1U);
    }
};

QTEST_GUILESS_MAIN(TestServeChat)
#include "test_serve_chat.moc"
