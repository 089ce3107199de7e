#include "check/verify.h"
#include "check/verify_training.h"
#include "train/batch.h"
#include "train/network.h"
#include "train/optimizer.h"
#include "train/step_runner.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <tuple>

/// The training objectives and their gradients are those of the published code and the lab's definition.
class TestTraining : public QObject {
    Q_OBJECT

    static icae::LlmConfig tinyConfig()
    {
        icae::LlmConfig config;
        config.vocabSize = 50;
        config.hiddenSize = 16;
        config.intermediateSize = 24;
        config.layers = 2;
        config.heads = 4;
        config.kvHeads = 2;
        config.headDim = 4;
        config.maxPositions = 64;
        config.tiedEmbeddings = true;
        return config;
    }

    static icae::TrainNetwork tinyNetwork(icae::TrainNetwork::Options options)
    {
        options.trainsBase = true;
        return {tinyConfig(), icae::freshWeights(tinyConfig(), at::kCPU, 5), options};
    }

    /// Four questions over texts, with keys for dropout.
    static icae::Batch questionBatch()
    {
        std::vector<icae::Sample> samples;
        for (std::int64_t i = 0; i < 4; ++i)
            samples.push_back({{}, {}, {{{1, 7 + i, 9, 11 + i}, {20 + i, 30, 2}}}, 0});
        auto batch = icae::assemble(icae::Objective::InstructText, samples, 0, tinyConfig(), {}, {});
        batch.sequenceKeys = {11, 12, 13, 1LL << 40};
        return batch;
    }

    static at::Tensor lossOf(const icae::TrainNetwork& network, const icae::Batch& batch)
    {
        auto device = icae::DeviceBatch::allocate(batch, at::kCPU);
        device.fill(batch);
        return network.loss(device);
    }

    static double lossIn(const icae::TrainNetwork& network, const icae::Batch& batch)
    {
        const at::NoGradGuard guard;
        return lossOf(network, batch).item<double>();
    }

    /// Captures as a GPU does, by calling again; at the captures that are named, memory runs out.
    class ScriptedCapturer : public icae::Capturer {
    public:
        struct Seen {
            int captures = 0;
            int releases = 0;
            int alive = 0; ///< captured works
            int aliveAtRelease = 0;
        };

        ScriptedCapturer(std::set<int> failing, Seen& seen)
            : m_failing(std::move(failing))
            , m_seen(seen)
        {
        }
        std::unique_ptr<Work> capture(const std::function<void()>& work) override
        {
            if (m_failing.contains(m_seen.captures++))
                throw std::runtime_error("CUDA out of memory.");
            return std::make_unique<Again>(work, m_seen);
        }
        void release() override
        {
            ++m_seen.releases;
            m_seen.aliveAtRelease += m_seen.alive;
        }

    private:
        class Again : public Work {
        public:
            Again(std::function<void()> work, Seen& seen)
                : m_work(std::move(work))
                , m_seen(seen)
            {
                ++m_seen.alive;
            }
            ~Again() override { --m_seen.alive; }
            void replay() override { m_work(); }

        private:
            std::function<void()> m_work;
            Seen& m_seen;
        };
        std::set<int> m_failing;
        Seen& m_seen;
    };

    /// Losses and parameters of some steps on two shapes in turn, and once on a rare one.
    /// @param rare where among its step's batches it comes; @param fails memory runs out in its backward pass
    static std::pair<std::vector<double>, at::Tensor> trained(std::unique_ptr<icae::Capturer> capturer,
                                                              bool& shortOfMemory, int rare = 0, bool fails = false)
    {
        constexpr int rareStep = 6;
        const auto network = tinyNetwork({});
        int backwards = 0;
        // The embedding's gradient comes last: all others have been added by then.
        network.parameters().front().value.register_hook([&](const at::Tensor& gradient) {
            if (backwards++ == 2 * rareStep + rare && fails)
                throw std::runtime_error("CUDA out of memory.");
            return gradient;
        });
        icae::Optimizer optimizer(network.parameters(), {}, 2);
        icae::StepRunner runner(network, optimizer, 2, std::move(capturer));
        std::vector<double> losses;
        for (int step = 0; step < 12; ++step) {
            const std::array batches{questionBatch(), icae::partOf(questionBatch(), step % 2, 2)};
            for (int place = 0; place < 2; ++place)
                runner.backward(step == rareStep && place == rare ? icae::partOf(questionBatch(), 0, 4)
                                                                  : batches.at(place));
            runner.update(1e-3, step + 1);
            const auto report = runner.report();
            for (const auto& [series, loss] : report.losses)
                losses.push_back(loss.mean);
            shortOfMemory |= runner.takeShortOfMemory();
        }
        return {losses, optimizer.state()[0].clone()};
    }

