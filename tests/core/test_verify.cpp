#include "check/verify.h"

#include "tensor/safetensors.h"
#include "tensor/tensor_data.h"

#include <QTemporaryDir>
#include <QtTest>

namespace fs = std::filesystem;

/// The model computes what the published code and the lab's definition computed.
class TestVerify : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void golden_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<bool>("plain");
        for (const auto& folder : icae::goldenFolders({ICAE_TEST_GOLDEN})) {
            const auto name = folder.filename().string();
            for (const bool plain : {false, true})
                QTest::newRow((name + (plain ? " plain" : " fused")).c_str())
                    << QString::fromStdString(folder.string()) << plain;
        }
    }

    void golden()
    {
        QFETCH(QString, folder);
        QFETCH(bool, plain);
        icae::Model::Options options;
        options.device = "cpu";
        options.plainKernels = plain;
        const auto report = icae::verifyFolder(folder.toStdString(), {}, options);
        QVERIFY(report.checks.size() >= 4);
        for (const auto& check : report.checks)
            QVERIFY2(check.ok(), (check.kind + " " + check.where + ": " + std::to_string(check.worst)).c_str());
    }

    void alteredValuesAreFound()
    {
        const QTemporaryDir folder;
        const fs::path target = folder.filePath(QStringLiteral("case")).toStdString();
        fs::copy(fs::path(ICAE_TEST_GOLDEN) / "llama_gqa", target, fs::copy_options::recursive);
        const auto store = icae::TensorStore::open(target / "expected.safetensors");
        std::vector<at::Tensor> tensors;
        std::vector<icae::TensorView> views;
        for (const auto& name : store->names()) {
            tensors.push_back(icae::toTensor(store->tensor(name)));
            if (name == "case1.slots")
                tensors.back().flatten()[5].add_(0.01);
            views.push_back(icae::viewOf(name, tensors.back()));
        }
        icae::writeSafetensors(target / "expected.safetensors", views, {});
        const auto report = icae::verifyFolder(target, {}, {});
        QVERIFY(!report.ok());
        for (const auto& check : report.checks)
            QCOMPARE(check.ok(), check.kind != "slots");
    }
};

QTEST_GUILESS_MAIN(TestVerify)
#include "test_verify.moc"
