#include "error_of.h"
#include "llm/config.h"
#include "llm/weights.h"
#include "tensor/tensor_data.h"

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

using nlohmann::json;

namespace {

json smallConfig()
{
    return {{"architectures", {"LlamaForCausalLM"}},
            {"vocab_size", 32},
            {"hidden_size", 16},
            {"intermediate_size", 24},
            {"num_hidden_layers", 2},
            {"num_attention_heads", 4},
            {"num_key_value_heads", 2},
            {"rope_theta", 5000.0},
            {"rms_norm_eps", 1e-5},
            {"tie_word_embeddings", false},
            {"max_position_embeddings", 64}};
}

} // namespace

/// config.json and weights: what is read, and what is refused by name.
class TestLlmConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsOldAndNewRope()
    {
        auto config = smallConfig();
        QCOMPARE(icae::parseLlmConfig(config.dump(), "c").ropeTheta, 5000.0);
        config["rope_parameters"] = {{"rope_theta", 777.0}, {"rope_type", "default"}};
        QCOMPARE(icae::parseLlmConfig(config.dump(), "c").ropeTheta, 777.0);
        QCOMPARE(icae::parseLlmConfig(config.dump(), "c").headDim, 4);
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("named");
        QTest::newRow("architecture") << QByteArray(R"({"architectures":["GPT2LMHeadModel"]})")
                                      << QByteArray("GPT2LMHeadModel");
        QTest::newRow("rope scaling") << QByteArray(R"({"rope_scaling":{"rope_type":"llama3","factor":8.0}})")
                                      << QByteArray("llama3");
        QTest::newRow("old rope scaling")
            << QByteArray(R"({"rope_scaling":{"type":"linear","factor":2.0}})") << QByteArray("linear");
        QTest::newRow("quantised") << QByteArray(R"({"quantization_config":{"bits":4}})") << QByteArray("quantised");
        QTest::newRow("activation") << QByteArray(R"({"hidden_act":"gelu"})") << QByteArray("gelu");
        QTest::newRow("bias") << QByteArray(R"({"attention_bias":true})") << QByteArray("attention_bias");
        QTest::newRow("missing") << QByteArray(R"({"vocab_size":null})") << QByteArray("vocab_size");
        QTest::newRow("negative") << QByteArray(R"({"hidden_size":-16})") << QByteArray("hidden_size");
        QTest::newRow("fraction") << QByteArray(R"({"num_hidden_layers":1.5})") << QByteArray("num_hidden_layers");
        QTest::newRow("text") << QByteArray(R"({"rms_norm_eps":"small"})") << QByteArray("rms_norm_eps");
        QTest::newRow("huge") << QByteArray(R"({"intermediate_size":9223372036854775807})")
                              << QByteArray("intermediate_size");
        QTest::newRow("heads") << QByteArray(R"({"num_key_value_heads":3})") << QByteArray("num_key_value_heads");
        QTest::newRow("odd head") << QByteArray(R"({"head_dim":3})") << QByteArray("head_dim");
    }

    void refuses()
    {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, named);
        auto config = smallConfig();
        config.update(json::parse(patch.toStdString()));
        const auto error = icae::errorOf([&] { icae::parseLlmConfig(config.dump(), "some/config.json"); });
        QVERIFY2(error.message().find("some/config.json") != std::string::npos, error.what());
        QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
        QVERIFY(!error.remedy().empty());
    }

    void refusesWhatIsNoObject()
    {
        for (const std::string text : {"", "[]", "{", "nul", "\xff", "{\"a\":1}"})
            QVERIFY(icae::errorOf([&] { icae::parseLlmConfig(text, "c"); }).kind() != icae::ErrorKind::Internal);
        QVERIFY(icae::errorOf([&] { icae::parseLlmConfig(std::string(100000, '['), "c"); }).kind()
                == icae::ErrorKind::InvalidInput);
    }

    void roundTripsWeights_data()
    {
        QTest::addColumn<bool>("tied");
        QTest::newRow("tied") << true;
        QTest::newRow("untied") << false;
    }

    /// Every expected tensor has one place in the fused weights, and the shapes add up to the parameter count.
    void roundTripsWeights()
    {
        QFETCH(bool, tied);
        auto text = smallConfig();
        text["tie_word_embeddings"] = tied;
        const auto config = icae::parseLlmConfig(text.dump(), "c");
        const QTemporaryDir folder;
        std::vector<at::Tensor> tensors;
        std::vector<icae::TensorView> views;
        int64_t numbers = 0;
        for (const auto& weight : icae::expectedWeights(config)) {
            tensors.push_back(at::randn(weight.shape));
            numbers += tensors.back().numel();
            views.push_back(icae::viewOf(weight.name, tensors.back()));
        }
        QCOMPARE(config.parameters(), numbers);
        const auto file = folder.filePath(QStringLiteral("model.safetensors")).toStdString();
        icae::writeSafetensors(file, views, {});
        const auto weights = icae::loadWeights(config, *icae::TensorStore::open(file), at::kCPU, at::kFloat, {}, {});
        QCOMPARE(weights.head.is_same(weights.embedding), tied);
        for (std::size_t layer = 0; layer < weights.layers.size(); ++layer)
            for (const auto& linear : icae::linears(config)) {
                const auto name = "model.layers." + std::to_string(layer) + "." + linear.module + ".weight";
                const auto at = std::find_if(views.begin(), views.end(), [&](const auto& v) { return v.name == name; });
                QVERIFY(at::equal(icae::linearRows(config, weights.layers[layer], linear.linear),
                                  tensors[static_cast<std::size_t>(at - views.begin())]));
            }

        views.pop_back();
        views.front().shape = {16, 32};
        const auto extra = at::zeros({1});
        views.push_back(icae::viewOf("surprise", extra));
        icae::writeSafetensors(file, views, {});
        const auto error = icae::errorOf([&] { icae::checkWeights(config, *icae::TensorStore::open(file)); });
        QCOMPARE(error.kind(), icae::ErrorKind::Mismatch);
        for (const auto* named : {"missing 1: ", "misshaped 1: model.embed_tokens.weight is [16, 32] and not [32, 16]",
                                  "unknown 1: surprise"})
            QVERIFY2(error.message().find(named) != std::string::npos, error.what());
    }
};

QTEST_GUILESS_MAIN(TestLlmConfig)
#include "test_llm_config.moc"
