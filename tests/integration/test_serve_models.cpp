#include "engine.h"

#include <QTest>

using namespace icae;

/// Several models at once, and what requests that name one get.
class TestServeModels : public QObject {
    Q_OBJECT

    ModelFixture m_model;

    LoadModelParams params(const std::string& adapter) const
    {
        LoadModelParams params;
        params.base = m_model.path("base").string();
        params.adapter = m_model.path(adapter).string();
        return params;
    }

    CompressParams text(const std::string& model, std::int64_t slots) const
    {
        CompressParams params;
        params.source.text = ModelFixture::text(2).toStdString();
        params.source.slots = slots;
        params.model = model;
        return params;
    }

private Q_SLOTS:
    void initTestCase()
    {
        std::filesystem::copy(m_model.path("reconstruct"), m_model.path("other"));
        QFile file(m_model.file("other/icae.safetensors")); // another number somewhere
        QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(file.size() - 2) && file.write("\x01") == 1);
    }

    void holdsSeveral()
    {
        Engine engine(m_model);
        const auto first = engine.call(protocol::modelsLoad, params("reconstruct"));
        const auto second = engine.call(protocol::modelsLoad, params("other"));
        QVERIFY(first.id != second.id && !first.id.empty());
        QCOMPARE(first.requestedDevice, std::string("auto"));
        QVERIFY(first.device != "auto");
        auto status = engine.call(protocol::status, {});
        QCOMPARE(status.models.size(), std::size_t{2});
        QCOMPARE(status.model->id, second.id);
        QCOMPARE(status.models.front().id, second.id);
        // A request says which; without a word it means the one that was loaded last.
        engine.call(protocol::compress, text(first.id, 4));
        QCOMPARE(engine.call(protocol::status, {}).models.front().id, first.id);
        engine.call(protocol::compress, text({}, 4));
        QCOMPARE(engine.call(protocol::status, {}).models.front().id, second.id);
        // The same files are the same model, also after a restart.
        QCOMPARE(engine.call(protocol::modelsLoad, params("reconstruct")).id, first.id);
        status = engine.call(protocol::status, {});
        QCOMPARE(status.models.size(), std::size_t{2});
        QCOMPARE(status.model->id, first.id);
        Engine another(m_model);
        QCOMPARE(another.call(protocol::modelsLoad, params("reconstruct")).id, first.id);
        QCOMPARE(engine.call(protocol::modelsUnload, {first.id}).models.size(), std::size_t{1});
        QVERIFY(engine.failure(protocol::compress, text(first.id, 4)).find("no longer loaded") != std::string::npos);
        QVERIFY(!engine.call(protocol::modelsUnload, {}).model);
    }

    void changedFilesAreLoadedAnew()
    {
        Engine engine(m_model);
        const auto before = engine.call(protocol::modelsLoad, params("other"));
        QFile file(m_model.file("other/icae_config.json"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        auto config = nlohmann::json::parse(file.readAll().toStdString());
        config["span_tokens"] = 32;
        config["trained"] = {"ae", "lm"};
        m_model.write("other/icae_config.json", QByteArray::fromStdString(config.dump()));
        QCOMPARE(before.spanTokens, 64);
        QVERIFY(before.trained.empty());
        const auto after = engine.call(protocol::modelsLoad, params("other"));
        QCOMPARE(after.spanTokens, 32);
        QCOMPARE(after.trained, (std::vector<std::string>{"ae", "lm"}));
    }

    void aMemoryFindsItsModel()
    {
        Engine engine(m_model);
        const auto maker = engine.call(protocol::modelsLoad, params("reconstruct"));
        const auto memory = engine.call(protocol::compress, text({}, 4)).memory;
        engine.call(protocol::modelsLoad, params("other"));
        ReconstructParams read;
        read.source.memory = memory.id;
        QVERIFY(engine.call(protocol::reconstruct, read).reconstruction.generatedTokens > 0);
        QCOMPARE(engine.call(protocol::status, {}).models.front().id, maker.id);
    }

    void pinnedMemoriesStay()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, params("reconstruct"));
        const auto kept = engine.call(protocol::compress, text({}, 4)).memory;
        const auto lost = engine.call(protocol::compress, text({}, 4)).memory;
        QVERIFY(engine.call(protocol::memoryPin, {kept.id, true}).pinned);
        for (int i = 0; i < 64; ++i)
            engine.call(protocol::compress, text({}, 4));
        const auto list = engine.call(protocol::memoryList, {}).memories;
        QCOMPARE(list.size(), std::size_t{65});
        QCOMPARE(list.front().id, kept.id);
        QVERIFY(std::none_of(list.begin(), list.end(), [&](const auto& memory) { return memory.id == lost.id; }));
        QVERIFY(!engine.call(protocol::memoryPin, {kept.id, false}).pinned);
    }

    void aPersonGoesBeforeBackgroundWork()
    {
        Engine engine(m_model);
        engine.call(protocol::modelsLoad, params("reconstruct"));
        ReconstructParams background;
        background.source.text = ModelFixture::text(200).toStdString();
        background.background = true;
        const auto slow = engine.send(protocol::reconstruct, background);
        const auto quick = engine.send(protocol::compress, text({}, 4));
        engine.answer(quick);
        const auto result = engine.result(protocol::reconstruct, slow);
        QVERIFY(!result.reconstruction.stopped);
        QCOMPARE(engine.order.back(), slow);
    }
};

QTEST_GUILESS_MAIN(TestServeModels)
#include "test_serve_models.moc"
