#include "study/evaluate.h"

#include "protocol/error.h"

#include <QTemporaryDir>
#include <QtTest>
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
    }
};

QTEST_GUILESS_MAIN(TestEvaluate)
#include "test_evaluate.moc"
