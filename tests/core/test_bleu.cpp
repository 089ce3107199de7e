#include "measure/bleu.h"

#include <QtTest>
#include <nlohmann/json.hpp>

#include <fstream>

namespace {

void compareScores(double actual, double percent)
{
    QVERIFY2(std::abs(100 * actual - percent) <= 1e-6 * std::max(1.0, percent),
             (std::to_string(100 * actual) + " and not " + std::to_string(percent)).c_str());
}

} // namespace

/// BLEU equals sacrebleu's.
class TestBleu : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void golden()
    {
        const auto recorded = nlohmann::json::parse(std::ifstream(ICAE_TEST_GOLDEN "/bleu.json"));
        std::vector<std::string> hypotheses;
        std::vector<std::string> references;
        for (const auto& pair : recorded.at("rows")) {
            hypotheses.push_back(pair.at("hyp"));
            references.push_back(pair.at("ref"));
            compareScores(icae::sentenceBleu(hypotheses.back(), references.back()).score, pair.at("sentence_bleu"));
        }
        QVERIFY(hypotheses.size() >= 60);
        compareScores(icae::corpusBleu(hypotheses, references).score, recorded.at("corpus_bleu"));
    }

    void tokens()
    {
        using Tokens = std::vector<std::string>;
        QCOMPARE(icae::tokenize13a("Hello, world! It's 3.14-ish."),
                 (Tokens{"Hello", ",", "world", "!", "It's", "3.14", "-", "ish", "."}));
        QCOMPARE(icae::tokenize13a("a&amp;b &quot;c&quot; <skipped>d"), (Tokens{"a", "&", "b", "\"", "c", "\"", "d"}));
        QCOMPARE(icae::tokenize13a("soft-\nware\u3000x"), (Tokens{"software", "x"}));
        QVERIFY(icae::tokenize13a(" \n ").empty());
        QCOMPARE(icae::sentenceBleu("  \n ", "  \n ").score, 1.0); // a perfect copy
        QCOMPARE(icae::sentenceBleu(" ", "  ").score, 0.0);
    }

    void edges()
    {
        QCOMPARE(icae::sentenceBleu("", "").score, 0.0);
        QCOMPARE(icae::sentenceBleu("", "a b").score, 0.0);
        QCOMPARE(icae::sentenceBleu("a b", "").score, 0.0);
        QVERIFY(std::abs(icae::sentenceBleu("one two three four five", "one two three four five").score - 1) < 1e-12);
        QVERIFY(icae::sentenceBleu("one two", "one two three four").brevityPenalty < 1);
    }
};

QTEST_GUILESS_MAIN(TestBleu)
#include "test_bleu.moc"
