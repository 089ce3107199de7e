#include "program.h"

#include <QElapsedTimer>
#include <QtTest>

#include <csignal>
#include <fstream>

using namespace Qt::StringLiterals;

/// The program end to end: every command on real files.
class TestProgram : public QObject {
    Q_OBJECT

    ModelFixture m_model;

private Q_SLOTS:
    void help_data()
    {
        QTest::addColumn<QString>("command");
        for (const char* command : {"info", "compress", "reconstruct", "continue", "ask", "evaluate", "verify", "bench",
                                    "train", "runs", "serve"})
            QTest::newRow(command) << QString::fromLatin1(command);
    }

    void help()
    {
        QFETCH(QString, command);
        const auto result = m_model.run({command, u"--help"_s});
        QCOMPARE(result.code, 0);
        QVERIFY(result.out.contains("Example: icae " + command.toLatin1()));
    }

    void wrongUsage()
    {
        const auto refuses = [&](const QStringList& arguments, const QByteArray& why) {
            const auto result = m_model.run(arguments);
            QCOMPARE(result.code, 2);
            QVERIFY2(result.err.contains(why) && result.err.size() < 300, result.err);
        };
        refuses({}, "No command was given.\nCommands: info compress");
        refuses({u"dance"_s, u"text.txt"_s}, "dance is not one of its commands or options.\nCommands: info compress");
        refuses({u"--nonsense"_s}, "--nonsense is not one of");
        for (const auto& number : {u"-4"_s, u"0"_s, u"some"_s, u"1.5"_s, u"99999999999999999999"_s})
            refuses({u"continue"_s, u"text.txt"_s, u"--tokens"_s, number},
                    "--tokens: Value " + number.toLatin1() + " not in range 1 to 1000000000");
        QCOMPARE(m_model.run({u"compress"_s, u"--nonsense"_s}).code, 2);
        QCOMPARE(m_model.run({u"compress"_s, u"text.txt"_s}).code, 2); // no output named
        QCOMPARE(m_model.run({u"--version"_s}).code, 0);
    }

    /// What would do nothing is refused: nobody waits for a file that is never written.
    void optionsOfAnotherKind()
    {
        for (const auto& line :
             {u"evaluate --texts t --continuation --raw r"_s, u"evaluate --questions q --raw r"_s,
              u"evaluate --questions q --slots 4"_s, u"evaluate --texts t --spans 2"_s, u"bench --batch 2"_s,
              u"bench --training --context 64"_s, u"bench --context 1000000000"_s}) {
            const auto result = m_model.run(line.split(u' '));
            QVERIFY2(result.code == 2, qPrintable(line));
            QVERIFY2(!result.err.isEmpty(), qPrintable(line));
        }
    }

    void info()
    {
        const auto text = m_model.run({u"info"_s, u"."_s});
        QCOMPARE(text.code, 0);
        for (const char* fact : {"LlamaForCausalLM", "elastic: 4, 8, 16", "spread", "LoRA", "sha256", "LibTorch"})
            QVERIFY2(text.out.contains(fact), fact);
        const auto json = m_model.run({u"info"_s, u"."_s, u"--json"_s}).json();
        QCOMPARE(json["base"]["parameters"].get<int>(), 162240);
        QCOMPARE(json["adapters"].size(), 1U);
        QCOMPARE(json["adapters"][0]["slots"].get<int>(), 16);
        const auto adapterAlone = m_model.run({u"info"_s, u"reconstruct"_s, u"--json"_s}).json();
        QCOMPARE(json["adapters"][0]["fits"][0]["does_not_fit"].get<std::string>(), std::string());
        QCOMPARE(adapterAlone["base"]["weights_sha256"], json["base"]["weights_sha256"]);
    }

    /// What was inferred of a model, or is at odds in it, is said by every command that uses it.
    void tellsWhatIsOddAboutAModel()
    {
        m_model.write("base/tokenizer.json", "version https://git-lfs.github.com/spec/v1\noid sha256:3f1c\nsize 5\n");
        for (const auto& line : {m_model.with(u"compress"_s, {u"text.txt"_s, u"-o"_s, u"odd.memory"_s}),
                                 m_model.with(u"reconstruct"_s, {u"text.txt"_s})}) {
            const auto result = m_model.run(line);
            QCOMPARE(result.code, 0);
            QVERIFY2(result.err.contains("Note: tokenizer.model is used, since tokenizer.json cannot be: "),
                     result.err);
        }
        std::filesystem::remove(m_model.path("base/tokenizer.json"));
        QVERIFY(!m_model.run(m_model.with(u"compress"_s, {u"text.txt"_s, u"-o"_s, u"odd.memory"_s}))
                     .err.contains("tokenizer.json"));
    }

