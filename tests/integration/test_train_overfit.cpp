#include "train_fixture.h"

#include <QtTest>

using namespace Qt::StringLiterals;

/// From random weights to a text that comes back word for word from its slots, through the programs that a user runs.
class TestTrainOverfit : public QObject {
    Q_OBJECT

    TrainFixture m_train;

    /// Trains autoencoding of the paragraph alone.
    void train(const QString& run, const nlohmann::json& patch)
    {
        nlohmann::json job{
            {"adapter",
             {{"lora", {{"r", 8}, {"alpha", 16}, {"targets", {"q_proj", "v_proj"}}}},
              {"slots", 16},
              {"span_tokens", 128},
              {"position_layout", "spread"},
              {"slot_scale", true}}},
            {"data", {{"texts", {"paragraph.txt"}}}},
            {"mixture", {{"ae", 1}}},
            {"ae", {{"cells", nlohmann::json::array({{m_tokens, 16}})}, {"shorten", 0}}},
            {"batch_tokens", 4 * m_tokens},
            {"optimizer", {{"warmup", 20}}},
            {"every", {{"evaluate", 0}}},
            {"seed", 1},
        };
        job.merge_patch(patch);
        m_train.writeJob("job.json", job);
        const auto result = m_train.run({u"train"_s, u"job.json"_s, u"--run"_s, run, u"--json"_s});
        QVERIFY2(result.code == 0, result.err);
        QVERIFY(result.json()["loss"] < 0.1);
    }

    nlohmann::json read(const QString& base, const QString& adapter) const
    {
        return m_train
            .run({u"reconstruct"_s, u"paragraph.txt"_s, u"--model"_s, base, u"--adapter"_s, adapter, u"--json"_s})
            .json();
    }

    std::int64_t m_tokens = 0;

private Q_SLOTS:
    void initTestCase()
    {
        m_train.write("paragraph.txt",
                      "The last ferry left the mainland at a quarter past six, when the lamps along the quay had just "
                      "been lit. There were nine of us on board, and a dog.");
        const auto before = read(u"base"_s, u"reconstruct"_s);
        m_tokens = before["tokens"];
        QVERIFY(m_tokens > 64 && m_tokens <= 128);
        QVERIFY(before["bleu"] < 0.1); // random weights
    }

    void baseAndAdapterTogether()
    {
        train(u"together"_s,
              {{"stage", "midtrain"},
               {"base", "base"},
               {"optimizer", {{"learning_rate", 5e-3}}},
               {"stop", {{"steps", 200}}}});
        const auto result = read(u"together/model/base"_s, u"together/model/adapter"_s);
        QCOMPARE(result["bleu"], 1.0);
        QCOMPARE(result["em"], 1.0);
        QCOMPARE(result["slots"], 16);
    }

    void aFreshAdapterOfAFrozenBase()
    {
        const auto before = TrainFixture::contentOf(m_train.path("together/model/base/model.safetensors"));
        train(u"frozen"_s,
              {{"stage", "adapter"},
               {"base", "together"},
               {"optimizer", {{"learning_rate", 1e-2}}},
               {"stop", {{"steps", 120}}},
               {"seed", 2}});
        const auto result = read(u"together/model/base"_s, u"frozen/model/adapter"_s);
        QCOMPARE(result["bleu"], 1.0);
        QCOMPARE(result["em"], 1.0);
        QVERIFY(TrainFixture::contentOf(m_train.path("together/model/base/model.safetensors")) == before);
    }
};

QTEST_GUILESS_MAIN(TestTrainOverfit)
#include "test_train_overfit.moc"
