#include "small_model.h"

#include "llm/generation.h"
#include "llm/step.h"
#include "protocol/error.h"

#include <QtTest>

/// Generation: batches, padding, the one-token engine, sampling and stopping.
class TestGeneration : public QObject {
    Q_OBJECT

    SmallModel m_model;
    const icae::LlmConfig& m_config = m_model.config;
    const icae::Decoder& m_decoder = m_model.decoder;
    const icae::LlmWeights& m_weights = m_model.weights;

    icae::Prompt prompt(const std::vector<int64_t>& ids, int64_t maxTokens) const
    {
        return m_model.prompt(ids, maxTokens);
    }

    icae::Generation generate(const std::vector<icae::Prompt>& prompts, const icae::GenerationOptions& options = {},
                              const icae::TokenCallback& callback = {}, const std::stop_token& stop = {}) const
    {
        return icae::generate(m_decoder, m_weights, prompts, options, callback, stop);
    }

private Q_SLOTS:
    /// The one-token engines agree with each other and with reading everything at once.
    void stepsEqualOneForward_data()
    {
        QTest::addColumn<int>("batch");
        QTest::addColumn<bool>("biased");
        QTest::addColumn<bool>("normed");
        for (const int batch : {1, 2, 5, 12, 20})
            for (const bool biased : {false, true})
                for (const bool normed : {false, true})
                    QTest::addRow("batch %d%s%s", batch, biased ? ", biased" : "", normed ? ", normed" : "")
                        << batch << biased << normed;
    }

    void stepsEqualOneForward()
    {
        QFETCH(int, batch);
        constexpr int64_t length = 9;
        QFETCH(bool, biased);
        QFETCH(bool, normed);
        auto config = m_config;
        config.qkvBias = config.outputBias = biased;
        config.normsHeads = normed;
        auto weights = icae::randomWeights(config, at::kCPU, at::kFloat);
        weights.embedding.mul_(20);
        for (const auto& weight : icae::expectedWeights(config))
            if (weight.shape.size() == 1)
                icae::placeOf(config, weights, weight.name).normal_(0.5, 0.5);
        const icae::Decoder decoder(config, icae::makeKernels(at::kCPU, at::kFloat));
        const icae::Decoder reference(config, icae::makePlainKernels());
        const auto ids = at::randint(0, m_config.vocabSize, {batch, length}, at::kLong);
        const auto positions = at::arange(length, at::kFloat).mul(0.75).expand({batch, length}).contiguous();
        const auto whole = reference.logits(
            weights, reference.hidden(weights, icae::Decoder::embed(weights, ids), positions, length).flatten(0, 1));
        auto cache = icae::KvCache::allocate(m_config, batch, length, at::kCPU, at::kFloat);
        auto plainCache = icae::KvCache::allocate(m_config, batch, length, at::kCPU, at::kFloat);
        const auto engine = icae::makeStepEngine(decoder, weights, cache);
        const auto plain = icae::makePlainStepEngine(decoder, weights, plainCache);
        for (int64_t t = 0; t < length; ++t) {
            const auto id = ids.select(1, t).contiguous();
            const auto position = positions.select(1, t).contiguous();
            const auto expected = whole.view({batch, length, -1}).select(1, t);
            QVERIFY(at::allclose(engine->step(id, position), expected, 1e-4, 1e-4));
            QVERIFY(at::allclose(plain->step(id, position), expected, 1e-4, 1e-4));
        }
    }

    /// Asking for the last states only gives what reading all of them gives.
    void wantedStatesEqualAll_data()
    {
        QTest::addColumn<int>("wanted");
        for (const int wanted : {1, 2, 7})
            QTest::addRow("%d of 7", wanted) << wanted;
    }

    void wantedStatesEqualAll()
    {
        QFETCH(int, wanted);
        const auto embeddings = icae::Decoder::embed(m_weights, at::randint(0, m_config.vocabSize, {4, 7}, at::kLong));
        const auto positions = at::arange(7, at::kFloat).expand({4, 7}).contiguous();
        const auto all = m_decoder.hidden(m_weights, embeddings, positions, 7);
        const auto some = m_decoder.hidden(m_weights, embeddings, positions, wanted);
        QVERIFY(at::allclose(some, all.narrow(1, 7 - wanted, wanted), 1e-4, 1e-4));
    }