    void compressAndReconstruct()
    {
        const auto compressed =
            m_model.run(m_model.with(u"compress"_s, {u"text.txt"_s, u"-o"_s, u"a.memory"_s, u"--json"_s}));
        QCOMPARE(compressed.code, 0);
        QCOMPARE(compressed.json()["slots"], compressed.json()["spans"].get<int>() * 16);
        QVERIFY(std::filesystem::exists(m_model.path("a.memory")));

        const auto fromText = m_model.run(m_model.with(u"reconstruct"_s, {u"text.txt"_s, u"--json"_s})).json();
        for (const char* key : {"text", "tokens", "spans", "slots", "ratio", "bleu", "em", "loss", "token_accuracy",
                                "seconds", "device", "model", "adapter"})
            QVERIFY2(fromText.contains(key), key);
        for (const char* key : {"compress", "prefill", "decode"})
            QVERIFY2(fromText["seconds"][key].get<double>() > 0, key);
        QVERIFY(fromText["loss"].get<double>() > 0);
        QCOMPARE(fromText["per_span"].size(), fromText["spans"].get<std::size_t>());

        const auto info = m_model.run({u"info"_s, u"a.memory"_s});
        QCOMPARE(info.code, 0);
        QVERIFY2(info.err.isEmpty(), info.err);
        const auto header = m_model.run({u"info"_s, u"a.memory"_s, u"--json"_s}).json()["memory"];
        QCOMPARE(header["source_tokens"], compressed.json()["tokens"]);
        QCOMPARE(header["slots"], compressed.json()["slots"]);
        QCOMPARE(header["spans"].size(), compressed.json()["spans"].get<std::size_t>());
        for (const char* fact : {"source_name", "source_sha256", "position_layout", "dtype", "adapter_name",
                                 "adapter_sha256", "base_config_sha256", "base_weights_sha256"}) {
            const auto value = QByteArray::fromStdString(header[fact].get<std::string>());
            QVERIFY2(!value.isEmpty() && info.out.contains(value), fact);
        }

        // The memory holds all that the text gave, but nothing to compare with.
        const auto fromMemory = m_model.run(m_model.with(u"reconstruct"_s, {u"a.memory"_s, u"--json"_s})).json();
        QCOMPARE(fromMemory["text"], fromText["text"]);
        QVERIFY(fromMemory["bleu"].is_null());
        const auto unmeasured = m_model.run(m_model.with(u"reconstruct"_s, {u"a.memory"_s}));
        QVERIFY2(unmeasured.err.contains("No BLEU") && unmeasured.err.contains("--reference FILE"), unmeasured.err);
        const auto compared =
            m_model.run(m_model.with(u"reconstruct"_s, {u"a.memory"_s, u"--reference"_s, u"text.txt"_s, u"--json"_s}))
                .json();
        QCOMPARE(compared["loss"], fromText["loss"]);
        m_model.write("other.txt", "Something else.");
        QCOMPARE(m_model.run(m_model.with(u"reconstruct"_s, {u"a.memory"_s, u"--reference"_s, u"other.txt"_s})).code,
                 3);

        const auto fewer =
            m_model.run(m_model.with(u"reconstruct"_s, {u"text.txt"_s, u"--slots"_s, u"4"_s, u"--json"_s})).json();
        QCOMPARE(fewer["slots"].get<int>() * 4, fromText["slots"].get<int>());
        const auto diff = m_model.run(m_model.with(u"reconstruct"_s, {u"text.txt"_s, u"--diff"_s}));
        QVERIFY(diff.out.contains("[-") && diff.out.contains("{+") && !diff.out.contains("\x1b"));
        QVERIFY(diff.err.contains("BLEU") && !diff.err.contains("--reference"));
    }

