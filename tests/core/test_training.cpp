#include "check/verify.h"
#include "check/verify_training.h"
#include "train/batch.h"
#include "train/optimizer.h"

#include <QtTest>

/// The training objectives and their gradients are those of the published code and the lab's definition.
class TestTraining : public QObject {
    Q_OBJECT

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
