#include "small_model.h"

#include "llm/drafted.h"

#include <QtTest>

namespace {

using Ids = std::vector<std::int32_t>;

/// Drafts that a test gives: after n tokens of a sequence, what stands from place n on.
class ScriptedDrafter final : public icae::Drafter {
public:
    explicit ScriptedDrafter(std::vector<Ids> scripts)
        : m_scripts(std::move(scripts))
        , m_written(m_scripts.size())
    {
    }

    std::span<const std::int32_t> draft(std::size_t sequence) const override
    {
        const auto& script = m_scripts[sequence];
        return std::span(script).subspan(std::min(m_written[sequence].size(), script.size()));
    }
    void wrote(std::size_t sequence, std::int32_t token) override { m_written[sequence].push_back(token); }

    const std::vector<Ids>& written() const { return m_written; }

private:
    std::vector<Ids> m_scripts;
    std::vector<Ids> m_written;
};

Ids spoiled(Ids ids, std::size_t every)
{
    for (std::size_t i = every / 2; i < ids.size(); i += every)
        ids[i] = (ids[i] + 1) % 90;
    return ids;
}

} // namespace

/// Greedy decoding by drafts writes what greedy decoding token by token writes, whatever is drafted.
class TestDrafting : public QObject {
    Q_OBJECT

    SmallModel m_model;

    icae::Generation generate(const std::vector<icae::Prompt>& prompts, icae::Drafter* drafter,
                              const icae::GenerationOptions& options = {}, const icae::TokenCallback& callback = {},
                              const std::stop_token& stop = {}) const
    {
        return icae::generate(m_model.decoder, m_model.weights, prompts, options, callback, stop, drafter);
    }

    /// Prompts of different lengths that write different numbers of tokens.
    std::vector<icae::Prompt> prompts(int count) const
    {
        std::vector<icae::Prompt> prompts;
        for (int i = 0; i < count; ++i) {
            std::vector<int64_t> ids;
            for (int k = 0; k < 3 + i % 4; ++k)
                ids.push_back((7 * i + 13 * k + 5) % 90);
            prompts.push_back(m_model.prompt(ids, 20 + 11 * (i % 5)));
        }
        return prompts;
    }

private Q_SLOTS:
    void equalsPlainDecoding_data()
    {
        QTest::addColumn<int>("count");
        QTest::addColumn<QString>("kind");
        for (const int count : {1, 3, 12, 17})
            for (const char* kind : {"right", "wrong", "shifted", "spoiled", "too long", "short", "empty", "mixed"})
                QTest::addRow("%d sequences, %s", count, kind) << count << kind;
    }

    void equalsPlainDecoding()
    {
        QFETCH(int, count);
        QFETCH(QString, kind);
        const auto all = prompts(count);
        const auto plain = generate(all, nullptr);
        QCOMPARE(plain.drafted, 0);
        auto scripts = plain.ids;
        for (std::size_t i = 0; i < scripts.size(); ++i) {
            auto& script = scripts[i];
            const auto own = kind == u"mixed" ? i % 5 : 9;
            if (kind == u"wrong" || own == 0)
                script = spoiled(script, 1);
            else if (kind == u"shifted" || own == 1)
                script.erase(script.begin());
            else if (kind == u"spoiled" || own == 2)
                script = spoiled(script, 7);
            else if (kind == u"too long" || own == 3)
                script.insert(script.end(), 300, 4);
            else if (kind == u"short")
                script.resize(5);
            else if (kind == u"empty" || own == 4)
                script.clear();
        }
        ScriptedDrafter drafter(scripts);
        std::vector<Ids> seen(all.size());
        const auto drafted = generate(all, &drafter, {}, [&](const icae::GeneratedToken& token) {
            seen[token.sequence].push_back(token.id);
            return true;
        });
        QCOMPARE(drafted.ids, plain.ids);
        QCOMPARE(seen, plain.ids);
        QCOMPARE(drafter.written(), plain.ids);
        QCOMPARE(drafted.ends, plain.ends);
        QVERIFY(drafted.accepted <= drafted.drafted);
        if (kind == u"right") {
            QVERIFY(drafted.forwards <= plain.forwards / 3);
            QCOMPARE(drafted.accepted, drafted.drafted);
        }
        if (kind == u"empty")
            QCOMPARE(drafted.forwards, plain.forwards);
    }

