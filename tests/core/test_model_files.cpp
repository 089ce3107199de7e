#include "error_of.h"
#include "icae/adapter.h"
#include "icae/catalog.h"
#include "icae/hub_folder.h"
#include "icae/model.h"
#include "protocol/hub_name.h"
#include "tensor/sha256.h"
#include "tensor/tensor_data.h"
#include "tensor/weight_files.h"

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>

using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const fs::path golden = fs::path(ICAE_TEST_GOLDEN) / "llama_gqa";
using Tensors = std::map<std::string, at::Tensor>;

Tensors tensorsOf(const fs::path& file)
{
    Tensors tensors;
    const auto store = icae::TensorStore::open(file);
    for (const auto& name : store->names())
        tensors[name] = icae::toTensor(store->tensor(name)).clone();
    return tensors;
}

void save(const fs::path& file, const Tensors& tensors)
{
    fs::create_directories(file.parent_path());
    std::vector<icae::TensorView> views;
    for (const auto& [name, tensor] : tensors)
        views.push_back(icae::viewOf(name, tensor));
    icae::writeSafetensors(file, views, {});
}

void write(const fs::path& file, const std::string& text)
{
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

std::string replaced(std::string text, const std::string& what, const std::string& by)
{
    if (const auto at = text.find(what); at != std::string::npos)
        text.replace(at, what.size(), by);
    return text;
}

Tensors renamed(const Tensors& tensors, const std::function<std::string(const std::string&)>& rename)
{
    Tensors result;
    for (const auto& [name, tensor] : tensors)
        result[rename(name)] = tensor;
    return result;
}

} // namespace

/// Bases and adapters in the files that people have.
class TestModelFiles : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    Tensors m_adapter = tensorsOf(golden / "icae.safetensors");
    Tensors m_base = tensorsOf(golden / "model.safetensors");
    icae::LlmConfig m_config = icae::readLlmConfig(golden);
    icae::LlmWeights m_weights =
        icae::loadWeights(m_config, *icae::TensorStore::open(golden), at::kCPU, at::kFloat, {}, {});

    fs::path path(const std::string& name) const { return fs::path(m_folder.path().toStdString()) / name; }

    icae::Adapter loaded(const fs::path& file) const
    {
        return icae::Adapter::load(icae::AdapterFile::open(file), m_config, m_weights);
    }

    /// The same numbers as the published file's.
    void requireSame(const fs::path& file) const
    {
        const auto expected = loaded(golden / "icae.safetensors");
        const auto actual = loaded(file);
        QVERIFY(at::equal(actual.embeddings, expected.embeddings));
        for (std::size_t i = 0; i < m_weights.layers.size(); ++i)
            QVERIFY(at::equal(actual.encoder.layers[i].qkv, expected.encoder.layers[i].qkv));
    }

    /// What W changed by in layer 0's q, over B·A.
    double scaleOf(const fs::path& file, int64_t rank) const
    {
        const auto delta =
            loaded(file).encoder.layers[0].qkv.narrow(0, 0, 64) - m_weights.layers[0].qkv.narrow(0, 0, 64);
        const auto prefix = std::string("icae.base_model.model.model.layers.0.self_attn.q_proj.");
        const auto a = m_adapter.at(prefix + "lora_A.default.weight").to(at::kFloat).narrow(0, 0, rank);
        const auto b = m_adapter.at(prefix + "lora_B.default.weight").to(at::kFloat).narrow(1, 0, rank);
        const auto product = at::matmul(b, a);
        return ((delta * product).sum() / (product * product).sum()).item<double>();
    }

    Tensors withRank(int64_t layer, int64_t rank) const
    {
        auto tensors = m_adapter;
        for (auto& [name, tensor] : tensors)
            if (const auto lora = icae::parseLoraName(name); lora && lora->layer == layer)
                tensor = tensor.narrow(lora->isB ? 1 : 0, 0, rank).contiguous();
        return tensors;
    }