    /// What an adapter was not trained for is done, with a word.
    void warnsOfUntrainedShapes()
    {
        const auto warnings = [&](const QStringList& options) {
            const auto result =
                m_model.run(m_model.with(u"continue"_s, QStringList{u"text.txt"_s, u"--tokens"_s, u"1"_s} + options));
            QByteArrayList found;
            for (const auto& line : result.err.split('\n'))
                if (line.startsWith("Warning: "))
                    found.append(line);
            return result.code == 0 ? found : QByteArrayList{result.err};
        };
        QCOMPARE(warnings({}), QByteArrayList());
        QCOMPARE(warnings({u"--slots"_s, u"5"_s, u"--span"_s, u"65"_s}),
                 (QByteArrayList{
                     "Warning: The adapter was not trained with 5 slots a span. Choose among 4, 8, 16.",
                     "Warning: The adapter was not trained with spans of more than 64 tokens. Choose shorter spans."}));
        m_model.write("texts.jsonl",
                      QByteArray::fromStdString(nlohmann::json{{"text", ModelFixture::text(20).toStdString()}}.dump()));
        const auto grid = m_model.run(m_model.with(
            u"evaluate"_s,
            {u"--texts"_s, u"texts.jsonl"_s, u"--lengths"_s, u"16"_s, u"--slots"_s, u"4,5"_s, u"--samples"_s, u"1"_s}));
        QCOMPARE(grid.err.count("Warning: "), 1);
        QVERIFY2(grid.err.contains("not trained with 5 slots"), grid.err);
    }

    /// Writing a text back needs positions for all of it, reading its slots does not.
    void warnsOfTextsThatCannotBeWrittenBack()
    {
        const auto change = [&](const std::string& name, const char* field, const nlohmann::json& value) {
            auto json = nlohmann::json::parse(std::ifstream(m_model.path("few/" + name)));
            json[field] = value;
            m_model.write("few/" + name, QByteArray::fromStdString(json.dump()));
        };
        std::filesystem::create_directory(m_model.path("few"));
        for (const char* folder : {"base", "reconstruct"})
            std::filesystem::copy(m_model.path(folder), m_model.path(std::string("few/") + folder));
        change("base/config.json", "max_position_embeddings", 256);
        change("reconstruct/icae_config.json", "position_layout", "sequential");
        const auto run = [&](const QString& command, const QStringList& more) {
            return m_model.run(QStringList{command, u"-m"_s, u"few"_s} + more);
        };
        for (const auto& result : {run(u"compress"_s, {u"text.txt"_s, u"-k"_s, u"8"_s, u"-o"_s, u"few.memory"_s}),
                                   run(u"continue"_s, {u"text.txt"_s, u"-k"_s, u"8"_s, u"--tokens"_s, u"1"_s})})
            QVERIFY2(result.code == 0 && !result.err.contains("Warning: "), result.err);
        for (const auto& input : {u"text.txt"_s, u"few.memory"_s}) {
            const auto result = run(u"reconstruct"_s, {input});
            QVERIFY2(result.err.contains("Warning: The text is too long to be read at once: the base has 256 positions."
                                         " Compress a shorter text.\n"),
                     result.err);
            QCOMPARE(result.err.count("Warning: "), 1);
            QVERIFY2(result.code == 3 && result.err.contains("The input reaches position"), result.err);
        }
    }

    /// A base alone takes the numbers of slots that it has no use for, and what nobody chose is not warned of.
    void evaluatesWithoutWarnings()
    {
        m_model.write("texts.jsonl",
                      QByteArray::fromStdString(nlohmann::json{{"text", ModelFixture::text(40).toStdString()}}.dump()));
        std::filesystem::create_directory(m_model.path("alone"));
        std::filesystem::copy(m_model.path("base"), m_model.path("alone/base"));
        const auto alone =
            m_model.run({u"evaluate"_s, u"-m"_s, u"alone/base"_s, u"--texts"_s, u"texts.jsonl"_s, u"--continuation"_s,
                         u"--spans"_s, u"1"_s, u"--slots"_s, u"64"_s, u"--samples"_s, u"1"_s});
        QVERIFY2(alone.code == 0 && !alone.err.contains("Warning: "), alone.err);
        QVERIFY2(alone.err.contains("without an adapter"), alone.err);
        // The grid has more slots than this adapter; that is an error, which says so.
        const auto grid = m_model.run(m_model.with(
            u"evaluate"_s, {u"--texts"_s, u"texts.jsonl"_s, u"--lengths"_s, u"16"_s, u"--samples"_s, u"1"_s}));
        QVERIFY2(!grid.err.contains("Warning: "), grid.err);
    }

