#include "protocol/engine_protocol.h"
#include "protocol/fields.h"
#include "protocol/frame.h"
#include "protocol/rpc.h"

#include <QtTest>

#include <limits>

using namespace icae;

namespace {

constexpr std::size_t longest = 1000;

/// What a reader makes of a stream that comes in pieces of so many bytes; faults start with "!".
std::vector<std::string> framesOf(std::string_view stream, std::size_t piece)
{
    FrameReader reader(longest);
    std::vector<std::string> frames;
    for (std::size_t first = 0; first < stream.size(); first += piece) {
        reader.append(stream.substr(first, piece));
        while (const auto frame = reader.next())
            frames.push_back(frame->fault.empty() ? frame->content : "!" + frame->fault);
    }
    return frames;
}

template <typename T> T reread(const T& value)
{
    return fromJson<T>(JsonReader::parse(nlohmann::json(value).dump(), "test"));
}

std::string faultOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.message();
    }
    return {};
}

} // namespace

class TestProtocol : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// However a stream is torn, the same frames come out.
    void frames()
    {
        const std::string stream = framed("{\"a\":1}") + framed("") + framed("日本")
            + "content-LENGTH:  3 \r\nContent-Type: x; charset=utf-8\r\n\r\nabc" + framed("end");
        for (std::size_t piece = 1; piece <= stream.size(); ++piece)
            QCOMPARE(framesOf(stream, piece), (std::vector<std::string>{"{\"a\":1}", "", "日本", "abc", "end"}));
    }

    void hostileFrames_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no length") << QByteArray("Content-Type: x\r\n\r\n");
        QTest::newRow("negative") << QByteArray("Content-Length: -5\r\n\r\n");
        QTest::newRow("too large for a number") << QByteArray("Content-Length: 99999999999999999999999\r\n\r\n");
        QTest::newRow("no number") << QByteArray("Content-Length: many\r\n\r\n");
        QTest::newRow("two lengths") << QByteArray("Content-Length: 5\r\nContent-Length: 5\r\n\r\nabcde");
        QTest::newRow("no colon") << QByteArray("GET / HTTP/1.1\r\n\r\n");
        QTest::newRow("endless header") << QByteArray(100000, 'x');
        QTest::newRow("binary") << QByteArray("\0\xff\xfe\r\n\r\n\0", 8);
    }

    /// Rubbish is reported once, and the next frame is read.
    void hostileFrames()
    {
        QFETCH(QByteArray, bytes);
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1000000}}) {
            const auto frames = framesOf(bytes.toStdString() + framed("after"), piece);
            QVERIFY2(!frames.empty() && frames.front().starts_with("!"), bytes.constData());
            QCOMPARE(frames.back(), std::string("after"));
            QVERIFY(frames.size() <= 3);
        }
    }

    /// A gigabyte is announced: it is refused and skipped, never held.
    void longFrames()
    {
        FrameReader reader(longest);
        constexpr std::size_t announced = 1U << 30U;
        reader.append("Content-Length: " + std::to_string(announced) + "\r\n\r\n");
        QVERIFY(!reader.next()->fault.empty());
        QVERIFY(!reader.next() && reader.midFrame());
        const std::string chunk(1U << 20U, 'x');
        for (std::size_t sent = 0; sent < announced; sent += chunk.size()) {
            reader.append(chunk);
            if (sent + chunk.size() < announced)
                QVERIFY(!reader.next());
        }
        reader.append(framed("after"));
        QCOMPARE(reader.next()->content, std::string("after"));
        QVERIFY(!reader.midFrame());
    }

    void messages()
    {
        const auto request = parseMessage(requestContent(7, protocol::ask.name, {{"question", "Who?"}}));
        QVERIFY(request.isRequest() && request.id == RequestId(7));
        QCOMPARE(request.params["question"].get<std::string>(), std::string("Who?"));
        const auto note = parseMessage(notificationContent(protocol::log.name, nlohmann::json(LogNote{})));
        QVERIFY(!note.isRequest() && !note.isResponse());
        const auto result = parseMessage(resultContent(RequestId("seven"), nullptr));
        QVERIFY(result.isResponse() && !result.error && result.id == RequestId("seven"));
        const Error refused(ErrorKind::Mismatch, "They differ.", "Take the other.", "hash");
        const auto error = parseMessage(errorContent(7, toRpcError(refused)));
        QVERIFY(error.isResponse());
        const auto again = toError(*error.error);
        QCOMPARE(again.kind(), ErrorKind::Mismatch);
        QCOMPARE(again.message() + again.remedy() + again.details(), std::string("They differ.Take the other.hash"));
    }

    void hostileMessages_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<int>("code");
        QTest::addColumn<int>("id");
        QTest::newRow("empty") << QByteArray() << protocol::parseError << -1;
        QTest::newRow("torn") << QByteArray(R"({"jsonrpc":"2.0","id":)") << protocol::parseError << -1;
        QTest::newRow("no UTF-8") << QByteArray("{\"jsonrpc\":\"\xff\"}") << protocol::parseError << -1;
        QTest::newRow("deep") << QByteArray(100000, '[') << protocol::parseError << -1;
        QTest::newRow("batch") << QByteArray("[]") << protocol::invalidRequest << -1;
        QTest::newRow("null id") << QByteArray(R"({"jsonrpc":"2.0","id":null,"method":"status"})")
                                 << protocol::invalidRequest << -1;
        QTest::newRow("no version") << QByteArray(R"({"id":3,"method":"ask"})") << protocol::invalidRequest << 3;
        QTest::newRow("bad id") << QByteArray(R"({"jsonrpc":"2.0","id":[3],"method":"ask"})")
                                << protocol::invalidRequest << -1;
        QTest::newRow("bad method") << QByteArray(R"({"jsonrpc":"2.0","id":3,"method":5})") << protocol::invalidRequest
                                    << 3;
        QTest::newRow("bad params") << QByteArray(R"({"jsonrpc":"2.0","id":3,"method":"ask","params":[1]})")
                                    << protocol::invalidRequest << 3;
        QTest::newRow("nothing") << QByteArray(R"({"jsonrpc":"2.0","id":3})") << protocol::invalidRequest << 3;
        QTest::newRow("bad error") << QByteArray(R"({"jsonrpc":"2.0","id":3,"error":{"code":"x"}})")
                                   << protocol::invalidRequest << 3;
    }

    void hostileMessages()
    {
        QFETCH(QByteArray, content);
        QFETCH(int, code);
        QFETCH(int, id);
        try {
            parseMessage(content.toStdString());
            QFAIL("accepted");
        } catch (const RpcFault& fault) {
            QCOMPARE(fault.code(), code);
            QCOMPARE(static_cast<int>(fault.id().number()), id);
        }
    }

    void fields()
    {
        ReconstructParams params;
        params.source = {"text", "name", "m1", 4, std::nullopt, {2, 0}};
        params.sampling = {0.7, 5, 0.9, 3};
        params.tokens = false;
        const auto again = reread(params);
        QCOMPARE(nlohmann::json(again), nlohmann::json(params));
        QCOMPARE(again.source.slots, std::optional<std::int64_t>(4));
        QVERIFY(!again.source.spanTokens);

        Reconstruction report;
        report.spans.resize(2);
        report.spans[1].scores = ReconstructionScores{0.5, 0.25, 1.5, 0.75, 0.5};
        report.forcedTokens.push_back({5, "▁a", 0, 1, 1, 0.5, 0.25, 3, {{6, "<0x41>", 0.5}}});
        const nlohmann::json json = report;
        QVERIFY(json["bleu"].is_null() && json["per_span"][1]["bleu"] == 0.5 && json["spans"] == 2);
        const auto copy = reread(report);
        QVERIFY(!copy.scores && !copy.spans[0].scores && copy.spans[1].scores->em == 0.25);
        QCOMPARE(nlohmann::json(copy), json);

        TextPlan plan;
        plan.warnings.push_back({PlanWarningKind::TooLong, "Long.", "Cut."});
        plan.tokenIds = {1, 2};
        QCOMPARE(nlohmann::json(plan)["warnings"][0]["kind"].get<std::string>(), std::string("too_long"));
        QCOMPARE(reread(plan).warnings.front().kind, PlanWarningKind::TooLong);
        QCOMPARE(nlohmann::json(ProgressNote{})["rate"], nlohmann::json());

        ScoredToken infinite;
        infinite.nll = std::numeric_limits<double>::infinity(); // JSON has no such number
        QCOMPARE(reread(infinite).nll, 0.0);
    }

    void fieldFaults()
    {
        const auto read = [](const char* json) {
            return faultOf([&] { fromJson<ReconstructParams>(JsonReader::parse(json, "The request")); });
        };
        QCOMPARE(read("{}"), std::string("The request lacks the field \"source\"."));
        QCOMPARE(read(R"({"source":{"slots":"4"}})"),
                 std::string("The field \"source.slots\" of The request must be a whole number from "
                             "-9223372036854775808 to 9223372036854775807."));
        QVERIFY(read(R"({"source":{"spans":[1.5]}})").starts_with("The field \"source.spans\""));
        QVERIFY(read(R"({"source":{},"sampling":{"top_p":"x"}})").starts_with("The field \"sampling.top_p\""));
        QVERIFY(read(R"({"source":{},"tokens":1})").ends_with("must be true or false."));
        const auto kind =
            faultOf([] { fromJson<ExportParams>(JsonReader::parse(R"({"kind":"picture"})", "The request")); });
        QVERIFY(kind.ends_with("must be one of \"reconstruction\", \"diff\", \"tokens\"."));
    }
};

QTEST_GUILESS_MAIN(TestProtocol)
#include "test_protocol.moc"
