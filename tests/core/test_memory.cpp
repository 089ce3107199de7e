#include "icae/compressor.h"
#include "icae/memory.h"
#include "icae/reader.h"
#include "protocol/error.h"

#include <QTemporaryDir>
#include <QtTest>

namespace fs = std::filesystem;

namespace {

const fs::path golden = ICAE_TEST_GOLDEN;

std::vector<icae::Token> someTokens(std::size_t count)
{
    std::vector<icae::Token> tokens;
    for (std::size_t i = 0; i < count; ++i)
        tokens.push_back({static_cast<std::int32_t>(3 + (i * 37) % 300), i, i + 1});
    return tokens;
}

} // namespace

/// Memories: compressing, saving and loading, and reading spans of several in any order.
class TestMemory : public QObject {
    Q_OBJECT

    std::shared_ptr<const icae::Model> m_model;

private Q_SLOTS:
    void initTestCase()
    {
        m_model = icae::Model::load({golden / "llama_tied_mha_all_linear", golden / "spread_elastic"}, {}, {}, {});
    }

    /// All spans in a few forwards give what each span alone gives.
    void batchesEqualSingleSpans()
    {
        const icae::Compressor compressor(*m_model);
        const auto tokens = someTokens(200); // 4 spans of 50
        const auto memory = compressor.compress(tokens, {});
        QCOMPARE(memory.header.spans.size(), 4U);
        QCOMPARE(memory.header.slots(), 64);
        QCOMPARE(memory.header.ratio(), 200.0 / 64.0);
        for (std::size_t i = 0; i < 4; ++i) {
            const auto alone = compressor.compress(std::span(tokens).subspan(i * 50, 50), {});
            QVERIFY(at::allclose(memory.slotsOf(i), alone.slots, 1e-4, 1e-5));
        }
    }

    void lastSpanMayBeShorter()
    {
        const auto memory = icae::Compressor(*m_model).compress(someTokens(130), {}); // 44 + 44 + 42
        QCOMPARE(memory.header.spans.back().shape.tokens, 42);
        QCOMPARE(memory.header.spans.back().firstToken, 88);
        QCOMPARE(memory.header.spans.back().beginByte, 88U);
    }

    void refusesOddRequests()
    {
        const icae::Compressor compressor(*m_model);
        icae::CompressOptions options;
        for (const int64_t slots : {0, -3, 17}) {
            options.slots = slots;
            QVERIFY_EXCEPTION_THROWN(compressor.compress(someTokens(5), options), icae::Error);
        }
        QVERIFY_EXCEPTION_THROWN(compressor.compress(std::vector<icae::Token>{}, {}), icae::Error);
        std::stop_source stopped;
        stopped.request_stop();
        try {
            compressor.compress(someTokens(500), {}, {}, stopped.get_token());
            QFAIL("was not stopped");
        } catch (const icae::Error& error) {
            QCOMPARE(error.kind(), icae::ErrorKind::Cancelled);
        }
    }

    void roundTrips()
    {
        const QTemporaryDir folder;
        const auto path = fs::path(folder.path().toStdString()) / "a.memory";
        auto memory = icae::Compressor(*m_model).compress(someTokens(130), {});
        memory.header.sourceName = "ünïcode \"name\"";
        memory.header.sourceHash = std::string(64, 'a');
        memory.save(path);
        QVERIFY(icae::Memory::looksLikeMemory(path));
        const auto loaded = icae::Memory::load(path, *m_model);
        QVERIFY(at::equal(loaded.slots, memory.slots));
        QCOMPARE(icae::toMetadata(loaded.header), icae::toMetadata(memory.header));

        const auto other = icae::Model::load({golden / "llama_gqa", golden / "llama_gqa"}, {}, {}, {});
        try {
            icae::Memory::load(path, *other);
            QFAIL("another model read the memory");
        } catch (const icae::Error& error) {
            QCOMPARE(error.kind(), icae::ErrorKind::Mismatch);
            QVERIFY(error.message().find(other->baseHashes().config.substr(0, 12)) != std::string::npos);
            QVERIFY(error.message().find(m_model->baseHashes().config.substr(0, 12)) != std::string::npos);
        }
    }