    /// A prompt gives the same tokens alone and beside longer ones.
    void paddingChangesNothing()
    {
        const std::vector<icae::Prompt> prompts{prompt({3}, 12), prompt({5, 9, 2, 44, 7}, 20), prompt({8, 8}, 5)};
        const auto together = generate(prompts);
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            QCOMPARE(together.ids[i], generate({prompts[i]}).ids.front());
            QCOMPARE(static_cast<int64_t>(together.ids[i].size()), prompts[i].maxTokens);
            QCOMPARE(together.ends[i], icae::EndReason::MaxTokens);
        }
    }

    /// Rows behind the last token of a padded vocabulary are never chosen, nor are they alternatives.
    void paddedRowsAreNeverChosen()
    {
        auto padded = m_config;
        padded.tokens = 3;
        const icae::Decoder decoder(padded, icae::makeKernels(at::kCPU, at::kFloat));
        const auto start = prompt({4, 6}, 30);
        icae::GenerationOptions options;
        options.alternatives = 5;
        for (const bool greedy : {true, false}) {
            options.sampling.greedy = greedy;
            const auto written =
                icae::generate(decoder, m_weights, std::span(&start, 1), options,
                               [](const icae::GeneratedToken& token) {
                                   return token.alternatives.size() == 3 && token.alternatives.back().id < 3;
                               },
                               {});
            QCOMPARE(written.ids.front().size(), 30U);
            QVERIFY(*std::max_element(written.ids.front().begin(), written.ids.front().end()) < 3);
        }
    }

    void stopIdsEndASequence()
    {
        const auto free = generate({prompt({4, 6}, 10)}).ids.front();
        icae::GenerationOptions options;
        options.stopIds = {free[4]};
        const auto first = std::find(free.begin(), free.end(), free[4]) - free.begin();
        const auto stopped = generate({prompt({4, 6}, 10)}, options);
        QCOMPARE(stopped.ids.front(), std::vector(free.begin(), free.begin() + first));
        QCOMPARE(stopped.ends.front(), icae::EndReason::StopToken);
    }

    void reportsProbabilitiesAndAlternatives()
    {
        icae::GenerationOptions options;
        options.alternatives = 3;
        std::vector<icae::GeneratedToken> tokens;
        const auto result = generate({prompt({1, 2, 3}, 6)}, options, [&](const icae::GeneratedToken& token) {
            tokens.push_back(token);
            return true;
        });
        QCOMPARE(tokens.size(), 6U);
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            QCOMPARE(tokens[i].id, result.ids.front()[i]);
            QCOMPARE(tokens[i].alternatives.size(), 3U);
            QCOMPARE(tokens[i].alternatives[0].id, tokens[i].id); // greedy takes the likeliest
            QVERIFY(tokens[i].logProbability <= 0);
            QCOMPARE(tokens[i].alternatives[0].logProbability, tokens[i].logProbability);
            QVERIFY(tokens[i].alternatives[1].logProbability >= tokens[i].alternatives[2].logProbability);
        }
    }

    void seedsDecide()
    {
        icae::GenerationOptions options;
        options.sampling.greedy = false;
        options.sampling.temperature = 2.0;
        options.sampling.seed = 11;
        const auto once = generate({prompt({1}, 30), prompt({1}, 30)}, options);
        QCOMPARE(generate({prompt({1}, 30), prompt({1}, 30)}, options).ids, once.ids);
        QVERIFY(once.ids[0] != once.ids[1]);
        QCOMPARE(generate({prompt({1}, 30)}, options).ids[0], once.ids[0]);
        options.sampling.seed = 12;
        QVERIFY(generate({prompt({1}, 30)}, options).ids[0] != once.ids[0]);
        options.sampling.topK = 1;
        QCOMPARE(generate({prompt({1}, 30)}, options).ids[0], generate({prompt({1}, 30)}).ids[0]);
        options.sampling.topK = 0;
        options.sampling.topP = 1e-6;
        QCOMPARE(generate({prompt({1}, 30)}, options).ids[0], generate({prompt({1}, 30)}).ids[0]);
    }

    /// Samples follow the distribution they are drawn from.
    void samplesFollowTheDistribution()
    {
        const auto logits = at::tensor({std::log(0.5), std::log(0.3), std::log(0.2)}, at::kFloat).expand({4000, 3});
        icae::SamplingOptions options;
        options.greedy = false;
        icae::Sampler sampler(options, 4000, 0);
        const auto counts = at::bincount(sampler.choose(logits).ids, {}, 3).to(at::kDouble) / 4000;
        QVERIFY(at::allclose(counts, at::tensor({0.5, 0.3, 0.2}, at::kDouble), 0, 0.03));
        options.topP = 0.6; // keeps the first two
        icae::Sampler nucleus(options, 4000, 0);
        const auto kept = at::bincount(nucleus.choose(logits).ids, {}, 3).to(at::kDouble) / 4000;
        QVERIFY(at::allclose(kept, at::tensor({0.625, 0.375, 0.0}, at::kDouble), 0, 0.03));
    }

    /// Where one candidate is left, it is greedy's, however small the number that leaves it.
    void samplesAtTheEndsAreGreedy()
    {
        const auto logits = at::tensor({2.0, 30.0, 29.5, -1e4}, at::kFloat).expand({50, 4});
        const auto chosen = [&](double temperature, double topP) {
            icae::SamplingOptions options;
            options.greedy = false;
            options.temperature = temperature;
            options.topP = topP;
            return icae::Sampler(options, 50, 0).choose(logits).ids;
        };
        for (const double least : {1e-4, 1e-20, 1e-38, 1e-40, 1e-300, 5e-324}) {
            QVERIFY(chosen(least, 1).eq(1).all().item<bool>());
            if (least < 0.1)
                QVERIFY(chosen(1, least).eq(1).all().item<bool>());
        }
    }

    void stopsWithinAToken()
    {
        std::stop_source source;
        int seen = 0;
        const auto result = generate(
            {prompt({1}, 100)}, {},
            [&](const icae::GeneratedToken&) {
                if (++seen == 5)
                    source.request_stop();
                return true;
            },
            source.get_token());
        QCOMPARE(result.ids.front().size(), 5U);
        QCOMPARE(result.ends.front(), icae::EndReason::Stopped);
        const auto refused = generate({prompt({1}, 100)}, {}, [&](const icae::GeneratedToken&) { return false; });
        QCOMPARE(refused.ids.front().size(), 1U);
    }

    void refusesPositionsBeyondTheModel()
    {
        QVERIFY_EXCEPTION_THROWN(generate({prompt({1}, 300)}), icae::Error);
        auto windowed = m_config;
        windowed.slidingWindow = 4;
        const icae::Decoder decoder(windowed, icae::makeKernels(at::kCPU, at::kFloat));
        const auto tooLong = prompt({1, 2, 3, 4, 5, 6}, 2);
        QVERIFY_EXCEPTION_THROWN(icae::generate(decoder, m_weights, std::span(&tooLong, 1), {}, {}, {}), icae::Error);
        auto within = prompt({1, 2}, 3); // the last of the five is read by nobody
        QCOMPARE(icae::generate(decoder, m_weights, std::span(&within, 1), {}, {}, {}).ids.front().size(), 3U);
        within.maxTokens = 4;
        QVERIFY_EXCEPTION_THROWN(icae::generate(decoder, m_weights, std::span(&within, 1), {}, {}, {}), icae::Error);
    }

    void refusesBadSampling()
    {
        for (const auto& [temperature, topK, topP] : {std::tuple{0.0, 0, 1.0},
                                                      {-1.0, 0, 1.0},
                                                      {1.0, -1, 1.0},
                                                      {1.0, 0, 0.0},
                                                      {1.0, 0, 1.5},
                                                      {NAN, 0, 1.0},
                                                      {INFINITY, 0, 1.0},
                                                      {1.0, 0, NAN}}) {
            icae::SamplingOptions options;
            options.temperature = temperature;
            options.topK = topK;
            options.topP = topP;
            QVERIFY_EXCEPTION_THROWN(icae::checkSampling(options), icae::Error);
        }
    }
};

QTEST_GUILESS_MAIN(TestGeneration)
#include "test_generation.moc"