    /// Log-probabilities and alternatives are those of plain decoding, up to rounding.
    void reportsWhatPlainDecodingReports()
    {
        const auto all = prompts(2);
        icae::GenerationOptions options;
        options.alternatives = 3;
        const auto collect = [&](icae::Drafter* drafter) {
            std::vector<std::vector<icae::GeneratedToken>> tokens(all.size());
            generate(all, drafter, options, [&](const icae::GeneratedToken& token) {
                tokens[token.sequence].push_back(token);
                return true;
            });
            return tokens;
        };
        const auto plain = collect(nullptr);
        ScriptedDrafter drafter({spoiled(generate(all, nullptr).ids[0], 6), {}});
        const auto drafted = collect(&drafter);
        for (std::size_t s = 0; s < plain.size(); ++s) {
            QCOMPARE(drafted[s].size(), plain[s].size());
            for (std::size_t i = 0; i < plain[s].size(); ++i) {
                QVERIFY(std::abs(drafted[s][i].logProbability - plain[s][i].logProbability) < 1e-4F);
                QCOMPARE(drafted[s][i].alternatives.size(), 3U);
                for (std::size_t a = 0; a < 3; ++a)
                    QCOMPARE(drafted[s][i].alternatives[a].id, plain[s][i].alternatives[a].id);
            }
        }
    }

    /// A stop token inside of a draft that agrees ends the sequence there.
    void stopIdsEndASequenceInsideADraft()
    {
        const auto all = prompts(1);
        const auto free = generate(all, nullptr).ids.front();
        icae::GenerationOptions options;
        options.stopIds = {free[6]};
        ScriptedDrafter drafter({free});
        const auto drafted = generate(all, &drafter, options);
        QCOMPARE(drafted.ids, generate(all, nullptr, options).ids);
        QCOMPARE(drafted.ends.front(), icae::EndReason::StopToken);
    }

    void stopsWithinAToken()
    {
        const auto all = prompts(1);
        const auto free = generate(all, nullptr).ids.front();
        std::stop_source source;
        int seen = 0;
        ScriptedDrafter drafter({free});
        const auto stopped = generate(
            all, &drafter, {},
            [&](const icae::GeneratedToken&) {
                if (++seen == 5)
                    source.request_stop();
                return true;
            },
            source.get_token());
        QCOMPARE(stopped.ids.front(), Ids(free.begin(), free.begin() + 5));
        QCOMPARE(stopped.ends.front(), icae::EndReason::Stopped);
        ScriptedDrafter again({free});
        const auto refused = generate(all, &again, {}, [](const icae::GeneratedToken&) { return false; });
        QCOMPARE(refused.ids.front().size(), 1U);
    }

    void samplingIsNotDrafted()
    {
        const auto all = prompts(2);
        icae::GenerationOptions options;
        options.sampling.greedy = false;
        options.sampling.seed = 3;
        const auto plain = generate(all, nullptr, options);
        ScriptedDrafter drafter(plain.ids);
        const auto drafted = generate(all, &drafter, options);
        QCOMPARE(drafted.ids, plain.ids);
        QCOMPARE(drafted.drafted, 0);
    }

    /// Lengths grow while drafts agree, shrink to nothing while they fail, and come back.
    void lengthFollowsWhatAgreed()
    {
        icae::DraftLength length;
        const auto best = [&](std::size_t most) {
            return length.best(most, [](std::size_t drafted) { return 16.0 + static_cast<double>(drafted); });
        };
        const auto first = best(1000);
        QVERIFY2(first >= 16 && first <= 128, qPrintable(QString::number(first)));
        length.observe(first, false);
        QVERIFY(best(1000) > first);
        QCOMPARE(best(3), 3U);
        for (int i = 0; i < 12; ++i)
            length.observe(0, true);
        QCOMPARE(best(1000), 0U);
        for (int i = 0; i < 40; ++i)
            length.observe(1, false);
        QVERIFY(best(1000) >= 16);
    }
};

QTEST_GUILESS_MAIN(TestDrafting)
#include "test_drafting.moc"
