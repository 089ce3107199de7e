#include "error_of.h"
#include "llm/config.h"
#include "llm/weights.h"
#include "tensor/tensor_data.h"

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include <cmath>
#include <set>

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
        QCOMPARE(icae::parseLlmConfig(config.dump(), "c").rope.theta, 5000.0);
        config["rope_parameters"] = {{"rope_theta", 777.0}, {"rope_type", "default"}};
        QCOMPARE(icae::parseLlmConfig(config.dump(), "c").rope.theta, 777.0);
        QCOMPARE(icae::parseLlmConfig(config.dump(), "c").headDim, 4);
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("named");
        QTest::newRow("architecture") << QByteArray(R"({"architectures":["GPT2LMHeadModel"]})")
                                      << QByteArray("GPT2LMHeadModel");
        QTest::newRow("yarn") << QByteArray(R"({"rope_scaling":{"rope_type":"yarn","factor":8.0}})")
                              << QByteArray("RoPE scaling of type \"yarn\"");
        QTest::newRow("dynamic") << QByteArray(R"({"rope_parameters":{"rope_type":"dynamic","factor":8.0}})")
                                 << QByteArray("RoPE scaling of type \"dynamic\"");
        QTest::newRow("llama3 without frequencies")
            << QByteArray(R"({"rope_scaling":{"rope_type":"llama3","factor":8.0}})") << QByteArray("low_freq_factor");
        QTest::newRow("llama3 upside down") << QByteArray(
            R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":1}})")
                                            << QByteArray("high_freq_factor");
        QTest::newRow("linear without factor")
            << QByteArray(R"({"rope_scaling":{"type":"linear"}})") << QByteArray("factor");
        QTest::newRow("experts") << QByteArray(R"({"architectures":["MixtralForCausalLM"],"num_local_experts":8})")
                                 << QByteArray("a mixture of experts");
        QTest::newRow("no positions") << QByteArray(R"({"no_rope_layers":[1,1,1,0]})") << QByteArray("NoPE");
        QTest::newRow("no positions by interval")
            << QByteArray(R"({"no_rope_layer_interval":4})") << QByteArray("NoPE");
        QTest::newRow("layer types") << QByteArray(R"({"layer_types":["linear_attention"]})")
                                     << QByteArray("linear_attention");
        QTest::newRow("quantised") << QByteArray(R"({"quantization_config":{"bits":4,"quant_method":"gptq"}})")
                                   << QByteArray("quantised weights (gptq)");
        QTest::newRow("activation") << QByteArray(R"({"hidden_act":"gelu"})") << QByteArray("gelu");
        QTest::newRow("bias") << QByteArray(R"({"mlp_bias":true})") << QByteArray("mlp_bias");
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

    /// Numbers of transformers 5.17's _compute_llama3_parameters for these settings: both spellings of the file.
    void scalesRope()
    {
        auto config = smallConfig();
        config["head_dim"] = 16;
        const json scaling{{"factor", 8.0},
                           {"high_freq_factor", 4.0},
                           {"low_freq_factor", 1.0},
                           {"original_max_position_embeddings", 64}};
        auto older = config;
        older["rope_theta"] = 500000.0;
        older["rope_scaling"] = scaling;
        older["rope_scaling"]["rope_type"] = "llama3";
        auto newer = config;
        newer["rope_parameters"] = older["rope_scaling"];
        newer["rope_parameters"]["rope_theta"] = 500000.0;
        for (const auto& text : {older, newer}) {
            const auto parsed = icae::parseLlmConfig(text.dump(), "c");
            QCOMPARE(parsed.rope.theta, 500000.0);
            const auto scaled = icae::inverseFrequencies(parsed.rope, parsed.headDim);
            const auto plain = icae::inverseFrequencies({500000.0}, parsed.headDim);
            QCOMPARE(scaled[0].item<float>(), 1.0F); // 10 turns over 64 positions: kept
            // 1.975 turns: (1.975 - 1) / 3 of it kept
            const double turns = plain[1].item<double>() * 64 / (2 * M_PI);
            const double kept = (turns - 1) / 3;
            QVERIFY(kept > 0 && kept < 1);
            QVERIFY(std::abs(scaled[1].item<double>() / plain[1].item<double>() - (kept + (1 - kept) / 8)) < 1e-6);
            QVERIFY(at::allclose(scaled.narrow(0, 2, 6), plain.narrow(0, 2, 6) / 8));
        }
        for (const char* key : {"type", "rope_type"}) {
            auto linear = config;
            linear["rope_scaling"] = {{key, "linear"}, {"factor", 4}};
            const auto parsed = icae::parseLlmConfig(linear.dump(), "c");
            QCOMPARE(parsed.maxPositions, 256);
            QVERIFY(
                at::allclose(icae::inverseFrequencies(parsed.rope, 16), icae::inverseFrequencies({5000.0}, 16) / 4));
        }
        config["rope_scaling"] = nullptr;
        QVERIFY(icae::parseLlmConfig(config.dump(), "c").rope.scaling == icae::RopeConfig::Scaling::None);
    }

    void knowsArchitectures_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("tensors"); ///< of a layer that plain Llama does not have
        QTest::addColumn<int>("window");
        const QByteArray biases = "self_attn.q_proj.bias self_attn.k_proj.bias self_attn.v_proj.bias";
        const QByteArray norms = "self_attn.q_norm.weight self_attn.k_norm.weight";
        QTest::newRow("llama") << QByteArray("{}") << QByteArray() << 0;
        QTest::newRow("llama by type") << QByteArray(R"({"architectures":null,"model_type":"llama"})") << QByteArray()
                                       << 0;
        QTest::newRow("llama, biased") << QByteArray(R"({"attention_bias":true})") << biases + " self_attn.o_proj.bias"
                                       << 0;
        QTest::newRow("mistral") << QByteArray(R"({"architectures":["MistralForCausalLM"],"sliding_window":null})")
                                 << QByteArray() << 0;
        QTest::newRow("mistral, windowed")
            << QByteArray(R"({"architectures":["MistralForCausalLM"],"sliding_window":8})") << QByteArray() << 8;
        QTest::newRow("mistral, windowed by default")
            << QByteArray(R"({"architectures":["MistralForCausalLM"]})") << QByteArray() << 4096;
        QTest::newRow("qwen2") << QByteArray(R"({"architectures":["Qwen2ForCausalLM"],"sliding_window":8})") << biases
                               << 0;
        QTest::newRow("qwen2, windowed from the third layer") << QByteArray(
            R"({"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"sliding_window":8,"use_sliding_window":true,"max_window_layers":2})")
                                                              << biases << 0;
        QTest::newRow("qwen2, windowed from the second layer") << QByteArray(
            R"({"architectures":["Qwen2ForCausalLM"],"sliding_window":8,"use_sliding_window":true,"max_window_layers":1})")
                                                               << biases << 8;
        QTest::newRow("qwen3") << QByteArray(R"({"architectures":["Qwen3ForCausalLM"],"head_dim":32})") << norms << 0;
        QTest::newRow("qwen3, layers named") << QByteArray(
            R"({"architectures":["Qwen3ForCausalLM"],"sliding_window":8,"layer_types":["full_attention","sliding_attention"]})")
                                             << norms << 8;
        QTest::newRow("qwen3, biased") << QByteArray(R"({"architectures":["Qwen3ForCausalLM"],"attention_bias":true})")
                                       << biases + " self_attn.o_proj.bias " + norms << 0;
    }

    void knowsArchitectures()
    {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, tensors);
        QFETCH(int, window);
        auto config = smallConfig();
        config.update(json::parse(patch.toStdString()));
        const auto parsed = icae::parseLlmConfig(config.dump(), "c");
        QCOMPARE(parsed.slidingWindow.value_or(0), window);
        std::set<QByteArray> expected;
        for (const auto& name : tensors.split(' '))
            if (!name.isEmpty())
                expected.insert(name);
        std::set<QByteArray> added;
        const QByteArray prefix = "model.layers.1.";
        for (const auto& weight : icae::expectedWeights(parsed)) {
            const auto name = QByteArray::fromStdString(weight.name);
            if (name.startsWith(prefix) && (name.endsWith(".bias") || name.contains("_norm.")))
                added.insert(name.mid(prefix.size()));
        }
        QVERIFY(added == expected);
    }

    void readsEndIds()
    {
        auto text = smallConfig();
        QCOMPARE(icae::parseLlmConfig(text.dump(), "c").eosIds, std::vector<std::int64_t>{2});
        text["eos_token_id"] = {9, 8};
        auto config = icae::parseLlmConfig(text.dump(), "c");
        QCOMPARE(config.eosIds, (std::vector<std::int64_t>{9, 8}));
        QCOMPARE(config.eosId(), 9);
        icae::applyGenerationConfig(config, R"({"eos_token_id":null})", "g");
        QCOMPARE(config.eosId(), 9);
        icae::applyGenerationConfig(config, R"({"eos_token_id":[7,3]})", "g");
        QCOMPARE(config.eosIds, (std::vector<std::int64_t>{7, 3}));
        icae::applyGenerationConfig(config, R"({"eos_token_id":5})", "g");
        QCOMPARE(config.eosIds, (std::vector<std::int64_t>{5}));
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
