#include "measure/match.h"
#include "measure/statistics.h"

#include <QtTest>

#include <cmath>

using Ids = std::vector<std::int32_t>;

/// Exact match, accuracy, F1 and summary statistics.
class TestMeasure : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void exactMatch()
    {
        QCOMPARE(icae::exactMatchPrefix(Ids{1, 2, 3, 4}, Ids{1, 2, 9, 4}), 0.5);
        QCOMPARE(icae::exactMatchPrefix(Ids{1, 2}, Ids{1, 2, 3}), 1.0); // the paper's: what follows does not count
        QCOMPARE(icae::exactMatchPrefix(Ids{1, 2}, Ids{}), 0.0);
        QCOMPARE(icae::exactMatchPrefix(Ids{}, Ids{}), 1.0);
        QCOMPARE(icae::exactMatchPrefix(Ids{}, Ids{1}), 0.0);
        QCOMPARE(icae::tokenAccuracy(Ids{1, 2, 3, 4}, Ids{1, 9, 3}), 0.5);
    }

    void f1()
    {
        QCOMPARE(icae::tokenF1(Ids{1, 1, 2}, Ids{1, 2, 2, 3}), 4.0 / 7.0);
        QCOMPARE(icae::tokenF1(Ids{}, Ids{}), 1.0);
        QCOMPARE(icae::tokenF1(Ids{1}, Ids{}), 0.0);
        QCOMPARE(icae::wordF1("The cat, a hat!", "cat hat"), 1.0);
        QCOMPARE(icae::wordF1("red green", "green blue"), 0.5);
        QVERIFY(icae::answersMatch("In the 1990s.", "in 1990s"));
        QVERIFY(!icae::answersMatch("Ärger", "ärger")); // only ASCII letters fold, as in SQuAD's script on bytes
        QVERIFY(!icae::answersMatch("one", "two"));
    }

    void summary()
    {
        const std::vector<double> values{4, 1, 3, 2};
        const auto summary = icae::summarise(values);
        QCOMPARE(summary.n, 4);
        QCOMPARE(summary.mean, 2.5);
        QCOMPARE(summary.median, 2.5);
        QCOMPARE(summary.q1, 1.75); // numpy.percentile([1, 2, 3, 4], 25)
        QCOMPARE(summary.q3, 3.25);
        QVERIFY(summary.low >= 1 && summary.low < 2.5 && summary.high > 2.5 && summary.high <= 4);
        const auto again = icae::summarise(std::vector<double>{3, 2, 1, 4});
        QCOMPARE(again.low, summary.low); // neither order nor time of day matters
        QCOMPARE(again.high, summary.high);
        QCOMPARE(icae::quantile(values, 0), 1.0);
        QCOMPARE(icae::quantile(values, 1), 4.0);
    }

    void intervalShrinksWithN()
    {
        const auto width = [](int n) {
            std::vector<double> values(static_cast<std::size_t>(n));
            for (std::size_t i = 1; i < values.size(); i += 2)
                values[i] = 1;
            const auto summary = icae::summarise(values);
            return summary.high - summary.low;
        };
        // A fair coin's mean has the standard error 0.5/√n: the interval is about 4 of them wide.
        QVERIFY(std::abs(width(400) - 4 * 0.5 / 20) < 0.02);
        QVERIFY(width(1600) < 0.6 * width(400));
    }

    void nothingAndNaN()
    {
        QVERIFY(std::isnan(icae::summarise({}).mean));
        const std::vector<double> values{1, std::nan(""), 2};
        QVERIFY(std::isnan(icae::summarise(values).mean) && std::isnan(icae::summarise(values).high));
        QCOMPARE(icae::summarise(values).n, 3);
        QCOMPARE(icae::summarise(std::vector<double>{7}).low, 7.0);
        QCOMPARE(icae::perplexity(0), 1.0);
    }
};

QTEST_GUILESS_MAIN(TestMeasure)
#include "test_measure.moc"
