#include "protocol/error.h"
#include "reading/attribution.h"
#include "reading/reconstruct.h"
#include "study/conditions.h"
#include "study/evaluate.h"
#include "study/question_asker.h"
#include "study/questions.h"

#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <fstream>

/// The evaluation's windows, texts and table.
class TestEvaluate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void windows()
    {
        std::vector<std::int32_t> longText(50);
        std::iota(longText.begin(), longText.end(), 0);
        const std::vector<std::vector<std::int32_t>> texts{longText, {1, 2, 3}, longText};
        const auto windows = icae::windowsOf(texts, 10, 100);
        QCOMPARE(windows.size(), 8U); // at most 4 a text, and none from the short one
        QCOMPARE(windows[3].front(), 30);
        QCOMPARE(windows[4], windows[0]);
        QCOMPARE(icae::windowsOf(texts, 10, 5).size(), 5U);
        QCOMPARE(icae::windowsOf(texts, 51, 5).size(), 0U);
    }

    void texts()
    {
        const QTemporaryDir folder;
        const auto path = folder.filePath(QStringLiteral("t.jsonl")).toStdString();
        std::ofstream(path) << "{\"text\": \"one\"}\n\n{\"text\": \"two\", \"source\": 3}\n";
        QCOMPARE(icae::readTexts(path), (std::vector<std::string>{"one", "two"}));
        std::ofstream(path) << "{\"text\": \"one\"}\n{\"texts\": \"two\"}\n";
        try {
            icae::readTexts(path);
            QFAIL("a line without a text was taken");
        } catch (const icae::Error& error) {
            QVERIFY(error.message().find("line 2") != std::string::npos);
        }
        std::ofstream(path) << "\n";
        QVERIFY_EXCEPTION_THROWN(icae::readTexts(path), icae::Error);
        QVERIFY_EXCEPTION_THROWN(icae::readQuestions(path), icae::Error);
    }

    /// What is written at once is bounded by the memory that it may take, and the text is the same.
    void longTextsAreWrittenInGroups()
    {
        const std::filesystem::path golden = ICAE_TEST_GOLDEN;
        const QTemporaryDir folder;
        const std::filesystem::path base = folder.path().toStdString();
        for (const char* name : {"config.json", "model.safetensors"})
            std::filesystem::copy_file(golden / "llama_tied_mha_all_linear" / name, base / name);
        std::filesystem::copy_file(std::filesystem::path(ICAE_TEST_DATA) / "tiny/tokenizer.model",
                                   base / "tokenizer.model");
        const auto model = icae::Model::load({base, golden / "spread_elastic"}, {}, {}, {});
        std::string text;
        for (int i = 0; i < 60; ++i)
            text += "The miller counted " + std::to_string(i * i) + " coins. ";
        const auto source = icae::compressSource(*model, text, {}, {}, {});
        const auto spans = std::ssize(source.memory.header.spans);
        QVERIFY(spans > 5);
        icae::ReconstructOptions options;
        options.decoding = icae::Decoding::Plain;
        const auto whole = icae::reconstruct(*model, source, options, {}, {});
        options.roomBytes = 1;
        int last = 0;
        bool inOrder = true;
        icae::ReadListener listener;
        listener.token = [&](std::size_t, const icae::GeneratedToken& token) {
            inOrder = inOrder && static_cast<int>(token.sequence) >= last;
            last = static_cast<int>(token.sequence);
        };
        const auto oneByOne = icae::reconstruct(*model, source, options, listener, {});
        QCOMPARE(oneByOne.text, whole.text);
        QVERIFY(inOrder);
        QCOMPARE(last, static_cast<int>(spans) - 1);
    }

    /// Chat's prompts are those of `icae ask` and of the evaluation, for both layouts; expanded spans and turns stand
    /// where they should.
    void questionContexts()
    {
        const std::filesystem::path golden = ICAE_TEST_GOLDEN;
        const QTemporaryDir folder;
        const std::filesystem::path base = folder.path().toStdString();
        for (const char* name : {"config.json", "model.safetensors"})
            std::filesystem::copy_file(golden / "llama_tied_mha_all_linear" / name, base / name);
        std::filesystem::copy_file(std::filesystem::path(ICAE_TEST_DATA) / "tiny/tokenizer.model",
                                   base / "tokenizer.model");
        const auto same = [](const icae::Prompt& a, const icae::Prompt& b) {
            return a.length() == b.length() && at::allclose(a.embeddings, b.embeddings, 1e-4, 1e-5)
                && a.positions == b.positions && a.nextPosition == b.nextPosition;
        };
        std::string text;
        for (int i = 0; i < 8; ++i)
            text += "The miller counted " + std::to_string(i) + " coins. ";
        for (const auto* adapter : {"spread_elastic", "llama_tied_mha_all_linear"}) {
            const bool ours = adapter == std::string("spread_elastic");
            const auto model = icae::Model::load({base, golden / adapter / "icae.safetensors"}, {}, {}, {});
            const auto source = icae::compressSource(*model, text, {{}, ours ? 64 : 40, "miller"}, {}, {});
            QVERIFY(source.memory.header.spans.size() > 1);
            const icae::QuestionContexts contexts(*model);
            icae::ContextQuestion question;
            question.memories = {{&source, {}, {}, true}};
            question.question = "How many </s> coins?";
            const icae::QuestionAsker asker(*model);
            const icae::Reader reader(*model);
            const icae::Question row{text, question.question, "7"};
            using Context = icae::AnswerContext;
            const auto slots = contexts.prompt(question, Context::Slots);
            QVERIFY(
                same(slots.prompt, reader.question(icae::allSpans(std::span(&source.memory, 1)), question.question)));
            if (ours) // the evaluation gives a text no BOS, and spans the slots that four tokens each want
                QVERIFY(same(slots.prompt, asker.withSlots(row)));
            QVERIFY(same(contexts.prompt(question, Context::Text).prompt, asker.withText(row)));
            QVERIFY(same(contexts.prompt(question, Context::Nothing).prompt, asker.withNothing(row)));
            const auto excerpt = contexts.prompt(question, Context::Excerpt);
            const auto nothing = contexts.size(question, Context::Nothing);
            QCOMPARE(excerpt.prompt.length() - nothing.length, source.memory.header.slots());

            // A span as text takes as many rows as it has tokens; what is left of the slots stays where it was.
            auto expanded = question;
            expanded.memories[0].spans = {1, 0};
            for (std::size_t i = 2; i < source.memory.header.spans.size(); ++i)
                expanded.memories[0].spans.push_back(static_cast<std::int64_t>(i));
            expanded.memories[0].expanded = {1};
            const auto mixed = contexts.prompt(expanded, Context::Slots);
            const auto& shapes = source.memory.header.spans;
            QCOMPARE(mixed.slots.size(), shapes.size() - 1);
            QCOMPARE(mixed.prompt.length() - slots.prompt.length(), shapes[1].shape.tokens - shapes[1].shape.slots);
            if (ours) // a spread span takes its text's positions either way
                QCOMPARE(mixed.prompt.nextPosition, slots.prompt.nextPosition);

            // Earlier turns: as text before the question; beyond their share all but the last are slots.
            auto later = question;
            later.turns = {"Who?", "The miller.", "What did he do?", "He counted."};
            QVERIFY(contexts.size(later, Context::Slots).length > slots.size.length);
            QCOMPARE(contexts.size(later, Context::Slots).turnSlots, 0);
            later.turnShare = 0.001;
            const auto compressed = contexts.prompt(later, Context::Slots);
            QVERIFY(compressed.size.turnSlots > 0);
            QCOMPARE(compressed.slots.size(), slots.slots.size()); // those of turns are no memory's
            QCOMPARE(compressed.prompt.length(), compressed.size.length);
            QCOMPARE(contexts.size(later, Context::Text).turnSlots, 0);
            later.turns.pop_back();
            QVERIFY_EXCEPTION_THROWN(contexts.size(later, Context::Slots), icae::Error);

            // Leaving out a slot leaves all others at their places, and the sum of what follows from it is scored.
            const auto answer = icae::ratedAnswer(*model, "7 coins");
            const auto found = icae::attribute(*model, slots, answer, 3, {}, {});
            const auto& second = found.groups[1];
            const auto left = icae::without(slots.prompt, {second.of.row + second.firstSlot, second.slots});
            QCOMPARE(left.length(), slots.prompt.length() - second.slots);
            QCOMPARE(left.positions.back(), slots.prompt.positions.back());
            const auto scores = reader.score(std::span(&left, 1), std::span(&answer, 1), {});
            double loss = 0;
            for (const auto& score : scores.front())
                loss += static_cast<double>(score.nll) / static_cast<double>(answer.size());
            QVERIFY(std::abs(loss - found.loss - second.rise) < 1e-5);
            const auto map = icae::mapSpan(*model, source, 1, 4, {}, {});
            QCOMPARE(map.groups.size(), static_cast<std::size_t>((shapes[1].shape.slots + 3) / 4));
            QCOMPARE(map.groups[0].rises.size(), static_cast<std::size_t>(shapes[1].shape.tokens));
            QVERIFY(map.groups[0].begin < map.groups[0].end || map.tokenEnds.back() == map.tokenBegins.back());
        }
    }

    void table()
    {
        icae::EvaluatedCell cell;
        cell.tokens = 128;
        cell.slots = 32;
        cell.bleu = {4, 0.5, 0.25, 0, 1, 0.125, 0.75};
        cell.em = {4, 0.75, 1, 0, 1, 0, 1};
        cell.loss.mean = 0.0625;
        QCOMPARE(icae::toCsv({cell}),
                 std::string("tokens,slots,n,bleu_mean,bleu_median,bleu_low,bleu_high,em_mean,em_median,loss_mean\n"
                             "128,32,4,0.5,0.25,0.125,0.75,0.75,1,0.0625\n"));
        cell.bleu = cell.em = {};
        cell.bleu.mean = cell.em.median = std::numeric_limits<double>::quiet_NaN();
        QVERIFY(icae::toCsv({cell}).find("nan") == std::string::npos); // what was not measured is empty
    }

    void conditions()
    {
        const auto scores = [](double loss, double exact) {
            icae::ContextScores result;
            result.loss = {4, loss, loss, loss, loss, loss - 0.5, loss + 0.5};
            result.exact = icae::Summary{4, exact, exact, exact, exact, exact, exact};
            return result;
        };
        icae::Conditions conditions{scores(1, 0.75), scores(1.5, 0.5), scores(3, 0)};
        QCOMPARE(conditions.wonBack(), 0.75);
        QVERIFY(icae::toText(conditions).find("win back 75 %") != std::string::npos);
        QCOMPARE(icae::toCsv(conditions),
                 std::string("context,n,loss_mean,loss_low,loss_high,perplexity,exact_mean,exact_low,exact_high\n"
                             "text,4,1,0.5,1.5,2.71828,0.75,0.75,0.75\n"
                             "slots,4,1.5,1,2,4.48169,0.5,0.5,0.5\n"
                             "nothing,4,3,2.5,3.5,20.0855,0,0,0\n"));
        const auto json = nlohmann::json(conditions);
        QCOMPARE(json["conditions"].size(), 3U);
        QCOMPARE(json["won_back"].get<double>(), 0.75);

        // A base alone has no slots, a continuation no exact answers.
        conditions.slots = {};
        conditions.text.exact.reset();
        conditions.nothing.exact.reset();
        QVERIFY(std::isnan(conditions.wonBack()));
        QCOMPARE(icae::toText(conditions).find("win back"), std::string::npos);
        QCOMPARE(icae::toCsv(conditions),
                 std::string("context,n,loss_mean,loss_low,loss_high,perplexity\n"
                             "text,4,1,0.5,1.5,2.71828\n"
                             "nothing,4,3,2.5,3.5,20.0855\n"));
    }
};

QTEST_GUILESS_MAIN(TestEvaluate)
#include "test_evaluate.moc"
