#include "tensor/upload.h"

#include "tensor/tensor_data.h"

#include <QtTest>

/// Numbers arrive as they are in their file, in however many pieces they travel.
class TestUpload : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void arrivesWhole_data()
    {
        QTest::addColumn<int>("piece");
        for (const int piece : {0, 1, 7, 64, 1 << 20})
            QTest::addRow("%d", piece) << piece;
    }

    void arrivesWhole()
    {
        QFETCH(const int, piece);
        icae::Upload upload(at::kCPU, piece);
        for (const auto from : {at::kFloat, at::kHalf, at::kBFloat16})
            for (const auto to : {at::kFloat, at::kBFloat16}) {
                const auto numbers = at::randn({5, 9}).to(from);
                auto all = at::zeros({12, 9}, to);
                upload.copy(icae::viewOf("numbers", numbers), all.narrow(0, 3, 5)); // as q, k and v lie in one matrix
                QVERIFY(at::equal(all.narrow(0, 3, 5), numbers.to(to)));
                QCOMPARE(all.narrow(0, 0, 3).abs().sum().item<float>(), 0.0F);
                QCOMPARE(all.narrow(0, 8, 4).abs().sum().item<float>(), 0.0F);
            }
        const auto numbers = at::randn({5, 9});
        auto apart = at::zeros({9, 5}).t();
        upload.copy(icae::viewOf("numbers", numbers), apart);
        QVERIFY(at::equal(apart, numbers));
        auto none = at::zeros({0, 4});
        upload.copy(icae::viewOf("none", at::zeros({0, 4})), none);
    }
};

QTEST_GUILESS_MAIN(TestUpload)
#include "test_upload.moc"
