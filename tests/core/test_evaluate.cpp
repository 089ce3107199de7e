#include "protocol/error.h"
#include "study/conditions.h"
#include "study/evaluate.h"
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
        const auto json = icae::toJson(conditions);
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
