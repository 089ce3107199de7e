#include "engine.h"

#include <QtTest>

using namespace icae;
using namespace Qt::StringLiterals;

/// Every method of the engine, over pipes, with a small real model.
class TestServe : public QObject {
    Q_OBJECT

    ModelFixture m_model;
    std::string m_text = ModelFixture::text(20).toStdString();

    LoadModelParams model() const { return {m_model.path("").string(), {}, "cpu", "auto", "reconstruct"}; }
    SourceParams source() const
    {
        SourceParams source;
        source.text = m_text;
        source.name = "test";
        return source;
    }
    ReconstructParams reconstruction() const
    {
        ReconstructParams params;
        params.source = source();
        return params;
    }

private Q_SLOTS:
    void introduces()
    {
        Engine engine(m_model);
        const auto result = engine.call(protocol::initialize, {protocol::version, "test"});
        QCOMPARE(result.protocolVersion, protocol::version);
        QCOMPARE(result.devices.front().id, std::string("cpu"));
        QVERIFY(result.devices.front().totalBytes > 0 && result.devices.front().freeBytes > 0);
        QVERIFY(!result.autoDevice.empty() && !result.autoReason.empty());
        for (const char* method : {"text/plan", "reconstruct", "memory/save", "export"})
            QVERIFY2(std::count(result.capabilities.begin(), result.capabilities.end(), method) == 1, method);
        QVERIFY(engine.failure(protocol::initialize, {protocol::version + 1, "test"}).starts_with("mismatch"));
    }

    void listsModels()
    {
        m_model.copy(m_model.path("reconstruct/icae.safetensors"), "published.safetensors");
        std::filesystem::create_directories(m_model.path("run"));
        m_model.write("run/config.json", R"({"steps": 5})"); // a training run's, no language model's
        std::filesystem::create_directories(m_model.path("gpt"));
        m_model.write("gpt/config.json", R"({"architectures": ["GPT2LMHeadModel"]})");
        Engine engine(m_model);
        const auto list =
            engine.call(protocol::modelsList, {{m_model.path("").string(), m_model.path("base").string(), "/nowhere"}});
        QCOMPARE(list.bases.size(), 2U);
        QCOMPARE(list.bases[0].architecture, std::string("LlamaForCausalLM"));
        QVERIFY(list.bases[0].problem.empty() && list.bases[0].diskBytes > 0 && !list.bases[0].weightsSha256.empty());
        QVERIFY(!list.bases[1].problem.empty() && !list.bases[1].remedy.empty());
        QCOMPARE(list.problems.size(), 1U);
        QCOMPARE(list.adapters.size(), 2U);
        const auto& published = list.adapters[0];
        QVERIFY(published.published && !published.inferred.empty());
        const auto& ours = list.adapters[1];
        QCOMPARE(ours.elasticSlots, (std::vector<std::int64_t>{4, 8, 16}));
        QCOMPARE(ours.fits.size(), 1U);
        QVERIFY2(ours.fits[0].doesNotFit.empty(), ours.fits[0].doesNotFit.c_str());
        QVERIFY(ours.fits[0].memoryBytes.fp32 > list.bases[0].memoryBytes.fp32);

        std::filesystem::remove(m_model.path("published.safetensors"));
    }

    void loadsAndUnloads()
    {
        Engine engine(m_model);
        QVERIFY(engine.failure(protocol::textPlan, {"a", {}, {}, false}).starts_with("invalid_input: No model"));
        QVERIFY(engine.failure(protocol::modelsLoad, {"/nowhere", {}, "cpu", "auto", {}}).starts_with("not_found"));
        const auto loaded = engine.call(protocol::modelsLoad, model());
        QCOMPARE(loaded.slots, 16);
        QCOMPARE(loaded.slotChoices, (std::vector<std::int64_t>{4, 8, 16}));
        QCOMPARE(loaded.device, std::string("cpu"));
        QVERIFY(!engine.notesOf(protocol::progress).empty());
        QCOMPARE(engine.call(protocol::status, {}).model->base, loaded.base);

        // What cannot be loaded leaves the one that is.
        QVERIFY(!engine.failure(protocol::modelsLoad, {m_model.path("gpt").string(), {}, "cpu", "auto", {}}).empty());
        QVERIFY(engine.call(protocol::status, {}).model.has_value());
        QVERIFY(!engine.call(protocol::modelsUnload, {}).model);
        QVERIFY(engine.failure(protocol::compress, {source()}).starts_with("invalid_input: No model"));
    }