    void readsSeveralInputs()
    {
        QCOMPARE(m_model.run(m_model.with(u"compress"_s, {u"-"_s, u"-o"_s, u"b.memory"_s}), "A short note.").code, 0);
        const QStringList ask{u"text.txt"_s, u"b.memory"_s, u"--question"_s, u"Who?"_s,
                              u"--tokens"_s, u"12"_s,       u"--json"_s};
        const auto answer = m_model.run(m_model.with(u"ask"_s, ask));
        QCOMPARE(answer.code, 0);
        const auto sizes = answer.json();
        QVERIFY(sizes["generated_tokens"].get<int>() <= 12 && sizes["tokens"].get<int>() > 500);
        const auto streamed = m_model.run(m_model.with(u"ask"_s, ask.first(ask.size() - 1)));
        QCOMPARE(streamed.out.trimmed(), QByteArray::fromStdString(sizes["text"].get<std::string>()).trimmed());
        // What the figures are of, beside every text as in every JSON object.
        QVERIFY2(
            streamed.err.contains(QByteArray::fromStdString("Model: " + sizes["model"].get<std::string>()
                                                            + ", adapter: " + sizes["adapter"].get<std::string>())),
            streamed.err);
    }

    void seedsDecide()
    {
        const auto sample = [&](const QString& seed) {
            return m_model
                .run(m_model.with(
                    u"continue"_s,
                    {u"text.txt"_s, u"--tokens"_s, u"20"_s, u"--temperature"_s, u"1.5"_s, u"--seed"_s, seed}))
                .out;
        };
        QCOMPARE(sample(u"3"_s), sample(u"3"_s));
        QVERIFY(sample(u"3"_s) != sample(u"4"_s));
    }

