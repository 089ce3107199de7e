#include "protocol/error.h"
#include "tensor/torch.h"
#include "text/encoding_cache.h"
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

/// The lines as one text of several parts, cut where texts are cut: at spaces and at line breaks.
std::string joined(const std::vector<std::string>& lines, const char* separator)
{
    std::string text;
    for (const auto& line : lines)
        text += line + separator;
    return text;
}

/// What `spm_encode` makes of each line.
QList<QByteArray> spmEncode(const std::string& model, const QByteArray& lines)
{
    QProcess spm;
    spm.start(QStringLiteral("spm_encode"),
              {QStringLiteral("--model=") + QString::fromStdString(model), QStringLiteral("--output_format=id")});
    if (!spm.waitForStarted())
        return {};
    spm.write(lines);
    spm.closeWriteChannel();
    spm.waitForFinished();
    return spm.readAllStandardOutput().split('\n');
}

QByteArray listed(const std::vector<std::int32_t>& ids)
{
    QByteArrayList list;
    for (const auto id : ids)
        list << QByteArray::number(id);
    return list.join(' ');
}

bool same(const std::vector<icae::Token>& a, const std::vector<icae::Token>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const icae::Token& x, const icae::Token& y) {
        return x.id == y.id && x.begin == y.begin && x.end == y.end;
    });
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

    /// The plug-in is opened once: in link namespaces of their own, as AddressSanitizer needs them, only 15 would fit.
    void loadsAsOftenAsAsked()
    {
        for (int i = 0; i < 40; ++i)
            QCOMPARE(icae::Tokenizer::load(modelFile)->size(), 320);
    }

    void idsEqualSpmEncode()
    {
        const auto lines = variedLines(1000);
        QByteArray input;
        for (const auto& line : lines)
            input += QByteArray::fromStdString(line) + '\n';
        const auto expected = spmEncode(modelFile, input);
        QVERIFY2(!expected.empty(), "spm_encode is needed: install the package sentencepiece");
        QCOMPARE(expected.size(), 1001);
        for (std::size_t i = 0; i < lines.size(); ++i)
            QVERIFY2(listed(m_tokenizer->encodeIds(lines[i])) == expected[static_cast<int>(i)].trimmed(),
                     lines[i].c_str());
    }

    void longTextsToo()
    {
        const auto text = joined(variedLines(5000), " ");
        QVERIFY(m_tokenizer->parts(text).size() > 10);
        const auto expected = spmEncode(modelFile, QByteArray::fromStdString(text) + '\n');
        QCOMPARE(listed(m_tokenizer->encodeIds(text)), expected.front().trimmed());
        for (const auto* separator : {" ", "\n", " \n", "\n\n ", "  "}) {
            const auto other = joined(variedLines(2000), separator);
            QVERIFY(same(m_tokenizer->encode(other), m_tokenizer->encodePart(other, {0, other.size()})));
        }
        // Where the text has sentencepiece's own mark for a space, a space is no safe place.
        const auto marked = joined(variedLines(500), " \u2581 ");
        QCOMPARE(m_tokenizer->parts(marked).size(), 1U);
        QVERIFY(m_tokenizer->parts("").empty());
    }

    /// A unigram model weighs the whole text at once, so that it is never cut.
    void otherModelsAreNotCut()
    {
        const QTemporaryDir folder;
        QFile corpus(folder.filePath(QStringLiteral("corpus.txt")));
        QVERIFY(corpus.open(QIODevice::WriteOnly));
        corpus.write(QByteArray::fromStdString(joined(variedLines(2000), "\n")));
        corpus.close();
        QCOMPARE(QProcess::execute(QStringLiteral("spm_train"),
                                   {QStringLiteral("--input=") + corpus.fileName(),
                                    QStringLiteral("--model_prefix=") + folder.filePath(QStringLiteral("unigram")),
                                    QStringLiteral("--vocab_size=150"), QStringLiteral("--hard_vocab_limit=false"),
                                    QStringLiteral("--minloglevel=2")}),
                 0);
        const auto file = folder.filePath(QStringLiteral("unigram.model")).toStdString();
        const auto unigram = icae::Tokenizer::load(file);
        const auto text = joined(variedLines(3000), " ");
        QCOMPARE(unigram->parts(text).size(), 1U);
        QCOMPARE(listed(unigram->encodeIds(text)),
                 spmEncode(file, QByteArray::fromStdString(text) + '\n').front().trimmed());
    }

    /// A model without a piece for the space writes it as bytes, which no part could leave out.
    void modelsWithoutASpaceAreNotCut()
    {
        QFile file(QString::fromStdString(modelFile));
        QVERIFY(file.open(QIODevice::ReadOnly));
        auto bytes = file.readAll();
        const QByteArray space("\x0A\x03\xE2\x96\x81", 5); // a piece's text, of three bytes
        QCOMPARE(bytes.count(space), 1);
        bytes.replace(space, QByteArray("\x0A\x03\xE2\x98\x83", 5));
        const QTemporaryDir folder;
        QFile changed(folder.filePath(QStringLiteral("tokenizer.model")));
        QVERIFY(changed.open(QIODevice::WriteOnly));
        changed.write(bytes);
        changed.close();
        const auto spaceless = icae::Tokenizer::load(changed.fileName().toStdString());
        const auto text = joined(variedLines(500), "\n");
        QVERIFY(m_tokenizer->parts(text).size() > 1);
        QCOMPARE(spaceless->parts(text).size(), 1U);
    }

    void whatChangedIsEncodedAgain()
    {
        icae::EncodingCache cache;
        auto text = joined(variedLines(2000), "\n");
        std::mt19937 random(3);
        const auto lines = variedLines(60);
        for (const auto& line : lines) {
            QVERIFY(same(cache.encode(m_tokenizer, text), m_tokenizer->encodePart(text, {0, text.size()})));
            auto at = random() % text.size();
            while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
                ++at;
            if (random() % 3 == 0)
                text.erase(at); // to the end
            else
                text.insert(at, line);
            if (text.size() < 20'000)
                text += joined(lines, " ");
        }
        QVERIFY(cache.encode(m_tokenizer, "").empty());
        std::stop_source stop;
        stop.request_stop();
        try {
            cache.encode(m_tokenizer, "Something else.", stop.get_token());
            QFAIL("it went on");
        } catch (const icae::Error& error) {
            QCOMPARE(error.kind(), icae::ErrorKind::Cancelled);
        }
    }

    /// 400,000 characters while somebody types.
    void fastEnoughToTypeBeside()
    {
        auto text = joined(variedLines(16'000), " ");
        icae::EncodingCache cache;
        QElapsedTimer clock;
        clock.start();
        cache.encode(m_tokenizer, text);
        const auto first = clock.restart();
        text.insert(text.size() / 2, "x");
        const auto tokens = cache.encode(m_tokenizer, text);
        qInfo("%zu bytes: %lld ms, and %lld ms after a change", text.size(), static_cast<long long>(first),
              static_cast<long long>(clock.elapsed()));
        QVERIFY(tokens.size() > 100'000);
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
