#include "measure/diff.h"
#include "measure/unicode.h"

#include <QtTest>

#include <random>

namespace {

/// Rows and hunks follow each other and cover both texts; equal hunks are equal but for white space.
void checkCover(const std::string& reference, const std::string& hypothesis)
{
    const auto diff = icae::diffTexts(reference, hypothesis);
    std::size_t ours = 0;
    std::size_t theirs = 0;
    std::size_t differences = 0;
    const auto words = [](const std::string& text, std::size_t begin, std::size_t end) {
        std::string result;
        const auto part = text.substr(begin, end - begin);
        for (const auto& word : icae::splitWords(part))
            if (!word.space)
                result += part.substr(word.begin, word.end - word.begin) + "|";
        return result;
    };
    for (const auto& row : diff.rows) {
        QVERIFY(!row.hunks.empty());
        QCOMPARE(row.referenceBegin, ours);
        QCOMPARE(row.hypothesisBegin, theirs);
        for (const auto& hunk : row.hunks) {
            QCOMPARE(hunk.referenceBegin, ours);
            QCOMPARE(hunk.hypothesisBegin, theirs);
            ours = hunk.referenceEnd;
            theirs = hunk.hypothesisEnd;
            const auto a = words(reference, hunk.referenceBegin, hunk.referenceEnd);
            const auto b = words(hypothesis, hunk.hypothesisBegin, hunk.hypothesisEnd);
            if (hunk.kind == icae::DiffKind::Equal)
                QCOMPARE(a, b);
            else
                ++differences;
        }
        QCOMPARE(row.referenceEnd, ours);
        QCOMPARE(row.hypothesisEnd, theirs);
    }
    QCOMPARE(ours, reference.size());
    QCOMPARE(theirs, hypothesis.size());
    QCOMPARE(differences, diff.differences);
}

std::string rendered(const std::string& reference, const std::string& hypothesis)
{
    return icae::renderDiff(icae::diffTexts(reference, hypothesis), reference, hypothesis, false);
}

} // namespace

