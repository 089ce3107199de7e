#include "icae/compressor.h"
#include "icae/write_back.h"

#include <QtTest>
#include <algorithm>

namespace {

using icae::TokenIds;

constexpr std::int64_t textTokens = 24;
constexpr std::int64_t slotCount = 4;

/// Tokens replaced at every place that a number divides.
TokenIds spoiled(TokenIds ids, std::size_t every)
{
    for (std::size_t i = every - 1; i < ids.size(); i += every)
        ids[i] = ids[i] == 5 ? 6 : 5;
    return ids;
}

} // namespace

/// Decoding that begins at the first miss of a rating writes what decoding from the beginning does.
class TestWriteBack : public QObject {
    Q_OBJECT

    std::shared_ptr<const icae::Model> m_model;
    std::vector<icae::Prompt> m_prompts;
    std::vector<TokenIds> m_plain;

    std::vector<std::vector<icae::TokenScore>> rate(const std::vector<TokenIds>& sources) const
    {
        icae::ScoreOptions options;
        options.doubt = icae::roundingDoubt(*m_model);
        return icae::Reader(*m_model).score(m_prompts, sources, options);
    }

private Q_SLOTS:
    void initTestCase()
    {
        icae::Model::Options options;
        options.device = "cpu";
        const std::filesystem::path folder = std::filesystem::path(ICAE_TEST_GOLDEN) / "spread_elastic";
        m_model = icae::Model::load(icae::findModel({}, folder, {}), options, {}, {});
        const icae::Reader reader(*m_model);
        const icae::SpanShape shape{textTokens, slotCount};
        auto ids = at::arange(5 * textTokens, at::kLong).remainder(37).add(3).view({5, textTokens});
        const auto slots = icae::Compressor(*m_model).encode(ids, slotCount, {});
        for (std::int64_t i = 0; i < slots.size(0); ++i) {
            m_prompts.push_back(reader.prompt(icae::Task::Autoencode, std::span(&shape, 1), slots[i], {}, {}));
            m_prompts.back().maxTokens = textTokens;
        }
        m_plain = reader.generate(m_prompts, {}).ids;
    }

    void writesWhatPlainDecodingWrites_data()
    {
        QTest::addColumn<int>("every");
        QTest::newRow("sources that are written") << 0;
        QTest::newRow("one miss") << 20;
        QTest::newRow("some misses") << 5;
        QTest::newRow("nothing agrees") << 1;
    }

    void writesWhatPlainDecodingWrites()
    {
        QFETCH(int, every);
        auto sources = m_plain;
        if (every > 0)
            for (auto& source : sources)
                source = spoiled(source, static_cast<std::size_t>(every));
        const auto written = icae::writeBack(*m_model, m_prompts, sources, rate(sources), {});
        QCOMPARE(written.ids, m_plain);
        QVERIFY(std::all_of(written.ends.begin(), written.ends.end(),
                            [](auto end) { return end == icae::EndReason::MaxTokens; }));
        QCOMPARE(written.forwards == 0, every == 0);
        QVERIFY(written.accepted <= written.drafted);
    }

    /// A source that is shorter than what is written goes on behind its end; a longer one is cut.
    void sourcesOfOtherLengths()
    {
        auto sources = m_plain;
        sources[0].resize(3);
        sources[1].clear();
        sources[2].insert(sources[2].end(), 9, 5);
        QCOMPARE(icae::writeBack(*m_model, m_prompts, sources, rate(sources), {}).ids, m_plain);
    }

    /// Where a callback or a request stops it, what was taken over stays.
    void stops()
    {
        auto sources = m_plain;
        for (auto& source : sources)
            source = spoiled(source, 7);
        const auto ratings = rate(sources);
        int seen = 0;
        const auto cut =
            icae::writeBack(*m_model, m_prompts, sources, ratings, {}, [&](const icae::GeneratedToken& token) {
                return token.sequence < m_prompts.size() && ++seen < 3;
            });
        QCOMPARE(seen, 3);
        QVERIFY(std::all_of(cut.ids.begin(), cut.ids.end(), [](const auto& ids) { return ids.size() >= 6; }));
        QVERIFY(std::find(cut.ends.begin(), cut.ends.end(), icae::EndReason::Stopped) != cut.ends.end());

        std::stop_source stop;
        stop.request_stop();
        const auto stopped = icae::writeBack(*m_model, m_prompts, sources, ratings, {}, {}, stop.get_token());
        QCOMPARE(stopped.ids.front(), TokenIds(m_plain.front().begin(), m_plain.front().begin() + 6));
        QCOMPARE(stopped.ends.front(), icae::EndReason::Stopped);
    }
};

QTEST_GUILESS_MAIN(TestWriteBack)
#include "test_write_back.moc"