    void plans()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto plan = engine.call(protocol::textPlan, {m_text, std::nullopt, std::nullopt, true});
        QCOMPARE(plan.tokenIds.size(), static_cast<std::size_t>(plan.tokens));
        QCOMPARE(plan.tokenEnds.back(), static_cast<std::int64_t>(m_text.size()));
        QVERIFY(std::is_sorted(plan.tokenEnds.begin(), plan.tokenEnds.end()));
        QCOMPARE(plan.spans.front().begin, 0);
        for (std::size_t i = 1; i < plan.spans.size(); ++i)
            QCOMPARE(plan.spans[i].begin, plan.spans[i - 1].end);
        QCOMPARE(plan.spans.back().end, static_cast<std::int64_t>(m_text.size()));
        QCOMPARE(plan.ratio, static_cast<double>(plan.tokens) / static_cast<double>(plan.slots));
        QVERIFY(plan.warnings.empty());

        const auto compressed = engine.call(protocol::compress, {source()});
        QCOMPARE(compressed.memory.tokens, plan.tokens);
        QCOMPARE(compressed.memory.slots, plan.slots);
        QCOMPARE(compressed.memory.spans.size(), plan.spans.size());

        QCOMPARE(engine.call(protocol::textPlan, {"", {}, {}, true}).tokens, 0);
        const auto small = engine.call(protocol::textPlan, {"Hi.", 5, std::nullopt, false});
        QVERIFY(small.tokenIds.empty());
        QCOMPARE(small.warnings.size(), 2U);
        QCOMPARE(small.warnings[0].kind, PlanWarningKind::UntrainedSlots);
        QCOMPARE(small.warnings[1].kind, PlanWarningKind::Expands);
        const auto wide = engine.call(protocol::textPlan, {m_text, std::nullopt, 500, false});
        QCOMPARE(wide.warnings.front().kind, PlanWarningKind::UntrainedSpan);
        QVERIFY(engine.failure(protocol::textPlan, {m_text, 17, {}, false}).starts_with("invalid_input"));
        QVERIFY(engine.failure(protocol::textPlan, {m_text, {}, 0, false}).starts_with("invalid_input"));
    }

    /// The same report as the command's, with what was streamed before.
    void reconstructs()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto result = engine.call(protocol::reconstruct, reconstruction());
        const auto& report = result.reconstruction;
        auto byCommand =
            m_model.run(m_model.with(u"reconstruct"_s, {u"text.txt"_s, u"--json"_s, u"--tokens"_s})).json();
        nlohmann::json byEngine = report;
        for (auto* json : {&byCommand, &byEngine}) {
            json->erase("seconds");
            json->erase("model");
            json->erase("adapter");
        }
        QCOMPARE(byEngine, byCommand);

        std::vector<std::string> parts(report.spans.size());
        std::int64_t streamed = 0;
        for (const auto& note : engine.notesOf(protocol::tokens)) {
            QCOMPARE(note.parts, static_cast<std::int64_t>(parts.size()));
            for (const auto& piece : note.pieces) {
                parts[static_cast<std::size_t>(piece.part)] += piece.text;
                streamed += piece.tokens;
            }
        }
        QCOMPARE(streamed, report.generatedTokens);
        // A character torn by the end of a span is whole in the report only.
        const auto ascii = [](std::string text) {
            std::erase_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80U) != 0; });
            return text;
        };
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto& span = report.spans[i];
            const auto length = static_cast<std::size_t>(span.end - span.begin);
            QCOMPARE(ascii(parts[i]), ascii(report.text.substr(static_cast<std::size_t>(span.begin), length)));
        }

        QCOMPARE(report.freeTokens.size(), static_cast<std::size_t>(report.generatedTokens));
        QCOMPARE(report.freeTokens.back().end, static_cast<std::int64_t>(report.text.size()));
        QCOMPARE(report.forcedTokens.size(), static_cast<std::size_t>(report.tokens) + report.spans.size()); // EOS each
        double loss = 0;
        for (const auto& token : report.forcedTokens) {
            loss += token.nll / static_cast<double>(report.forcedTokens.size());
            QCOMPARE(token.alternatives.size(), 5U);
            QVERIFY(token.entropy > 0);
            QVERIFY(token.rank > 0 || token.alternatives.front().id == token.id);
        }
        QVERIFY(std::abs(loss - report.scores->loss) < 1e-9);
        QVERIFY(engine.notesOf(protocol::progress).size() > 1);
    }

    /// Compressing, writing and rating are one way, with one estimate: it goes on where the next begins.
    void progressIsOfAllPhases()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        auto params = reconstruction();
        params.source.text = ModelFixture::text(400).toStdString();
        engine.notes.clear();
        engine.call(protocol::reconstruct, params);
        QStringList phases;
        double before = 0;
        for (const auto& note : engine.notesOf(protocol::progress)) {
            const auto phase = QString::fromStdString(note.text);
            if (phases.isEmpty() || phases.back() != phase)
                phases += phase;
            QVERIFY2(note.total > 0 && note.fraction && *note.fraction >= before, qPrintable(phase));
            before = *note.fraction;
            if (note.secondsLeft && note.rate && phase == u"Compressing")
                QVERIFY(*note.secondsLeft > (note.total - note.done) / *note.rate);
            if (phases.size() > 1)
                QVERIFY2(note.secondsLeft || *note.fraction == 1, qPrintable(phase));
        }
        QCOMPARE(phases, (QStringList{u"Compressing"_s, u"Reconstructing"_s, u"Measuring"_s}));
        QVERIFY(before > 0.6);
    }

    void reconstructsFromMemory()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto whole = engine.call(protocol::reconstruct, reconstruction());
        auto params = reconstruction();
        params.source.text.clear();
        params.source.memory = whole.memory.id;
        params.source.spans = {1};
        params.tokens = false;
        const auto one = engine.call(protocol::reconstruct, params).reconstruction;
        QCOMPARE(one.spans.size(), 1U);
        QCOMPARE(one.spans[0].index, 1);
        QCOMPARE(one.spans[0].text, whole.reconstruction.spans[1].text);
        // Both spans were rated side by side before, and sums of floats depend on what stands beside them.
        QVERIFY(std::abs(one.spans[0].scores->loss - whole.reconstruction.spans[1].scores->loss) < 1e-6);
        QCOMPARE(one.tokens, whole.reconstruction.spans[1].tokens);
        QVERIFY(one.freeTokens.empty() && one.forcedTokens.empty());
        params.source.spans = {99};
        QVERIFY(engine.failure(protocol::reconstruct, params).starts_with("invalid_input: There is no span 100"));
        params.source.spans.clear();
        params.sampling.topP = 2;
        QVERIFY(engine.failure(protocol::reconstruct, params).starts_with("invalid_input"));
        params.sampling = {1.5, 0, 1, 3};
        const auto sampled = engine.call(protocol::reconstruct, params).reconstruction.text;
        QCOMPARE(engine.call(protocol::reconstruct, params).reconstruction.text, sampled);
        QVERIFY(sampled != whole.reconstruction.text);
    }

    void scores()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto report = engine.call(protocol::reconstruct, reconstruction()).reconstruction;
        ScoreParams params;
        params.source = source();
        const auto scored = engine.call(protocol::score, params);
        QCOMPARE(scored.loss, report.scores->loss);
        QCOMPARE(nlohmann::json(scored.tokens.front()), nlohmann::json(report.forcedTokens.front()));
        params.task = ReadTask::Continue;
        QVERIFY(!engine.failure(protocol::score, params).empty()); // nothing to rate
        params.target = " and so on";
        params.alternatives = 2;
        const auto continued = engine.call(protocol::score, params);
        QCOMPARE(continued.tokens.back().end, 10);
        QCOMPARE(continued.tokens.front().alternatives.size(), 2U);
        params.alternatives = 1000;
        QVERIFY(!engine.failure(protocol::score, params).empty());
    }

    void reads()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        ReadParams params;
        params.sources = {source(), source()};
        params.sources[1].text = "A short note.";
        params.question = "Who?";
        params.maxTokens = 12;
        m_model.write("note.txt", "A short note.");
        const auto answer = engine.call(protocol::ask, params);
        const auto command =
            m_model
                .run(m_model.with(u"ask"_s,
                                  {u"text.txt"_s, u"note.txt"_s, u"--question"_s, u"Who?"_s, u"--tokens"_s, u"12"_s,
                                   u"--adapter"_s, u"reconstruct"_s, u"--json"_s}))
                .json();
        QCOMPARE(answer.text, command["text"].get<std::string>());
        QCOMPARE(answer.memories.size(), 2U);
        std::string streamed;
        for (const auto& note : engine.notesOf(protocol::tokens))
            for (const auto& piece : note.pieces)
                streamed += piece.text;
        QCOMPARE(streamed, answer.text);
        const auto continued = engine.call(protocol::continueText, params);
        QVERIFY(continued.generatedTokens <= 12 && continued.tokens == answer.tokens);
        params.question.clear();
        QVERIFY(engine.failure(protocol::ask, params).starts_with("invalid_input: There is no question"));
        params.sources.clear();
        QVERIFY(engine.failure(protocol::continueText, params).starts_with("invalid_input: No span"));
    }

    void memories()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        const auto made = engine.call(protocol::compress, {source()}).memory;
        const auto path = m_model.path("kept.memory").string();
        QCOMPARE(engine.call(protocol::memorySave, {made.id, path}).path, path);
        const auto loaded = engine.call(protocol::memoryLoad, {path});
        QVERIFY(loaded.id != made.id && !loaded.hasText && loaded.slots == made.slots);
        QCOMPARE(engine.call(protocol::memoryList, {}).memories.size(), 2U);

        auto params = reconstruction();
        params.source.text.clear();
        params.source.memory = loaded.id;
        QVERIFY(!engine.call(protocol::reconstruct, params).reconstruction.scores);
        params.source.text = m_text; // to compare with
        QVERIFY(engine.call(protocol::reconstruct, params).reconstruction.scores.has_value());
        params.source.text = "Something else.";
        QVERIFY(engine.failure(protocol::reconstruct, params).starts_with("mismatch"));

        QCOMPARE(engine.call(protocol::memoryDiscard, {made.id}).memories.size(), 1U);
        QVERIFY(engine.failure(protocol::memoryDiscard, {made.id}).starts_with("not_found"));
        QVERIFY(engine.failure(protocol::memorySave, {loaded.id, "/nowhere/x.memory"}).starts_with("io"));
        QVERIFY(!engine.failure(protocol::memoryLoad, {m_model.path("text.txt").string()}).empty());
    }

    void exports()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, model());
        ExportParams params;
        params.reconstruction = engine.call(protocol::reconstruct, reconstruction()).reconstruction;
        params.reference = m_text;
        params.title = "A <title>";
        const auto html = engine.call(protocol::exportReport, params).content;
        QVERIFY(html.find("<del>") != std::string::npos && html.find("A &lt;title&gt;") != std::string::npos);
        params.kind = ExportKind::Tokens;
        QVERIFY(engine.failure(protocol::exportReport, params).starts_with("unsupported"));
        params.format = ExportFormat::Csv;
        params.path = m_model.path("tokens.csv").string();
        QVERIFY(engine.call(protocol::exportReport, params).content.empty());
        QFile file(m_model.file("tokens.csv"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll().count("\r\n"),
                 static_cast<int>(params.reconstruction.freeTokens.size() + params.reconstruction.forcedTokens.size())
                     + 1);
    }
};

QTEST_GUILESS_MAIN(TestServe)
#include "test_serve.moc"