/// Prose diff: words, sentences, and what is marked.
class TestDiff : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void marks()
    {
        QCOMPARE(rendered("The cat sat.", "The cat sat."), std::string("The cat sat."));
        QCOMPARE(rendered("The cat sat.", "The dog sat."), std::string("The [-cat-]{+dog+} sat."));
        QCOMPARE(rendered("The old cat sat.", "The cat sat."), std::string("The [-old -]cat sat."));
        QCOMPARE(rendered("The cat sat.", "The cat sat down."), std::string("The cat sat{+ down+}."));
        QCOMPARE(rendered("one-two", "one- two"), std::string("one-{+␣+}two"));
        QCOMPARE(rendered("one\n\t", "one"), std::string("one[-↵\n⇥-]"));
        QCOMPARE(rendered("one two", "one  two"), std::string("one  two")); // white space alone is no difference
        for (const QByteArray space : {"\f", "\u00a0", "\u3000", " \u2009\n"}) { // nor is any other
            const auto with = [&space](QByteArray text) { return text.replace('_', space).toStdString(); };
            QCOMPARE(rendered(with("one_two_"), with("one_two_")), with("one_two_"));
            QCOMPARE(rendered(with("one_two_"), with("one_three_")), with("one_[-two_-]{+three_+}"));
            QCOMPARE(rendered(with("one_two_four_five"), with("one_two_six")), with("one_two_[-four_five-]{+six+}"));
        }
        QCOMPARE(rendered("a b", "a\u00a0b"), std::string("a\u00a0b"));
        QCOMPARE(rendered("", "new"), std::string("{+new+}"));
        QCOMPARE(rendered("old", ""), std::string("[-old-]"));
        QCOMPARE(rendered("", ""), std::string());
        const auto diff = icae::diffTexts("a b", "a c");
        const auto colours = icae::renderDiff(diff, "a b", "a c", true);
        QVERIFY(colours.find("\x1b[38;5;208;9m") != std::string::npos); // struck through as well as orange
        QVERIFY(colours.find("\x1b[38;5;75;4m") != std::string::npos);
        QVERIFY(colours.find("No difference") == std::string::npos);
        const auto same = icae::renderDiff(icae::diffTexts("a b", "a b"), "a b", "a b", true);
        QCOMPARE(same, std::string("a b\n\x1b[38;5;72mNo difference.\x1b[0m"));
        QCOMPARE(rendered("a b", "a b"), std::string("a b"));
    }

    void words()
    {
        const auto split = [](const std::string& text) {
            std::vector<std::string> words;
            for (const auto& word : icae::splitWords(text))
                words.push_back(text.substr(word.begin, word.end - word.begin));
            return words;
        };
        QCOMPARE(split("can't stop, 3x"), (std::vector<std::string>{"can", "'", "t", " ", "stop", ",", " ", "3x"}));
        QCOMPARE(split("日本 e\u0301t"), (std::vector<std::string>{"日", "本", " ", "e\u0301t"}));
        QCOMPARE(split("👍🏽!"), (std::vector<std::string>{"👍🏽", "!"}));
    }

    void sentences()
    {
        const auto split = [](const std::string& text) {
            std::vector<std::string> sentences;
            std::size_t begin = 0;
            for (const auto end : icae::sentenceEnds(text)) {
                sentences.push_back(text.substr(begin, end - begin));
                begin = end;
            }
            return sentences;
        };
        QCOMPARE(split("Dr. Low paid 3.50. \"Why?\" She left."),
                 (std::vector<std::string>{"Dr. Low paid 3.50. ", "\"Why?\" ", "She left."}));
        QCOMPARE(split("Title\n\nText"), (std::vector<std::string>{"Title\n\n", "Text"}));
        QCOMPARE(split("def f():\n    return 1\n"), (std::vector<std::string>{"def f():\n", "    return 1\n"}));
        QCOMPARE(split("一。二！"), (std::vector<std::string>{"一。", "二！"}));
        QVERIFY(split("").empty());
    }

    void rowsAreSentences()
    {
        const auto diff =
            icae::diffTexts("One is here. Two is there. Three is gone.", "One is here. Two was there. Three is gone.");
        QCOMPARE(diff.rows.size(), 3U);
        QCOMPARE(diff.differences, 1U);
        QCOMPARE(diff.rows[1].hunks.size(), 3U);
    }

    void rowsKeepTheIndentationOfLines()
    {
        const std::string reference = "def f():\n    return 1\n";
        const std::string hypothesis = "def f():\n    return 2\n";
        const auto diff = icae::diffTexts(reference, hypothesis);
        QCOMPARE(diff.rows.size(), 2U);
        QCOMPARE(diff.rows[1].referenceBegin, reference.find("    return"));
        QCOMPARE(diff.rows[1].hypothesisBegin, hypothesis.find("    return"));
    }

    void coversRandomTexts()
    {
        const std::vector<std::string> parts{"the ", "cat ", "sat. ", "on ", "a\n", "mat", ", ",  "日本",
                                             "。",   "é",    "  ",    "😀",   "42 ", "! ",  "Dr. "};
        std::mt19937 random(4);
        for (int round = 0; round < 400; ++round) {
            std::string reference;
            std::string hypothesis;
            for (auto n = random() % 40; n > 0; --n) {
                const auto& part = parts[random() % parts.size()];
                if (random() % 6 != 0)
                    reference += part;
                if (random() % 6 != 0)
                    hypothesis += part;
                if (random() % 9 == 0)
                    hypothesis += parts[random() % parts.size()];
            }
            checkCover(reference, hypothesis);
            checkCover(reference, reference);
            QCOMPARE(icae::diffTexts(reference, reference).differences, 0U);
        }
    }

    void wordsKeepGraphemeClustersWhole_data()
    {
        QTest::addColumn<QString>("cluster");
        for (const auto* cluster :
             {"👩\u200d👩\u200d👧", "👍🏽", "🇩🇪", "e\u0301", "क\u094dष\u093f", "1\ufe0f\u20e3", "த\u0bbf", "각"})
            QTest::newRow(cluster) << QString::fromUtf8(cluster);
    }

    void wordsKeepGraphemeClustersWhole()
    {
        QFETCH(QString, cluster);
        const auto text = "🇫🇷" + (cluster + cluster).toStdString() + "🇯🇵";
        const auto size = static_cast<std::size_t>(cluster.toUtf8().size());
        for (const auto& word : icae::splitWords(text)) {
            QVERIFY(word.begin == 0 || (word.begin >= 8 && (word.begin - 8) % size == 0));
            QVERIFY(word.end == text.size() || (word.end - 8) % size == 0);
        }
    }

    void dissimilarTextsStayAffordable()
    {
        std::string reference;
        std::string hypothesis;
        std::mt19937 random(6);
        for (int i = 0; i < 20000; ++i) {
            reference += "w" + std::to_string(random() % 5000) + " ";
            hypothesis += "v" + std::to_string(random() % 5000) + (i % 50 == 0 ? " and " : " ");
        }
        checkCover(reference, hypothesis);
    }

    void abbreviationsEndNoSentence_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qsizetype>("sentences");
        QTest::newRow("titles") << QByteArray("Dr. Low met Prof. Ray and Mrs. May. They left.") << qsizetype{2};
        QTest::newRow("more of ICU's") << QByteArray("She has a Ph.D. He came on Jan. 3. Both sat.") << qsizetype{2};
        QTest::newRow("words") << QByteArray("That is all it Is. Let me Go. Now come On. Yes.") << qsizetype{4};
        QTest::newRow("lower case") << QByteArray("the end. the next, e.g. this. done.") << qsizetype{3};
        QTest::newRow("no letters of ASCII") << QByteArray("Trink Kaffee mit Café. Dann geh.") << qsizetype{2};
        QTest::newRow("Hindi") << QByteArray("यह एक है। वह दो है।") << qsizetype{2};
        QTest::newRow("Arabic") << QByteArray("ما هذا؟ هذا بيت.") << qsizetype{2};
    }

    void abbreviationsEndNoSentence()
    {
        QFETCH(QByteArray, text);
        QFETCH(qsizetype, sentences);
        QCOMPARE(std::ssize(icae::sentenceEnds(text.toStdString())), sentences);
    }
};

QTEST_GUILESS_MAIN(TestDiff)
#include "test_diff.moc"
