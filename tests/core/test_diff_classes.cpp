#include "measure/diff_classes.h"

#include <QtTest>

#include <numeric>

namespace {

using icae::DifferenceClass;

std::vector<DifferenceClass> classes(const std::string& reference, const std::string& hypothesis,
                                     const std::vector<std::size_t>& spanEnds = {})
{
    return icae::classifyDifferences(icae::diffTexts(reference, hypothesis), reference, hypothesis, spanEnds);
}

const std::string opening = "The boat came in before dawn and the crew went home to sleep. ";
const std::string noise = "red stone paper lamp green cloud river song table moon glass wind field bread ";

} // namespace

/// Classes of differences between a text and its reconstruction.
class TestDiffClasses : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void single_data()
    {
        QTest::addColumn<QString>("reference");
        QTest::addColumn<QString>("hypothesis");
        QTest::addColumn<int>("expected");
        const auto row = [](const char* name, const char* a, const char* b, DifferenceClass c) {
            QTest::newRow(name) << QString::fromUtf8(a) << QString::fromUtf8(b) << static_cast<int>(c);
        };
        row("white space", "well- known", "well-known", DifferenceClass::WhiteSpace);
        row("white space at the end", "the end", "the end\n", DifferenceClass::WhiteSpace);
        row("case", "the Cat sat", "the cat sat", DifferenceClass::CaseOrPunctuation);
        row("punctuation", "yes, he said", "yes he said", DifferenceClass::CaseOrPunctuation);
        row("case beyond ASCII", "über alles", "Über alles", DifferenceClass::CaseOrPunctuation);
        row("inflection", "they walk home", "they walked home", DifferenceClass::Inflection);
        row("no inflection", "they continue home", "they contain home", DifferenceClass::Wording);
        row("inflection by consonant", "they run home", "they running home", DifferenceClass::Inflection);
        row("function words", "the people", "they people", DifferenceClass::Wording);
        row("number", "it was 1914 then", "it was 1941 then", DifferenceClass::NumberOrName);
        row("number word", "we saw seven ships", "we saw nine ships", DifferenceClass::NumberOrName);
        row("name", "she met Anna there", "she met Maria there", DifferenceClass::NumberOrName);
        row("wording", "a big house", "a large house", DifferenceClass::Wording);
        row("first word is no name", "Big houses stood", "Large houses stood", DifferenceClass::Wording);
        row("omission", "a very old house", "a old house", DifferenceClass::Omission);
        row("addition", "a old house", "a very old house", DifferenceClass::Addition);
        row("repetition", "we went home at last", "we went home we went home at last", DifferenceClass::Repetition);
        row("repeated word", "the end", "the the end", DifferenceClass::Repetition);
    }

    void single()
    {
        QFETCH(QString, reference);
        QFETCH(QString, hypothesis);
        QFETCH(int, expected);
        const auto found = classes(reference.toStdString(), hypothesis.toStdString());
        QCOMPARE(found.size(), 1U);
        QCOMPARE(static_cast<int>(found.front()), expected);
    }

    void derailmentLastsToTheEnd()
    {
        const auto reference =
            opening + "Nobody asked them what they had seen out there, for nobody wished to know it.";
        const auto found = classes(reference, opening + noise);
        QVERIFY(!found.empty());
        for (const auto c : found)
            QCOMPARE(c, DifferenceClass::Derailment);
    }

    void aMissBeforeIsNoDerailment()
    {
        const auto text = opening + "Nobody asked them what they had seen out there, for nobody wished to know it.";
        auto hypothesis = opening + noise;
        hypothesis.replace(hypothesis.find("boat"), 4, "ship");
        const auto found = classes(text, hypothesis);
        QVERIFY(found.size() >= 2);
        QCOMPARE(found.front(), DifferenceClass::Wording);
        QCOMPARE(found.back(), DifferenceClass::Derailment);
    }

    void theNextSpanStartsAfresh()
    {
        const std::string lost = "Nobody asked them what they had seen out there, for nobody wished to know it. ";
        const std::string second = "The lamps along the quay were lit again by noon, and a big dog slept below them.";
        auto changed = second;
        changed.replace(changed.find("big"), 3, "large");
        const auto reference = opening + lost + second;
        const auto found = classes(reference, opening + noise + changed, {opening.size() + lost.size()});
        QVERIFY(found.size() >= 2);
        QCOMPARE(found.front(), DifferenceClass::Derailment);
        QCOMPARE(found.back(), DifferenceClass::Wording);
    }

    void oneClassADifference()
    {
        const std::string reference = "One. Two cats sat. Three.";
        const std::string hypothesis = "One! Two dogs sat. Three. Four.";
        const auto found = classes(reference, hypothesis);
        QCOMPARE(found.size(), icae::diffTexts(reference, hypothesis).differences);
        const auto counts = icae::countClasses(found);
        QCOMPARE(std::accumulate(counts.begin(), counts.end(), std::size_t{0}), found.size());
        QVERIFY(classes(reference, reference).empty());
        QVERIFY(classes("", "").empty());
    }
};

QTEST_GUILESS_MAIN(TestDiffClasses)
#include "test_diff_classes.moc"
