#include "train/watch.h"

#include <QtTest>

#include <cmath>
#include <limits>

/// A run that goes wrong says so: once, and in words.
class TestTrainWatch : public QObject {
    Q_OBJECT

    static std::string lossesUntil(icae::TrainWatch& watch, int count)
    {
        std::string said;
        for (int i = 0; i < count; ++i)
            said += watch.loss("ae 512/128", 2.0 + 0.01 * (i % 5));
        return said;
    }

private Q_SLOTS:
    void outliersAreMeasuredAgainstTheWindowBefore()
    {
        icae::OutlierDetector detector(8);
        QVERIFY(!detector.add(1));
        QVERIFY(!detector.add(3)); // a quarter of the window is known from here on
        const auto third = detector.add(4);
        QVERIFY(third);
        QCOMPARE(*third, 2.0); // mean 2, deviation 1
        for (int i = 0; i < 20; ++i)
            detector.add(5);
        QVERIFY(!detector.add(6)); // a window without any deviation measures nothing
        QVERIFY(detector.add(6));
    }

    void nanDiverges_data()
    {
        QTest::addColumn<double>("value");
        QTest::newRow("nan") << std::numeric_limits<double>::quiet_NaN();
        QTest::newRow("infinity") << std::numeric_limits<double>::infinity();
    }

    void nanDiverges()
    {
        QFETCH(double, value);
        icae::TrainWatch watch;
        QCOMPARE(watch.loss("lm", 3), std::string());
        QVERIFY(!watch.diverged());
        const auto said = watch.loss("lm", value);
        QVERIFY2(said.find("lm is not a number") != std::string::npos, said.c_str());
        QVERIFY(watch.diverged());
        QCOMPARE(watch.divergence(), said);
        watch.loss("ae 512/128", value); // why it ended is what was first
        QCOMPARE(watch.divergence(), said);
    }

    void aSpikeIsSaidOnceUntilItIsOver()
    {
        icae::TrainWatch watch;
        QCOMPARE(lossesUntil(watch, 60), std::string());
        const auto said = watch.loss("ae 512/128", 9);
        QVERIFY2(said.find("jumped to 9.000") != std::string::npos, said.c_str());
        QVERIFY(said.find("standard deviations") != std::string::npos);
        QCOMPARE(watch.loss("ae 512/128", 60), std::string());
        QCOMPARE(watch.loss("lm", 60), std::string()); // another curve has no past
        QCOMPARE(lossesUntil(watch, 200), std::string());
        QVERIFY(!watch.loss("ae 512/128", 9).empty());
        QVERIFY(!watch.diverged());
    }

    void autoencodingThatReadsNoSlots()
    {
        icae::TrainWatch watch;
        QCOMPARE(watch.stuck(3.9, 4, 0.1), std::string()); // too early to tell
        const auto said = watch.stuck(3.9, 4, 0.3);
        QVERIFY2(said.find("slots are not read") != std::string::npos, said.c_str());
        QCOMPARE(watch.stuck(3.95, 4, 0.4), std::string());
        QCOMPARE(watch.stuck(1, 4, 0.5), std::string());
        QVERIFY(!watch.stuck(3.9, 4, 0.6).empty());
        QCOMPARE(watch.stuck(std::numeric_limits<double>::quiet_NaN(), 4, 0.7), std::string());
    }

    /// Nobody is advised to do what the job does.
    void adviceOnUnreadSlots_data()
    {
        QTest::addColumn<icae::Stage>("stage");
        QTest::addColumn<icae::PositionLayout>("layout");
        QTest::addColumn<bool>("midtraining");
        QTest::addColumn<bool>("spread");
        using enum icae::PositionLayout;
        QTest::newRow("frozen, sequential") << icae::Stage::Adapter << Sequential << true << true;
        QTest::newRow("frozen, spread") << icae::Stage::Adapter << Spread << true << false;
        QTest::newRow("mid-training, sequential") << icae::Stage::Midtrain << Sequential << false << true;
        QTest::newRow("mid-training, spread") << icae::Stage::Midtrain << Spread << false << false;
    }

    void adviceOnUnreadSlots()
    {
        QFETCH(icae::Stage, stage);
        QFETCH(icae::PositionLayout, layout);
        QFETCH(bool, midtraining);
        QFETCH(bool, spread);
        icae::TrainJob job;
        job.stage = stage;
        job.adapter.layout = layout;
        const auto advice = icae::adviceOnUnreadSlots(job);
        QVERIFY(!advice.empty());
        QCOMPARE(advice.find("mid-training") != std::string::npos, midtraining);
        QCOMPARE(advice.find("spread") != std::string::npos, spread);
        const auto said = icae::TrainWatch(advice).stuck(3.9, 4, 0.3);
        QVERIFY2(said.ends_with("not read. " + advice), said.c_str());
    }

    void freeRunningCollapse()
    {
        icae::TrainWatch watch;
        QCOMPARE(watch.collapsed(0.99, 0.9), std::string());
        QCOMPARE(watch.collapsed(0.5, 0.01), std::string()); // it is simply not good yet
        const auto said = watch.collapsed(0.99, 0.1);
        QVERIFY2(said.find("collapsed") != std::string::npos, said.c_str());
        QCOMPARE(watch.collapsed(0.99, 0.12), std::string());
        QCOMPARE(watch.collapsed(0.99, 0.8), std::string());
        QVERIFY(!watch.collapsed(0.99, 0.1).empty());
    }
};

QTEST_GUILESS_MAIN(TestTrainWatch)
#include "test_train_watch.moc"