    void refusesDamagedHeaders_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("format") << QByteArray("icae-memory") << QByteArray("icae-memoir");
        QTest::newRow("version") << QByteArray("\"version\":1") << QByteArray("\"version\":2");
        QTest::newRow("tokens") << QByteArray("\"tokens\":42") << QByteArray("\"tokens\":43");
        QTest::newRow("order") << QByteArray("\"first_token\":44") << QByteArray("\"first_token\":45");
        QTest::newRow("layout") << QByteArray("layout\":\"spread") << QByteArray("layout\":\"spiral");
        QTest::newRow("a billion tokens") << QByteArray("\"tokens\":42") << QByteArray("\"tokens\":1000000000");
        QTest::newRow("json") << QByteArray("{\"adapter") << QByteArray("[\"adapter");
    }

    void refusesDamagedHeaders()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        const auto memory = icae::Compressor(*m_model).compress(someTokens(130), {});
        auto metadata = icae::toMetadata(memory.header);
        QCOMPARE(icae::parseMemoryMetadata(metadata, "m").spans.size(), 3U);
        bool changed = false;
        for (auto& [key, value] : metadata)
            if (const auto at = value.find(from.toStdString()); at != std::string::npos) {
                value.replace(at, static_cast<std::size_t>(from.size()), to.toStdString());
                changed = true;
            }
        QVERIFY(changed);
        QVERIFY_EXCEPTION_THROWN(icae::parseMemoryMetadata(metadata, "m"), icae::Error);
    }

    /// Spans of several memories are read together in the order in which they are named.
    void readsSeveralMemories()
    {
        const icae::Compressor compressor(*m_model);
        const icae::Reader reader(*m_model);
        const std::vector memories{compressor.compress(someTokens(60), {}), compressor.compress(someTokens(120), {})};
        const auto forward = icae::allSpans(memories);
        QCOMPARE(forward.size(), 3U);
        const std::vector backward(forward.rbegin(), forward.rend());
        const auto one = reader.prompt(icae::Task::Continue, forward, {}, {});
        const auto two = reader.prompt(icae::Task::Continue, backward, {}, {});
        QCOMPARE(one.length(), 3 * 16 + 1);
        QCOMPARE(one.nextPosition, 182.0F);
        QVERIFY(at::equal(one.embeddings.narrow(0, 0, 16), two.embeddings.narrow(0, 32, 16)));
        QVERIFY(!at::allclose(reader.nextLogits(one), reader.nextLogits(two)));
        QVERIFY_EXCEPTION_THROWN(reader.prompt(icae::Task::Continue, std::vector<icae::SpanRef>{}, {}, {}),
                                 icae::Error);
    }

    /// Scores agree with the probabilities that generation reports.
    void scoresEqualGeneration()
    {
        const auto memory = icae::Compressor(*m_model).compress(someTokens(60), {});
        const icae::Reader reader(*m_model);
        auto prompt = reader.prompt(icae::Task::Autoencode, icae::allSpans(std::span(&memory, 1)), {}, {});
        prompt.maxTokens = 8;
        std::vector<icae::GeneratedToken> tokens;
        const auto generation = reader.generate(std::span(&prompt, 1), {}, [&](const icae::GeneratedToken& token) {
            tokens.push_back(token);
            return true;
        });
        const std::vector<std::vector<std::int32_t>> targets{generation.ids.front()};
        icae::ScoreOptions options;
        options.entropy = true;
        options.alternatives = 2;
        const auto scores = reader.score(std::span(&prompt, 1), targets, options).front();
        QCOMPARE(scores.size(), 8U);
        for (std::size_t i = 0; i < scores.size(); ++i) {
            QVERIFY(std::abs(scores[i].nll + tokens[i].logProbability) < 1e-4F);
            QCOMPARE(scores[i].rank, 0);
            QCOMPARE(scores[i].alternatives.front().id, tokens[i].id);
            QVERIFY(scores[i].entropy > 0 && scores[i].entropy < std::log(320.0F));
        }
    }
};

QTEST_GUILESS_MAIN(TestMemory)
#include "test_memory.moc"