    /// Parameters after some steps on given gradients, by name.
    static std::map<std::string, at::Tensor> stepped(icae::OptimizerSettings settings, int steps)
    {
        settings.weightDecay = 0.5;
        settings.clip = 0;
        const auto network = tinyNetwork({});
        icae::Optimizer optimizer(network.parameters(), settings);
        for (int i = 0; i < steps; ++i) {
            for (const auto& parameter : network.parameters())
                parameter.value.grad().copy_(gradientOf(parameter.value, i));
            optimizer.prepare(0.01, i + 1);
            optimizer.apply();
        }
        std::map<std::string, at::Tensor> values;
        for (const auto& parameter : network.parameters())
            values[parameter.name] = parameter.value.detach().clone();
        return values;
    }

    static at::Tensor gradientOf(const at::Tensor& value, int step = 0)
    {
        return at::arange(value.numel(), at::TensorOptions().dtype(at::kFloat))
            .mul_(0.7 + step)
            .sin_()
            .view(value.sizes());
    }

private Q_SLOTS:
    void golden_data()
    {
        QTest::addColumn<QString>("folder");
        for (const auto& folder : icae::goldenFolders({ICAE_TEST_GOLDEN}))
            QTest::newRow(folder.filename().c_str()) << QString::fromStdString(folder.string());
    }

    void golden()
    {
        QFETCH(QString, folder);
        icae::Model::Options options;
        options.device = "cpu";
        const auto checks = icae::verifyTraining(folder.toStdString(), {}, options);
        QCOMPARE(checks.size(), std::size_t{2});
        for (const auto& check : checks)
            QVERIFY2(check.ok(), (check.kind + " " + check.where + ": " + std::to_string(check.worst)).c_str());
    }

    void learningRateFollowsTheSchedule()
    {
        icae::OptimizerSettings settings;
        settings.learningRate = 1;
        settings.warmup = 10;
        settings.finalShare = 0.1;
        QCOMPARE(icae::learningRateAt(settings, 0, 0), 0.1);
        QCOMPARE(icae::learningRateAt(settings, 9, 0), 1.0);
        QCOMPARE(icae::learningRateAt(settings, 100, 0.5), 0.5);
        QCOMPARE(icae::learningRateAt(settings, 100, 1), 0.1);
        settings.schedule = icae::OptimizerSettings::Schedule::Constant;
        QCOMPARE(icae::learningRateAt(settings, 100, 1), 1.0);
    }

    /// Dropout follows a batch's keys: the same for the same, whoever reads which part of it; without keys there is
    /// none.
    void dropoutInTheDecoderFollowsTheKeys()
    {
        icae::TrainNetwork::Options options;
        const auto whole = tinyNetwork(options);
        options.questionDropout = 0.3;
        const auto network = tinyNetwork(options);
        auto batch = questionBatch();
        const auto loss = lossIn(network, batch);
        QCOMPARE(loss, lossIn(network, batch));
        QVERIFY(std::abs(loss - lossIn(whole, batch)) > 1e-4);
        double parts = 0;
        for (std::int64_t part = 0; part < 3; ++part)
            parts += lossIn(network, icae::partOf(batch, part, 3));
        QVERIFY(std::abs(loss - parts) < 1e-5);
        auto others = batch;
        others.sequenceKeys.back() = 1LL << 41;
        QVERIFY(loss != lossIn(network, others));
        batch.sequenceKeys.clear();
        QCOMPARE(lossIn(network, batch), lossIn(whole, batch));
    }

