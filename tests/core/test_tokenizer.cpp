#include "protocol/error.h"
#include "tensor/torch.h"
#include "text/streaming.h"
#include "text/tokenizer.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include <random>

namespace {

const std::string modelFile = ICAE_TEST_DATA "/tiny/tokenizer.model";

/// Lines of every kind of text that tokenizers stumble over; no line breaks.
std::vector<std::string> variedLines(int count)
{
    const std::vector<std::string> parts{"the miller",
                                         "Apples",
                                         " ",
                                         "  ",
                                         "    ",
                                         "\t",
                                         "42",
                                         "3.50",
                                         "1,000",
                                         "😀",
                                         "👩‍👩‍👧",
                                         "日本語",
                                         "中文字",
                                         "ひらがな",
                                         "é",
                                         "e\u0301",
                                         "ñ",
                                         "שלום",
                                         "مرحبا",
                                         "if (a > 0) {",
                                         "}",
                                         "// note",
                                         "_x_",
                                         "-",
                                         "—",
                                         "…",
                                         "\"",
                                         "don't",
                                         "\u00a0",
                                         "ﬁ",
                                         "Ω",
                                         "ß",
                                         "a",
                                         "."};
    std::mt19937 random(5);
    std::vector<std::string> lines;
    while (static_cast<int>(lines.size()) < count) {
        std::string line;
        for (auto n = 1 + random() % 12; n > 0; --n)
            line += parts[random() % parts.size()];
        lines.push_back(line);
    }
    return lines;
}

} // namespace

/// The tokenizer, in a process that has LibTorch's protobuf loaded as well.
class TestTokenizer : public QObject {
    Q_OBJECT

    std::shared_ptr<const icae::Tokenizer> m_tokenizer;

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(at::ones({2}).sum().item<double>() == 2.0);
        m_tokenizer = icae::Tokenizer::load(modelFile);
        QCOMPARE(m_tokenizer->size(), 320);
        QCOMPARE(m_tokenizer->bosId(), 1);
        QCOMPARE(m_tokenizer->eosId(), 2);
    }

    void idsEqualSpmEncode()
    {
        const auto lines = variedLines(1000);
        QByteArray input;
        for (const auto& line : lines)
            input += QByteArray::fromStdString(line) + '\n';
        QProcess spm;
        spm.start(
            QStringLiteral("spm_encode"),
            {QStringLiteral("--model=") + QString::fromStdString(modelFile), QStringLiteral("--output_format=id")});
        QVERIFY2(spm.waitForStarted(), "spm_encode is needed: install the package sentencepiece");
        spm.write(input);
        spm.closeWriteChannel();
        QVERIFY(spm.waitForFinished());
        const auto expected = spm.readAllStandardOutput().split('\n');
        QCOMPARE(expected.size(), 1001);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            QByteArrayList ids;
            for (const auto id : m_tokenizer->encodeIds(lines[i]))
                ids << QByteArray::number(id);
            QVERIFY2(ids.join(' ') == expected[static_cast<int>(i)].trimmed(), lines[i].c_str());
        }
    }

    void rangesCoverTheText()
    {
        auto lines = variedLines(200);
        lines.emplace_back("two\nlines\n\n and a tab\t");
        lines.emplace_back(std::string("a zero \0 byte", 13));
        for (const auto& line : lines) {
            std::size_t end = 0;
            for (const auto& token : m_tokenizer->encode(line)) {
                QCOMPARE(token.begin, end);
                QVERIFY(token.end >= token.begin);
                end = token.end;
            }
            QCOMPARE(end, line.size());
            QCOMPARE(m_tokenizer->decode(m_tokenizer->encodeIds(line)), line);
        }
        QVERIFY(m_tokenizer->encode("").empty());
    }

    void streamsWholeCharacters()
    {
        std::mt19937 random(9);
        auto sequences = std::vector<std::vector<std::int32_t>>{};
        for (const auto& line : variedLines(150))
            sequences.push_back(m_tokenizer->encodeIds(line));
        for (int i = 0; i < 150; ++i) { // anything a model may write, byte pieces in senseless order included
            std::vector<std::int32_t> ids;
            for (auto n = random() % 30; n > 0; --n)
                ids.push_back(static_cast<std::int32_t>(random() % 320));
            sequences.push_back(ids);
        }
        for (const auto& ids : sequences) {
            icae::StreamingDetokenizer stream(m_tokenizer);
            std::string text;
            for (const auto id : ids) {
                const auto piece = stream.push(id);
                QVERIFY(!icae::firstInvalidUtf8(piece));
                text += piece;
            }
            text += stream.finish();
            QCOMPARE(QString::fromStdString(text), QString::fromStdString(m_tokenizer->decode(ids)));
        }
    }

    void refuses()
    {
        const std::vector<std::int32_t> outside{320};
        QVERIFY_EXCEPTION_THROWN(m_tokenizer->decode(outside), icae::Error);
        QVERIFY_EXCEPTION_THROWN(m_tokenizer->piece(-1), icae::Error);
        QVERIFY_EXCEPTION_THROWN(icae::Tokenizer::load("/nowhere/tokenizer.model"), icae::Error);
        const QTemporaryDir folder;
        const auto path = folder.filePath(QStringLiteral("tokenizer.model"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("this is no model");
        file.close();
        QVERIFY_EXCEPTION_THROWN(icae::Tokenizer::load(path.toStdString()), icae::Error);
        try {
            m_tokenizer->encode("ab\xff");
            QFAIL("invalid UTF-8 was taken");
        } catch (const icae::Error& error) {
            QVERIFY(error.message().find("byte 2") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "test_tokenizer.moc"