    void evaluates()
    {
        nlohmann::json line{{"text", ModelFixture::text(20).toStdString()}};
        m_model.write("texts.jsonl", QByteArray::fromStdString(line.dump() + "\n" + line.dump() + "\n"));
        const auto result = m_model.run(
            m_model.with(u"evaluate"_s,
                         {u"--texts"_s, u"texts.jsonl"_s, u"--lengths"_s, u"16,64"_s, u"--slots"_s, u"4,16"_s,
                          u"--samples"_s, u"6"_s, u"--csv"_s, u"grid.csv"_s, u"--raw"_s, u"raw.jsonl"_s}));
        QCOMPARE(result.code, 0);
        QFile csv(m_model.file("grid.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        const auto lines = csv.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 5);
        QCOMPARE(lines[0],
                 QByteArray("tokens,slots,n,bleu_mean,bleu_median,bleu_low,bleu_high,em_mean,em_median,loss_mean"));
        QVERIFY(lines[4].startsWith("64,16,6,"));
        QFile raw(m_model.file("raw.jsonl"));
        QVERIFY(raw.open(QIODevice::ReadOnly));
        const auto windows = raw.readAll().trimmed().split('\n');
        QCOMPARE(windows.size(), 24);
        for (const auto& window : windows)
            QVERIFY(nlohmann::json::parse(window.toStdString()).contains("hypothesis"));
    }

    /// Drafts change what a reconstruction takes, not what it is; a memory alone has no source to draft from.
    void draftsWriteTheSameText()
    {
        const auto with = [&](const QString& decoding) {
            const auto result =
                m_model.run(m_model.with(u"reconstruct"_s, {u"text.txt"_s, u"--decoding"_s, decoding, u"--json"_s}));
            return result.code == 0 ? result.json() : nlohmann::json();
        };
        const auto plain = with(u"plain"_s);
        const auto drafted = with(u"drafted"_s);
        QCOMPARE(plain["decoding"].get<std::string>(), "plain");
        QCOMPARE(plain["accepted"].get<int>(), 0);
        QCOMPARE(drafted["decoding"].get<std::string>(), "drafted");
        QCOMPARE(drafted["text"].get<std::string>(), plain["text"].get<std::string>());
        QCOMPARE(drafted["em"].get<double>(), plain["em"].get<double>());
        QVERIFY(drafted["forwards"].get<int>() <= plain["forwards"].get<int>());
        QCOMPARE(m_model.run(m_model.with(u"compress"_s, {u"text.txt"_s, u"-o"_s, u"drafts.memory"_s})).code, 0);
        const auto alone = m_model.run(m_model.with(u"reconstruct"_s, {u"drafts.memory"_s, u"--json"_s}));
        QCOMPARE(alone.json()["decoding"].get<std::string>(), "plain");
        QCOMPARE(alone.json()["text"].get<std::string>(), plain["text"].get<std::string>());
        QCOMPARE(m_model.run(m_model.with(u"reconstruct"_s, {u"text.txt"_s, u"--decoding"_s, u"fast"_s})).code, 2);
    }

    void comparesDecodings()
    {
        const nlohmann::json line{{"text", ModelFixture::text(20).toStdString()}};
        m_model.write("texts.jsonl", QByteArray::fromStdString(line.dump() + "\n" + line.dump() + "\n"));
        const auto result = m_model.run(m_model.with(u"verify"_s,
                                                     {u"--decoding"_s, u"texts.jsonl"_s, u"--cells"_s, u"64:16,32:4"_s,
                                                      u"--windows"_s, u"5"_s, u"--batch"_s, u"3"_s, u"--json"_s}));
        QCOMPARE(result.code, 0);
        QCOMPARE(result.json()["windows"].get<int>(), 10);
        QVERIFY(result.json()["ok"].get<bool>());
        const auto wrong =
            m_model.run(m_model.with(u"verify"_s, {u"--decoding"_s, u"texts.jsonl"_s, u"--cells"_s, u"64-16"_s}));
        QVERIFY2(wrong.code == 3 && wrong.err.contains("TOKENS:SLOTS"), wrong.err);
        QCOMPARE(m_model.run(m_model.with(u"verify"_s, {})).code, 3);
    }

    void evaluatesContinuations()
    {
        const nlohmann::json line{{"text", ModelFixture::text(40).toStdString()}};
        m_model.write("texts.jsonl", QByteArray::fromStdString(line.dump() + "\n"));
        const auto arguments = m_model.with(u"evaluate"_s,
                                            {u"--texts"_s, u"texts.jsonl"_s, u"--continuation"_s, u"--spans"_s, u"2"_s,
                                             u"--slots"_s, u"8"_s, u"--samples"_s, u"3"_s});
        const auto json = m_model.run(arguments + QStringList{u"--json"_s}).json();
        QCOMPARE(json["spans"], 2);
        QCOMPARE(json["slots"], 8);
        QCOMPARE(json["conditions"].size(), 3U);
        for (const auto& condition : json["conditions"]) {
            QCOMPARE(condition["n"], 3);
            QVERIFY(condition["loss_mean"].get<double>() > 0);
        }
        const auto table = m_model.run(arguments);
        QCOMPARE(table.code, 0);
        QVERIFY(table.out.startsWith("128 tokens after 2 ×"));
        QVERIFY2(table.err.contains(", adapter: " + QByteArray::fromStdString(json["adapter"].get<std::string>())),
                 table.err);
        QCOMPARE(m_model.run(m_model.with(u"evaluate"_s, {u"--continuation"_s})).code, 2); // of what?
    }

    void evaluatesQuestions()
    {
        QByteArray rows;
        for (int i = 0; i < 6; ++i) {
            const nlohmann::json row{{"input", ModelFixture::text(i == 0 ? 0 : 3).toStdString()},
                                     {"prompt", "How many coins?"},
                                     {"answer", std::to_string(i)}};
            rows += QByteArray::fromStdString(row.dump() + "\n");
        }
        m_model.write("questions.jsonl", rows);
        const auto json =
            m_model
                .run(m_model.with(u"evaluate"_s,
                                  {u"--questions"_s, u"questions.jsonl"_s, u"--csv"_s, u"answers.csv"_s, u"--json"_s}))
                .json();
        QCOMPARE(json["skipped"], 1); // the empty text
        QCOMPARE(json["conditions"].size(), 3U);
        for (const auto& condition : json["conditions"]) {
            QCOMPARE(condition["n"], 5);
            QVERIFY(condition["exact_mean"].get<double>() <= 1);
        }
        QFile csv(m_model.file("answers.csv"));
        QVERIFY(csv.open(QIODevice::ReadOnly));
        QCOMPARE(csv.readAll().trimmed().split('\n').size(), 4);
        QCOMPARE(m_model.run(m_model.with(u"evaluate"_s, {})).code, 3); // nothing to evaluate
    }

    /// Free answers: what was written is what `ask`'s greedy decoding writes, refusals are counted on their own side.
    void evaluatesFreeAnswers()
    {
        QByteArray rows;
        for (const char* answer : {"7", "The text does not answer this question.", "the coins"}) {
            const nlohmann::json row{
                {"input", ModelFixture::text(3).toStdString()}, {"prompt", "How many coins?"}, {"answer", answer}};
            rows += QByteArray::fromStdString(row.dump() + "\n");
        }
        m_model.write("free.jsonl", rows);
        const QStringList named{u"--questions"_s, u"free.jsonl"_s,     u"--free"_s,
                                u"--raw"_s,       u"free-raw.jsonl"_s, u"--json"_s};
        const auto json = m_model.run(m_model.with(u"evaluate"_s, named)).json();
        QCOMPARE(json["skipped"], 0);
        QCOMPARE(json["contexts"].size(), 3U);
        for (const auto& context : json["contexts"]) {
            QCOMPARE(context["n"], 2);
            QCOMPARE(context["n_unanswerable"], 1);
            QCOMPARE(context["refusal_recall"].get<double>(), 0.0); // the model of the tests writes noise
        }
        QFile raw(m_model.file("free-raw.jsonl"));
        QVERIFY(raw.open(QIODevice::ReadOnly));
        const auto lines = raw.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 3);
        const auto first = nlohmann::json::parse(lines[0].toStdString());
        QCOMPARE(first["slots"], nlohmann::json::parse(lines[2].toStdString())["slots"]); // the same question
        // What it wrote, asked as the answer, is right.
        auto row = nlohmann::json{
            {"input", ModelFixture::text(3).toStdString()}, {"prompt", "How many coins?"}, {"answer", first["slots"]}};
        m_model.write("free.jsonl", QByteArray::fromStdString(row.dump() + "\n"));
        const auto again = m_model.run(m_model.with(u"evaluate"_s, named)).json();
        if (again["skipped"] == 0) // a long answer is left out
            QCOMPARE(again["contexts"][1]["f1_mean"].get<double>(), 1.0);
    }

    void verifies()
    {
        const auto result = m_model.run({u"verify"_s, QStringLiteral(ICAE_TEST_GOLDEN), u"--json"_s});
        QCOMPARE(result.code, 0);
        QCOMPARE(result.json()["folders"].size(), 7U);
        QCOMPARE(m_model.run({u"verify"_s, u"reconstruct"_s}).code, 3); // nothing recorded there
    }

    void benches()
    {
        const auto json =
            m_model
                .run(m_model.with(
                    u"bench"_s, {u"--context"_s, u"256"_s, u"--tokens"_s, u"8"_s, u"--rounds"_s, u"1"_s, u"--json"_s}))
                .json();
        for (const char* key : {"decode_tokens_per_s", "decode_ratio", "compress_tokens_per_s", "compress_ratio",
                                "bandwidth_bytes_per_s", "gemm_flops_per_s"})
            QVERIFY2(json[key].get<double>() > 0, key);
        const auto training = m_model.run(
            m_model.with(u"bench"_s, {u"--training"_s, u"--batch"_s, u"2"_s, u"--rounds"_s, u"1"_s, u"--json"_s}));
        QCOMPARE(training.code, 0);
        QVERIFY(training.json()["training_tokens_per_s"].get<double>() > 0);
        const auto words = m_model.run(m_model.with(u"bench"_s, {u"--encode"_s, u"text.txt"_s, u"--json"_s}));
        QCOMPARE(words.code, 0);
        QCOMPARE(words.json()["bytes"], ModelFixture::text(20).size());
        QVERIFY(words.json()["one_thread_seconds"].get<double>() > 0 && words.json()["tokens"] > 0);
    }

    /// Ctrl-C ends a run at once and leaves no file.
    void stopsOnSignal()
    {
        m_model.write("long.txt", ModelFixture::text(20000));
        const auto before = m_model.files();
        QProcess process;
        process.start(QStringLiteral(ICAE_PROGRAM),
                      m_model.with(u"compress"_s, {m_model.file("long.txt"), u"-o"_s, m_model.file("c.memory")}));
        process.setReadChannel(QProcess::StandardError);
        QVERIFY(process.waitForReadyRead(60000 * slowness)); // says the device once the model is loaded
        QTest::qWait(200);
        QCOMPARE(process.state(), QProcess::Running);
        QElapsedTimer timer;
        timer.start();
        kill(static_cast<pid_t>(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(5000 * slowness));
        QCOMPARE(process.exitCode(), 130);
        QVERIFY(timer.elapsed() < qint64{3000} * slowness);
        QCOMPARE(m_model.files(), before);
    }
};

QTEST_GUILESS_MAIN(TestProgram)
#include "test_program.moc"
