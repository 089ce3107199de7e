#include "error_of.h"
#include "icae/adapter.h"
#include "icae/layout.h"
#include "icae/model.h"
#include "tensor/sha256.h"
#include "tensor/tensor_data.h"

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <nlohmann/json.hpp>

using nlohmann::json;
using namespace nlohmann::literals;
namespace fs = std::filesystem;

namespace {

const fs::path golden = ICAE_TEST_GOLDEN;

json spreadConfig()
{
    return json::parse(std::ifstream(golden / "spread_elastic" / "icae_config.json"));
}

} // namespace

/// Adapters: configuration, inference from published checkpoints, fitting a base, position layouts.
class TestAdapter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsItsConfiguration()
    {
        const auto config = icae::parseAdapterConfig(spreadConfig().dump(), "c");
        QCOMPARE(config.rank, 8);
        QCOMPARE(config.alpha, 16.0);
        QCOMPARE(config.slots, 16);
        QCOMPARE(config.elasticSlots, (std::vector<int64_t>{4, 8, 16}));
        QCOMPARE(config.layout, icae::PositionLayout::Spread);
        QCOMPARE(config.aeReads, icae::AeReads::Span);
        QVERIFY(config.slotScale && !config.contextBos);
        QCOMPARE(config.specialRow("LM"), 17);
        QVERIFY_EXCEPTION_THROWN(config.specialRow("QA"), icae::Error);
        QCOMPARE(config.prompt.rightAfter, std::string("\nAnswer:"));
    }

    /// What it was trained with comes back as it was written; a file that does not say it means that nobody knows.
    void saysWhatItWasTrainedWith()
    {
        auto config = icae::parseAdapterConfig(spreadConfig().dump(), "c");
        QVERIFY(config.trained.empty());
        QVERIFY(!json::parse(icae::toJsonText(config)).contains("trained"));
        config.trained = {"ae", "ft"};
        QCOMPARE(icae::parseAdapterConfig(icae::toJsonText(config), "c").trained, config.trained);
        const auto later = R"({"trained":["ae","retrieval"]})"_json; // of a version that trains more
        auto newer = spreadConfig();
        newer.merge_patch(later);
        QCOMPARE(icae::parseAdapterConfig(newer.dump(), "c").trained.back(), std::string("retrieval"));
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("named");
        QTest::newRow("rank") << QByteArray(R"({"lora":{"r":0}})") << QByteArray("lora.r");
        QTest::newRow("target") << QByteArray(R"({"lora":{"targets":["lm_head"]}})") << QByteArray("lm_head");
        QTest::newRow("twice") << QByteArray(R"({"lora":{"targets":["q_proj","q_proj"]}})")
                               << QByteArray("lora.targets");
        QTest::newRow("none") << QByteArray(R"({"lora":{"targets":[]}})") << QByteArray("lora.targets");
        QTest::newRow("slots") << QByteArray(R"({"slots":-1})") << QByteArray("slots");
        QTest::newRow("elastic") << QByteArray(R"({"elastic_slots":[4,99]})") << QByteArray("elastic_slots");
        QTest::newRow("layout") << QByteArray(R"({"position_layout":"spiral"})") << QByteArray("spiral");
        QTest::newRow("reads") << QByteArray(R"({"ae_reads":"some"})") << QByteArray("ae_reads");
        QTest::newRow("trained") << QByteArray(R"({"trained":"ft"})") << QByteArray("trained");
        QTest::newRow("prompt") << QByteArray(R"({"prompt":{"left":3}})") << QByteArray("prompt.left");
    }

    void refuses()
    {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, named);
        auto config = spreadConfig();
        config.merge_patch(json::parse(patch.toStdString()));
        const auto error = icae::errorOf([&] { icae::parseAdapterConfig(config.dump(), "some/icae_config.json"); });
        QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
        QVERIFY2(error.message().find("some/icae_config.json") != std::string::npos, error.what());
        QVERIFY(!error.remedy().empty());
    }

    void infersPublishedCheckpoints()
    {
        const auto file = icae::AdapterFile::open(golden / "llama_tied_mha_all_linear");
        QCOMPARE(file.config.rank, 4);
        QCOMPARE(file.config.slots, 4);
        QCOMPARE(file.config.spanTokens, 16);
        QCOMPARE(file.config.alpha, 32.0);
        QCOMPARE(file.config.targets.size(), 7U);
        QCOMPARE(file.config.aeReads, icae::AeReads::All);
        QVERIFY(file.config.contextBos && file.config.inferred.size() >= 3);
        const auto byName = icae::AdapterFile::open(golden / "llama_gqa" / "icae.safetensors"); // a file works as well
        QCOMPARE(byName.config.slots, 8);
        QVERIFY_EXCEPTION_THROWN(icae::AdapterFile::open(golden / "llama_gqa" / "model.safetensors"), icae::Error);
        QVERIFY_EXCEPTION_THROWN(icae::AdapterFile::open(golden / "nowhere"), icae::Error);
    }

    void saysWhyItDoesNotFit()
    {
        const auto adapter = icae::AdapterFile::open(golden / "spread_elastic");
        QVERIFY(icae::whyAdapterDoesNotFit(adapter, icae::readLlmConfig(golden / "llama_tied_mha_all_linear")).empty());
        const auto why = icae::whyAdapterDoesNotFit(adapter, icae::readLlmConfig(golden / "llama_gqa"));
        QVERIFY2(why.find("v_proj") != std::string::npos, why.c_str());
    }

    void findsTheBase()
    {
        // Three bases lie beside it; the shapes leave one.
        const auto paths = icae::findModel({}, golden / "spread_elastic", {});
        QCOMPARE(paths.base.filename().string(), std::string("llama_tied_mha_all_linear"));
        QVERIFY_EXCEPTION_THROWN(icae::findModel({}, {}, {}), icae::Error);
        QVERIFY_EXCEPTION_THROWN(icae::findModel(golden / "nowhere", {}, {}), icae::Error);
        QVERIFY_EXCEPTION_THROWN(icae::findModel(golden / "llama_gqa", "nowhere", {}), icae::Error);
    }

    void refusesAnotherBaseByItsHash()
    {
        const QTemporaryDir folder;
        const fs::path target = folder.path().toStdString();
        fs::copy(golden / "spread_elastic" / "icae.safetensors", target);
        const auto base = golden / "llama_tied_mha_all_linear";
        auto config = spreadConfig();
        config["base"] = {{"config_sha256", icae::hashBase(base).config}};
        for (const auto& [named, own] : // of the tensors, and of the file as older versions wrote it
             {std::pair(std::string(64, '0') + ":tensors", icae::hashBase(base).weights),
              {std::string(64, '0'), icae::sha256OfFile(base / "model.safetensors")}}) {
            config["base"]["weights_sha256"] = named;
            std::ofstream(target / "icae_config.json") << config.dump();
            const auto error = icae::errorOf([&] { icae::Model::load({base, target}, {}, {}, {}); });
            QCOMPARE(error.kind(), icae::ErrorKind::Mismatch);
            QVERIFY(error.message().find("000000000000") != std::string::npos); // both sides are named
            QVERIFY(error.message().find(own.substr(0, 12)) != std::string::npos);
        }
        config["base"]["weights_sha256"] = icae::hashBase(base).weights;
        std::ofstream(target / "icae_config.json") << config.dump();
        QVERIFY(icae::Model::load({base, target}, {}, {}, {})->remarks().empty());
    }

    void layouts()
    {
        using icae::PositionLayout;
        using icae::Task;
        QCOMPARE(icae::encoderPositions(PositionLayout::Sequential, {3, 2}), (std::vector<float>{0, 1, 2, 3, 4}));
        QCOMPARE(icae::encoderPositions(PositionLayout::Spread, {8, 2}),
                 (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 1.5, 5.5}));
        const std::vector<icae::SpanShape> spans{{8, 2}, {4, 1}};
        const auto sequential = icae::decoderPositions(PositionLayout::Sequential, Task::Continue, spans, 2);
        QCOMPARE(sequential.prompt, (std::vector<float>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(sequential.next, 6.0F);
        const auto ae = icae::decoderPositions(PositionLayout::Spread, Task::Autoencode, spans, 0);
        QCOMPARE(ae.prompt, (std::vector<float>{2.5, 6.5, 10.5, 0}));
        QCOMPARE(ae.next, 1.0F);
        const auto lm = icae::decoderPositions(PositionLayout::Spread, Task::Continue, spans, 0);
        QCOMPARE(lm.prompt, (std::vector<float>{2.5, 6.5, 10.5, 13}));
        QCOMPARE(lm.next, 14.0F);
    }
};

QTEST_GUILESS_MAIN(TestAdapter)
#include "test_adapter.moc"