private Q_SLOTS:
    void namesOfAdapters_data()
    {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("by");
        QTest::newRow("published") << QString() << QString();
        QTest::newRow("without an adapter's name") << QStringLiteral(".default.weight") << QStringLiteral(".weight");
        QTest::newRow("another adapter's name") << QStringLiteral(".default.weight") << QStringLiteral(".mine.weight");
        QTest::newRow("PEFT") << QStringLiteral("icae.base_model") << QStringLiteral("base_model");
        QTest::newRow("without a wrapper")
            << QStringLiteral("icae.base_model.model.model.") << QStringLiteral("model.");
        QTest::newRow("memory tokens saved by PEFT")
            << QStringLiteral("memory_token_embed.weight")
            << QStringLiteral("base_model.model.memory_token_embed.modules_to_save.default.weight");
        QTest::newRow("memory tokens in PEFT's file") << QStringLiteral("memory_token_embed.weight")
                                                      << QStringLiteral("base_model.model.memory_token_embed.weight");
    }

    void namesOfAdapters()
    {
        QFETCH(QString, what);
        QFETCH(QString, by);
        for (const auto* prefix : {"", "module."}) {
            save(path("names/mine.safetensors"), renamed(m_adapter, [&](const std::string& name) {
                     return prefix + replaced(name, what.toStdString(), by.toStdString());
                 }));
            requireSame(path("names/mine.safetensors"));
        }
    }

    void peftFolders()
    {
        Tensors lora;
        Tensors memory;
        for (const auto& [name, tensor] : m_adapter)
            if (name.find("lora_") != std::string::npos)
                lora[replaced(replaced(name, ".default", ""), "icae.", "")] = tensor;
            else
                memory[name] = tensor;
        const auto folder = path("peft");
        save(folder / "adapter_model.safetensors", lora);
        write(folder / "adapter_config.json", R"({"peft_type":"LORA","r":4,"lora_alpha":32,"modules_to_save":null})");
        const auto error = icae::errorOf([&] { icae::AdapterFile::open(folder); });
        QVERIFY2(error.message().find("has no memory tokens (memory_token_embed.weight)") != std::string::npos,
                 error.what());
        save(folder / "memory.safetensors", memory);
        requireSame(folder);
        requireSame(folder / "adapter_model.safetensors");
        QCOMPARE(icae::AdapterFile::open(folder).files().size(), 2U);
        QCOMPARE(icae::adapterIn(folder), folder / "adapter_model.safetensors");
        write(folder / "adapter_config.json", R"({"r":4,"lora_alpha":8})");
        QVERIFY(std::abs(scaleOf(folder, 4) - 2) < 1e-3);
        write(folder / "adapter_config.json", R"({"r":4,"lora_alpha":8,"use_rslora":true})");
        QVERIFY(std::abs(scaleOf(folder, 4) - 4) < 1e-3);
        const auto inferred = icae::AdapterFile::open(folder).config.inferred;
        QVERIFY2(inferred[1].find("rsLoRA") != std::string::npos, inferred[1].c_str());
        write(folder / "adapter_config.json",
              R"({"r":4,"lora_alpha":8,"alpha_pattern":{"layers.0.self_attn.q_proj":12}})");
        QVERIFY(std::abs(scaleOf(folder, 4) - 3) < 1e-3);
    }

    void refusesOtherThanLora_data()
    {
        QTest::addColumn<QByteArray>("config");
        QTest::addColumn<QByteArray>("named");
        QTest::newRow("dora") << QByteArray(R"({"use_dora":true})") << QByteArray("DoRA");
        QTest::newRow("type") << QByteArray(R"({"peft_type":"LOHA"})") << QByteArray("LOHA");
        QTest::newRow("bias") << QByteArray(R"({"bias":"all"})") << QByteArray("trained biases");
        QTest::newRow("lora bias") << QByteArray(R"({"lora_bias":true})") << QByteArray("lora_bias");
        QTest::newRow("other layers") << QByteArray(R"({"layers_pattern":["blocks"]})") << QByteArray("layers_pattern");
        QTest::newRow("layers twice") << QByteArray(R"({"layer_replication":[[0,2],[0,2]]})")
                                      << QByteArray("layer_replication");
        QTest::newRow("another base") << QByteArray(R"({"init_lora_weights":"pissa_niter_4"})")
                                      << QByteArray("init_lora_weights");
        QTest::newRow("transposed") << QByteArray(R"({"fan_in_fan_out":true})") << QByteArray("fan_in_fan_out");
    }

    void refusesOtherThanLora()
    {
        QFETCH(QByteArray, config);
        QFETCH(QByteArray, named);
        save(path("other/mine.safetensors"), m_adapter);
        write(path("other/adapter_config.json"), config.toStdString());
        const auto error = icae::errorOf([&] { icae::AdapterFile::open(path("other/mine.safetensors")); });
        QCOMPARE(error.kind(), icae::ErrorKind::Unsupported);
        QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
    }

    void eachModuleHasItsRank()
    {
        save(path("ranks.safetensors"), withRank(0, 2));
        QCOMPARE(icae::AdapterFile::open(path("ranks.safetensors")).config.rank, 4);
        QVERIFY(std::abs(scaleOf(path("ranks.safetensors"), 2) - 16) < 1e-3);
        save(path("torn.safetensors"), [&] {
            auto tensors = m_adapter;
            auto& b = tensors.at("icae.base_model.model.model.layers.0.self_attn.q_proj.lora_B.default.weight");
            b = b.narrow(1, 0, 2).contiguous();
            return tensors;
        }());
        const auto error = icae::errorOf([&] { icae::AdapterFile::open(path("torn.safetensors")); });
        QVERIFY2(error.message().find("lora_A for q_proj of layer 0 has rank 4, and its lora_B 2") != std::string::npos,
                 error.what());
    }

    void someLayersAlone()
    {
        auto some = m_adapter;
        std::erase_if(some, [](const auto& one) {
            const auto lora = icae::parseLoraName(one.first);
            return lora && lora->layer != 1;
        });
        const auto folder = path("some");
        save(folder / "adapter_model.safetensors", some);
        write(folder / "adapter_config.json", R"({"r":4,"lora_alpha":32})");
        const auto missing = icae::errorOf([&] { loaded(folder); });
        QVERIFY2(missing.message().find("LoRA for q_proj of layer 0 is missing") != std::string::npos, missing.what());
        for (const auto* layers : {"[1]", "1"}) {
            write(folder / "adapter_config.json",
                  R"({"r":4,"lora_alpha":32,"layers_pattern":"layers","layers_to_transform":)" + std::string(layers)
                      + "}");
            const auto adapter = loaded(folder);
            QVERIFY(adapter.encoder.layers[0].qkv.is_same(m_weights.layers[0].qkv));
            QVERIFY(
                at::equal(adapter.encoder.layers[1].qkv, loaded(golden / "icae.safetensors").encoder.layers[1].qkv));
            QCOMPARE(adapter.config.inferred.back(),
                     std::string("LoRA on layer 1 alone (layers_to_transform): from adapter_config.json."));
        }
        save(folder / "adapter_model.safetensors", m_adapter);
        const auto odd = icae::errorOf([&] { icae::AdapterFile::open(folder); });
        QVERIFY2(odd.message().find("layers_to_transform of its adapter_config.json leaves that layer out")
                     != std::string::npos,
                 odd.what());
    }

    /// A base is its numbers and what is computed with them, however its files say it.
    void basesAreKnownByTheirNumbers()
    {
        const auto expected = icae::hashBase(golden);
        // What adapters and memories name for good.
        QCOMPARE(expected.config,
                 std::string("b63ae84805fd612c00b1c8bcb6c02b94d4130de4acacac67d0a117460067918d:fields"));
        QCOMPARE(expected.weights,
                 std::string("6b98036b5e1e836714228c816fc45176513f69f0a2767b16fe8cc0ebc9b0bc2a:tensors"));
        const auto text = [](const fs::path& file) {
            std::ostringstream content;
            content << std::ifstream(file).rdbuf();
            return content.str();
        };
        auto config = json::parse(text(golden / "config.json"));
        const auto again = path("again");
        const auto saveAgain = [&](const json& fields, const std::vector<Tensors>& shards) {
            fs::remove_all(again);
            write(again / "config.json", fields.dump(3));
            for (std::size_t i = 0; i < shards.size(); ++i) {
                std::vector<icae::TensorView> views;
                for (const auto& [name, tensor] : shards[i])
                    views.push_back(icae::viewOf(name, tensor));
                const auto number = [](std::size_t n) { return "0000" + std::to_string(n); };
                icae::writeSafetensors(
                    again / ("part-" + number(i + 1) + "-of-" + number(shards.size()) + ".safetensors"), views,
                    {{"format", "pt"}, {"saved", "again"}});
            }
            return icae::hashBase(again);
        };
        Tensors one;
        Tensors other;
        for (const auto& tensor : m_base)
            (one.size() <= other.size() ? one : other).insert(tensor);
        auto fields = config;
        fields["transformers_version"] = "9.0";
        fields["dtype"] = "float32";
        fields["use_cache"] = false;
        const auto theta = fields.contains("rope_theta") ? fields["rope_theta"] : json(10000.0);
        fields.erase("rope_scaling");
        fields["rope_parameters"] = {{"rope_type", "default"}, {"rope_theta", theta}};
        QCOMPARE(saveAgain(fields, {one, other}), expected);

        const auto base = icae::Model::load({again, golden / "icae.safetensors"}, {}, {}, {});
        QVERIFY(base->base().is(expected));
        fields["rope_parameters"]["rope_theta"] = 20000.0;
        QVERIFY(saveAgain(fields, {one, other}).config != expected.config);
        fields["rope_parameters"]["rope_theta"] = theta;
        other.begin()->second = other.begin()->second.clone();
        other.begin()->second.view({-1}).narrow(0, 0, 1).add_(1);
        const auto changed = saveAgain(fields, {one, other});
        QCOMPARE(changed.config, expected.config);
        QVERIFY(changed.weights != expected.weights);
        auto half = m_base; // the same numbers, stored as others
        for (auto& [name, tensor] : half)
            tensor = tensor.to(at::kDouble);
        QVERIFY(saveAgain(fields, {half}).weights != expected.weights);
    }

    /// What older versions wrote names a base by its files.
    void oldHashesAreReadable()
    {
        const auto folder = path("old");
        fs::create_directories(folder);
        for (const auto* name : {"config.json", "model.safetensors"})
            fs::copy_file(golden / name, folder / name, fs::copy_options::overwrite_existing);
        const icae::BaseHashes old{icae::sha256OfFile(folder / "config.json"),
                                   icae::sha256OfFile(folder / "model.safetensors")};
        const icae::BaseIdentity base(folder, icae::hashBase(folder));
        QVERIFY(base.is(old) && base.is(base.hashes()));
        QVERIFY(base.whyNot(old).empty() && base.whyNot({}).empty());
        QVERIFY(!base.is({old.config, std::string(64, 'f')}));
        QVERIFY(base.whyNot({old.config, std::string(64, 'f')}).find("weights has the hash ffffffffffff…")
                != std::string::npos);
        QVERIFY(!base.is({old.weights, old.weights}));
    }

    void headBesideATiedEmbedding()
    {
        auto config = m_config;
        config.tiedEmbeddings = true;
        auto tensors = m_base;
        tensors["lm_head.weight"] = tensors.at("model.embed_tokens.weight").clone();
        save(path("tied/model.safetensors"), tensors);
        QVERIFY(icae::headRemark(config, *icae::TensorStore::open(path("tied"))).empty());
        tensors["lm_head.weight"] = tensors["lm_head.weight"] + 1;
        save(path("tied/model.safetensors"), tensors);
        const auto remark = icae::headRemark(config, *icae::TensorStore::open(path("tied")));
        QVERIFY2(remark.find("lm_head.weight, which holds other numbers, is not used") != std::string::npos,
                 remark.c_str());
        config.tiedEmbeddings = false;
        QVERIFY(icae::headRemark(config, *icae::TensorStore::open(path("tied"))).empty());
    }

    /// What is wrong with the file is said of the file, and not of its base.
    void namesWhatIsMissing()
    {
        const auto messageOf = [&](const std::function<void(Tensors&)>& change) {
            auto tensors = m_adapter;
            change(tensors);
            save(path("faulty.safetensors"), tensors);
            return icae::errorOf([&] { icae::AdapterFile::open(path("faulty.safetensors")); }).message();
        };
        const auto q = std::string("icae.base_model.model.model.layers.1.self_attn.q_proj.");
        const auto holds = [](const std::string& text, const char* part) {
            return text.find(part) != std::string::npos && text.find("base needs") == std::string::npos;
        };
        QVERIFY(holds(messageOf([](Tensors& t) { t.erase("memory_token_embed.weight"); }), "no memory tokens"));
        QVERIFY(holds(messageOf([&](Tensors& t) { t.erase(q + "lora_B.default.weight"); }),
                      "lora_B for q_proj of layer 1 is missing"));
        QVERIFY(holds(messageOf([](Tensors& t) {
                          std::erase_if(t,
                                        [](const auto& one) { return one.first.find("lora_") != std::string::npos; });
                      }),
                      "no LoRA matrices"));
        QVERIFY(holds(messageOf([&](Tensors& t) { t[q + "lora_magnitude_vector.default.weight"] = at::ones({64}); }),
                      "DoRA (lora_magnitude_vector)"));
        QVERIFY(holds(messageOf([](Tensors& t) { t["odd"] = at::ones({2}); }), "odd is no part of an ICAE adapter"));
        QVERIFY(holds(messageOf([&](Tensors& t) {
                          t[q + "lora_A.other.weight"] = at::ones({4, 64});
                      }),
                      "several adapters (default, other)"));
    }

    /// What the published training code saves: all of its module.
    void wholeModules()
    {
        auto whole = m_adapter;
        for (const auto& [name, tensor] : m_base) {
            const bool wrapped = name.find("q_proj") != std::string::npos || name.find("v_proj") != std::string::npos;
            whole["icae.base_model.model." + (wrapped ? replaced(name, ".weight", ".base_layer.weight") : name)] =
                tensor;
        }
        const auto folder = path("checkpoint-100");
        save(folder / "model.safetensors", whole);
        requireSame(folder);
        requireSame(folder / "model.safetensors");
        const auto base = icae::TensorStore::open(golden);
        QVERIFY(icae::whyFrozenWeightsDiffer(icae::AdapterFile::open(folder), *base).empty());
        auto& norm = whole.at("icae.base_model.model.model.norm.weight");
        norm = norm + 1;
        save(folder / "model.safetensors", whole);
        const auto why = icae::whyFrozenWeightsDiffer(icae::AdapterFile::open(folder), *base);
        QVERIFY2(why.find("model.norm.weight") != std::string::npos, why.c_str());
        // The catalogue tells what loading would refuse.
        const auto listed = icae::describeAdapter(folder, {icae::describeBase(golden, false)}, false, {});
        QVERIFY(listed.baseNamed);
        QCOMPARE(listed.fits.size(), std::size_t{1});
        QVERIFY(listed.fits.front().doesNotFit.find("model.norm.weight") != std::string::npos);
        icae::ListModelsParams params;
        params.folders = {folder.string()};
        QCOMPARE(icae::listModels(params).adapters.size(), std::size_t{1}); // its file is no other one
    }

    void placeholdersAreNamed_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<QByteArray>("named");
        QTest::newRow("pointer") << QByteArray("version https://git-lfs.github.com/spec/v1\noid sha256:3f1c\nsize 5\n")
                                 << QByteArray("Git LFS pointer");
        QTest::newRow("page") << QByteArray("\n<!DOCTYPE HTML><html><head></head></html>") << QByteArray("web page");
        QTest::newRow("saved page") << QByteArray("<!-- saved from url=(0042)https://example.org/ -->\n<html></html>")
                                    << QByteArray("web page");
    }

    void placeholdersAreNamed()
    {
        QFETCH(QByteArray, content);
        QFETCH(QByteArray, named);
        const auto folder = path("placeholder");
        for (const auto* file : {"model.safetensors", "config.json", "tokenizer.json", "tokenizer.model",
                                 "icae.safetensors", "model.safetensors.index.json"}) {
            fs::remove_all(folder);
            write(folder / file, content.toStdString());
            const std::string name = file;
            const auto error = icae::errorOf([&] {
                if (name == "config.json")
                    icae::readLlmConfig(folder);
                else if (name.starts_with("tokenizer"))
                    icae::Tokenizer::load(folder / name);
                else
                    icae::TensorStore::open(name == "icae.safetensors" ? folder / name : folder);
            });
            QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
            QVERIFY2(error.message().find(name) != std::string::npos, error.what());
            if (named.contains("LFS"))
                QVERIFY2(error.remedy().find("git lfs pull") != std::string::npos, error.remedy().c_str());
        }
    }

    void weightsInAnyCut()
    {
        const auto folder = path("cut");
        Tensors first;
        Tensors second;
        for (const auto& [name, tensor] : m_base)
            (first.size() < 10 ? first : second)[name] = tensor;
        const auto opens = [&] {
            const auto names = icae::TensorStore::open(folder)->names();
            QCOMPARE(names.size(), m_base.size());
        };
        const auto index = [&](const std::string& one, const std::string& two) {
            json map;
            for (const auto& [name, tensor] : m_base)
                map[name] = first.contains(name) ? one : two;
            write(folder / "model.safetensors.index.json", json{{"weight_map", map}}.dump());
        };
        save(folder / "model-00001-of-00002.safetensors", first);
        save(folder / "model-00002-of-00002.safetensors", second);
        opens(); // without an index
        index("model-00002-of-00002.safetensors", "model-00001-of-00002.safetensors");
        opens(); // tensors lie in another shard than it says
        index("model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors");
        opens(); // an index of another cut
        index("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
        fs::remove(folder / "model-00002-of-00002.safetensors");
        auto error = icae::errorOf([&] { icae::TensorStore::open(folder); });
        QVERIFY2(error.message().find("model-00002-of-00002.safetensors, which model.safetensors.index.json names, is "
                                      "missing")
                     != std::string::npos,
                 error.what());
        fs::remove(folder / "model.safetensors.index.json");
        error = icae::errorOf([&] { icae::TensorStore::open(folder); });
        QVERIFY2(error.message().find("model-00002-of-00002.safetensors") != std::string::npos, error.what());
        fs::create_symlink("nowhere", folder / "model-00002-of-00002.safetensors");
        error = icae::errorOf([&] { icae::TensorStore::open(folder); });
        QVERIFY2(error.message().find("link that leads nowhere, to nowhere") != std::string::npos, error.what());
        fs::remove(folder / "model-00002-of-00002.safetensors");
        fs::remove(folder / "model-00001-of-00002.safetensors");
        save(folder / "weights/1.safetensors", first);
        save(folder / "weights/2.safetensors", second);
        index("weights/1.safetensors", "weights/2.safetensors");
        opens(); // shards in a folder below
        fs::remove(folder / "model.safetensors.index.json");
        fs::rename(folder / "weights/1.safetensors", folder / "weights/model-00001-of-00002.safetensors");
        fs::rename(folder / "weights/2.safetensors", folder / "weights/model-00002-of-00002.safetensors");
        opens(); // without an index, too
        save(folder / "model.safetensors", m_base);
        index("gone.safetensors", "gone.safetensors");
        opens(); // an index that was left over
    }

    void configurationsAsPeopleHaveThem()
    {
        std::ostringstream text;
        text << std::ifstream(golden / "config.json").rdbuf();
        auto config = json::parse(text.str());
        config["torch_dtype"] = "float16";
        config["pad_token_id"] = nullptr;
        config["rope_scaling"] = nullptr;
        config["quantization_config"] = nullptr;
        std::string lines;
        for (const char c : config.dump(1))
            lines += c == '\n' ? "\r\n" : std::string(1, c);
        write(path("odd/config.json"), "\xEF\xBB\xBF" + lines);
        QCOMPARE(icae::readLlmConfig(path("odd")).hiddenSize, m_config.hiddenSize);
        write(path("odd/generation_config.json"), R"({"eos_token_id":[5,2]})");
        QCOMPARE(icae::readLlmConfig(path("odd")).eosIds, (std::vector<int64_t>{5, 2}));
    }

    /// Whatever file of a model is a link that leads nowhere: it is called that, by its name.
    void linksThatLeadNowhereAreNamed_data()
    {
        QTest::addColumn<QString>("file");
        for (const auto* file : {"config.json", "generation_config.json", "model.safetensors", "icae_config.json",
                                 "adapter_config.json", "icae.safetensors"})
            QTest::newRow(file) << QString::fromLatin1(file);
    }

    void linksThatLeadNowhereAreNamed()
    {
        QFETCH(QString, file);
        const auto folder = path("nowhere-" + file.toStdString());
        fs::copy(golden, folder, fs::copy_options::recursive);
        fs::remove(folder / file.toStdString());
        fs::create_symlink("../../blobs/0123", folder / file.toStdString());
        const auto error = icae::errorOf([&] {
            icae::readLlmConfig(folder);
            icae::TensorStore::open(folder);
            icae::AdapterFile::open(folder);
        });
        QVERIFY2(error.message().find(file.toStdString() + " is a link that leads nowhere, to ../../blobs/0123")
                     != std::string::npos,
                 error.what());
        QVERIFY(error.remedy().find("Download the model again") != std::string::npos);
    }

    void hubFolders()
    {
        const auto root = path("hub/models--acme--nano");
        fs::create_directories(root / "blobs");
        fs::create_directories(root / "refs");
        for (const auto* revision : {"one", "two"}) {
            fs::create_directories(root / "snapshots" / revision);
            for (const auto* file : {"config.json", "model.safetensors"})
                fs::create_symlink(golden / file, root / "snapshots" / revision / file);
        }
        auto error = icae::errorOf([&] { icae::hubSnapshot(root); });
        QVERIFY2(error.message().find("several snapshots") != std::string::npos, error.what());
        write(root / "refs/main", "two\n");
        for (const auto& given : {root, root / "", root / "snapshots"})
            QCOMPARE(icae::hubSnapshot(given), root / "snapshots/two");
        QCOMPARE(icae::findModel(root, {}, {}).base, root / "snapshots/two");
        for (const auto& folder : {root / "snapshots/two", root / "snapshots/two/", root, root / ""})
            QCOMPARE(icae::hubName(folder), std::string("acme/nano"));
        QCOMPARE(icae::hubName(golden), std::string());
        QCOMPARE(icae::hubSnapshot(golden), golden);
        fs::remove_all(root / "snapshots");
        error = icae::errorOf([&] { icae::hubSnapshot(root); });
        QVERIFY2(error.message().find("no snapshot") != std::string::npos, error.what());
    }
};

QTEST_GUILESS_MAIN(TestModelFiles)
#include "test_model_files.moc"
