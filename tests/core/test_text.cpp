#include "protocol/error.h"
#include "text/spans.h"
#include "text/text_file.h"
#include "text/utf8.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>

/// UTF-8, spans and text files.
class TestText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsInvalidUtf8_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("offset"); // -1: valid
        QTest::newRow("ascii") << QByteArray("abc") << -1;
        QTest::newRow("four bytes") << QByteArray("a\xF0\x9F\x98\x80") << -1;
        QTest::newRow("greatest") << QByteArray("\xF4\x8F\xBF\xBF") << -1;
        QTest::newRow("too great") << QByteArray("x\xF4\x90\x80\x80") << 1;
        QTest::newRow("overlong 2") << QByteArray("\xC0\xAF") << 0;
        QTest::newRow("overlong 3") << QByteArray("ab\xE0\x80\xAF") << 2;
        QTest::newRow("overlong 4") << QByteArray("\xF0\x80\x80\xAF") << 0;
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << 0;
        QTest::newRow("cut off") << QByteArray("ok\xE6\x97") << 2;
        QTest::newRow("lone tail") << QByteArray("\x80") << 0;
    }

    void findsInvalidUtf8()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, offset);
        const auto found = icae::firstInvalidUtf8(text.toStdString());
        QCOMPARE(found ? static_cast<int>(*found) : -1, offset);
    }

    void streamsBytewise()
    {
        const std::string text = "a\u00e9\u65e5\U0001F600z";
        icae::Utf8Stream stream;
        std::string whole;
        for (const char c : text) {
            const auto piece = stream.push({&c, 1});
            QVERIFY(!icae::firstInvalidUtf8(piece));
            whole += piece;
        }
        QCOMPARE(whole + stream.finish(), text);
        QCOMPARE(icae::replaceInvalidUtf8("a\xFFz\xE6\x97"), std::string("a\uFFFDz\uFFFD\uFFFD"));
    }

    void spansAsPublished()
    {
        for (std::size_t tokens = 0; tokens < 400; ++tokens)
            for (const std::size_t longest : {1, 2, 3, 16, 32, 100, 512}) {
                const auto spans = icae::planSpans(tokens, longest);
                std::size_t next = 0;
                for (const auto& span : spans) {
                    QCOMPARE(span.first, next);
                    QVERIFY(span.count > 0 && span.count <= longest);
                    QVERIFY(span.count == spans.front().count || &span == &spans.back());
                    next += span.count;
                }
                QCOMPARE(next, tokens);
                QVERIFY(spans.size() <= (tokens + longest - 1) / longest);
            }
        QCOMPARE(icae::planSpans(33, 32).front().count, 17U); // two spans of 17 and 16, not 32 and 1
    }

    void textFiles_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("named"); // in the message; empty: it is read
        QTest::newRow("text") << QByteArray("h\xC3\xA9llo\n") << QByteArray();
        QTest::newRow("empty") << QByteArray() << QByteArray("is empty");
        QTest::newRow("only a mark") << QByteArray("\xEF\xBB\xBF") << QByteArray("is empty");
        QTest::newRow("binary") << QByteArray("ab\0cd", 5) << QByteArray("byte 2 is zero");
        QTest::newRow("latin 1") << QByteArray("caf\xE9 au lait") << QByteArray("byte 3");
    }

    void textFiles()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, named);
        const QTemporaryDir folder;
        const auto path = folder.filePath(QStringLiteral("a.txt")).toStdString();
        std::ofstream(path) << content.toStdString();
        if (named.isEmpty()) {
            QCOMPARE(icae::readTextFile(path), content.toStdString());
            return;
        }
        try {
            icae::readTextFile(path);
            QFAIL("was read");
        } catch (const icae::Error& error) {
            QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
            QVERIFY(!error.remedy().empty());
        }
    }

    void placesThatAreNoFiles()
    {
        QVERIFY_EXCEPTION_THROWN(icae::readTextFile("/nowhere/a.txt"), icae::Error);
        QVERIFY_EXCEPTION_THROWN(icae::readTextFile("/tmp"), icae::Error);
        const QTemporaryDir folder;
        const auto path = folder.filePath(QStringLiteral("b.txt")).toStdString();
        std::ofstream(path) << "\xEF\xBB\xBFmarked";
        QCOMPARE(icae::readTextFile(path), std::string("marked"));
    }
};

QTEST_GUILESS_MAIN(TestText)
#include "test_text.moc"