    void dropoutIsTheSameWhenLayersAreComputedAgain()
    {
        icae::TrainNetwork::Options options;
        options.questionDropout = 0.3;
        const auto network = tinyNetwork(options);
        options.checkpointActivations = true;
        const auto again = tinyNetwork(options);
        for (const auto* each : {&network, &again})
            lossOf(*each, questionBatch()).backward();
        for (std::size_t i = 0; i < network.parameters().size(); ++i)
            QVERIFY2(at::allclose(network.parameters()[i].value.grad(), again.parameters()[i].value.grad(), 1e-4, 1e-7),
                     network.parameters()[i].name.c_str());
    }

    void orthogonalizedMatricesHaveSingularValuesNearOne()
    {
        for (const auto& [rows, columns] : {std::pair{12, 12}, std::pair{8, 24}, std::pair{24, 8}}) {
            const auto matrices = at::randn({3, rows, columns});
            const auto result = icae::orthogonalized(matrices);
            QVERIFY(result.sizes() == matrices.sizes());
            // The mean of their squares.
            const auto small =
                rows <= columns ? at::bmm(result, result.transpose(1, 2)) : at::bmm(result.transpose(1, 2), result);
            const auto trace = small.diagonal(0, 1, 2).sum(1) / static_cast<double>(std::min(rows, columns));
            QVERIFY(trace.min().item<double>() > 0.5 && trace.max().item<double>() < 1.4);
            // It turns no singular direction round: X·resultᵀ is positive.
            QVERIFY((matrices * result).sum({1, 2}).min().item<double>() > 0);
        }
        QCOMPARE(icae::orthogonalized(at::zeros({1, 4, 4})).abs().max().item<double>(), 0.0);
    }

    /// Muon moves each matrix of a layer by 0.2·√(greater side) of an orthogonal one, momentum and decay as told, and
    /// leaves all else to AdamW.
    void muonIsForTheMatricesOfLayers()
    {
        icae::OptimizerSettings settings;
        const auto before = stepped(settings, 0);
        const auto adam = stepped(settings, 1);
        settings.kind = icae::OptimizerSettings::Kind::Muon;
        const auto muon = stepped(settings, 1);
        for (const auto& [name, value] : muon) {
            const bool ofLayer = name.starts_with("layers.") && value.dim() > 1;
            QCOMPARE(at::equal(value, adam.at(name)), !ofLayer);
        }
        const auto stepOf = [&](const std::string& name, std::int64_t first, std::int64_t rows) {
            const auto start = before.at(name).narrow(0, first, rows);
            return (muon.at(name).narrow(0, first, rows) - start * (1 - 0.01 * 0.5)) / -0.01;
        };
        const auto expected = [&](const std::string& name, std::int64_t first, std::int64_t rows) {
            const auto gradient = gradientOf(before.at(name)).narrow(0, first, rows);
            const auto side = static_cast<double>(std::max(rows, gradient.size(1)));
            return icae::orthogonalized(gradient.unsqueeze(0)).squeeze(0) * 0.2 * std::sqrt(side);
        };
        const std::vector<std::tuple<std::string, std::int64_t, std::int64_t>> blocks{
            {"layers.1.qkv", 0, 16},      {"layers.1.qkv", 16, 8},     {"layers.1.qkv", 24, 8},
            {"layers.0.gate_up", 24, 24}, {"layers.0.gate_up", 0, 24}, {"layers.1.down", 0, 16},
            {"layers.0.o", 0, 16}};
        for (const auto& [name, first, rows] : blocks)
            QVERIFY2(at::allclose(stepOf(name, first, rows), expected(name, first, rows), 1e-3, 1e-4), name.c_str());
    }

    /// Momentum in Nesterov's form, over two steps of different gradients.
    void muonHasMomentum()
    {
        icae::OptimizerSettings settings;
        settings.kind = icae::OptimizerSettings::Kind::Muon;
        settings.momentum = 0.8;
        const std::string name = "layers.0.down";
        auto value = stepped(settings, 0).at(name);
        auto moment = at::zeros_like(value);
        for (int step = 0; step < 2; ++step) {
            const auto gradient = gradientOf(value, step);
            moment = 0.8 * moment + 0.2 * gradient;
            const auto direction = icae::orthogonalized((0.2 * gradient + 0.8 * moment).unsqueeze(0)).squeeze(0);
            value = value * (1 - 0.01 * 0.5) - 0.01 * 0.2 * std::sqrt(24.0) * direction;
        }
        QVERIFY(at::allclose(stepped(settings, 2).at(name), value, 1e-4, 1e-6));
        settings.momentum = 0.2;
        QVERIFY(!at::allclose(stepped(settings, 2).at(name), value, 1e-3, 1e-5));
    }

    /// Where memory runs out while work is captured, what was captured is given up, the batch is trained all the same,
    /// and work is captured again later: shapes that never meet again must not end a run.
    void captureWithoutMemoryIsForgotten()
    {
        bool never = false;
        const auto [losses, values] = trained(nullptr, never);
        for (const auto& failing : {std::set<int>{}, {0}, {1}, {2}, {0, 1, 2, 3}, {1, 4}}) {
            ScriptedCapturer::Seen seen;
            bool shortOfMemory = false;
            const auto [again, numbers] = trained(std::make_unique<ScriptedCapturer>(failing, seen), shortOfMemory);
            QCOMPARE(again, losses);
            QVERIFY(at::equal(numbers, values));
            const auto failed =
                std::count_if(failing.begin(), failing.end(), [&](int which) { return which < seen.captures; });
            QCOMPARE(seen.releases, static_cast<int>(failed));
            QCOMPARE(seen.aliveAtRelease, 0);
            QCOMPARE(shortOfMemory, !failing.empty());
            QVERIFY(seen.captures >= 3);
            QCOMPARE(seen.alive, 0);
        }
    }

    /// Where memory runs out in a pass that is not captured, what it added so far is taken back.
    void aStepIsBegunAgainWhereMemoryRunsOut()
    {
        for (const int rare : {0, 1}) {
            bool shortOfMemory = false;
            const auto [losses, values] = trained(nullptr, shortOfMemory, rare);
            QVERIFY(!shortOfMemory);
            ScriptedCapturer::Seen seen;
            const auto [again, numbers] =
                trained(std::make_unique<ScriptedCapturer>(std::set<int>{}, seen), shortOfMemory, rare, true);
            QCOMPARE(again, losses);
            QVERIFY(at::equal(numbers, values));
            QVERIFY(shortOfMemory);
            QCOMPARE(seen.releases, 1);
            QCOMPARE(seen.aliveAtRelease, 0);
            // Nothing to give up: it is memory that lacks.
            QVERIFY_EXCEPTION_THROWN(trained(nullptr, shortOfMemory, rare, true), std::runtime_error);
        }
    }

    /// What cannot be captured although nothing else is, is not tried again at every batch.
    void hopelessCapturesAreNotTriedAgain()
    {
        bool shortOfMemory = false;
        std::set<int> all;
        for (int i = 0; i < 100; ++i)
            all.insert(i);
        ScriptedCapturer::Seen seen;
        const auto [again, numbers] = trained(std::make_unique<ScriptedCapturer>(all, seen), shortOfMemory);
        QVERIFY(at::equal(numbers, trained(nullptr, shortOfMemory).second));
        QVERIFY(shortOfMemory);
        QCOMPARE(seen.captures, 3); // both shapes and the update, once each
    }

    void randomNumbersAreTheSameEverywhere()
    {
        auto random = icae::Random::of(1, 2, 3);
        auto again = icae::Random::of(1, 2, 3);
        auto other = icae::Random::of(1, 2, 4);
        QCOMPARE(random.next(), again.next());
        QVERIFY(random.next() != other.next());
        for (int i = 0; i < 1000; ++i) {
            const auto value = random.uniform();
            QVERIFY(value >= 0 && value < 1);
            const auto whole = random.below(7);
            QVERIFY(whole >= 0 && whole < 7);
        }
    }
};

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
