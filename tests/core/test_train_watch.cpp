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
            said += watch.loss("ae 512/128", 2.0 + 0.01 * (i % 5)).text();
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
        QVERIFY(watch.loss("lm", 3).empty());
        QVERIFY(!watch.diverged());
        const auto alert = watch.loss("lm", value);
        QCOMPARE(alert.kind, icae::RunEventKind::Divergence);
        const auto said = alert.text();
        QVERIFY2(said.find("lm is not a number") != std::string::npos, said.c_str());
        QVERIFY(watch.diverged());
        QCOMPARE(watch.divergence().text(), said);
        watch.loss("ae 512/128", value); // why it ended is what was first
        QCOMPARE(watch.divergence().text(), said);
    }

    void aSpikeIsSaidOnceUntilItIsOver()
    {
        icae::TrainWatch watch;
        QCOMPARE(lossesUntil(watch, 60), std::string());
        const auto said = watch.loss("ae 512/128", 9).text();
        QVERIFY2(said.find("jumped to 9.000") != std::string::npos, said.c_str());
        QVERIFY(said.find("standard deviations") != std::string::npos);
        QVERIFY(watch.loss("ae 512/128", 60).empty());
        QVERIFY(watch.loss("lm", 60).empty()); // another curve has no past
        QCOMPARE(lossesUntil(watch, 200), std::string());
        QVERIFY(!watch.loss("ae 512/128", 9).empty());
        QVERIFY(!watch.diverged());
    }

    void autoencodingThatReadsNoSlots()
    {
        icae::TrainWatch watch;
        QVERIFY(watch.stuck(3.9, 4, 0.1).empty()); // too early to tell
        const auto said = watch.stuck(3.9, 4, 0.3).text();
        QVERIFY2(said.find("slots are not read") != std::string::npos, said.c_str());
        QVERIFY(watch.stuck(3.95, 4, 0.4).empty());
        QVERIFY(watch.stuck(1, 4, 0.5).empty());
        QVERIFY(!watch.stuck(3.9, 4, 0.6).empty());
        QVERIFY(watch.stuck(std::numeric_limits<double>::quiet_NaN(), 4, 0.7).empty());
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
        const auto said = icae::TrainWatch(advice).stuck(3.9, 4, 0.3).text();
        QVERIFY2(said.ends_with("not read. " + advice), said.c_str());
    }

    void freeRunningCollapse()
    {
        icae::TrainWatch watch;
        QVERIFY(watch.collapsed(0.99, 0.9).empty());
        QVERIFY(watch.collapsed(0.5, 0.01).empty()); // it is simply not good yet
        const auto said = watch.collapsed(0.99, 0.1).text();
        QVERIFY2(said.find("collapsed") != std::string::npos, said.c_str());
        QVERIFY(watch.collapsed(0.99, 0.12).empty());
        QVERIFY(watch.collapsed(0.99, 0.8).empty());
        QVERIFY(!watch.collapsed(0.99, 0.1).empty());
    }

    void noProgress()
    {
        icae::TrainWatch watch;
        int alerts = 0;
        for (int step = 1; step <= 10; ++step) // better until 4, then not any more
            alerts += watch.stale(step <= 4 ? 5.0 - step : 1.0, step).empty() ? 0 : 1;
        QCOMPARE(alerts, 1);
        QVERIFY(watch.stale(0.5, 11).empty());
        icae::TrainWatch lines;
        for (int i = 0; i < 300; ++i)
            QVERIFY(lines.stale(3.0 - 0.001 * i).empty());
        for (int i = 0; i < 300; ++i)
            alerts += lines.stale(2.7).empty() ? 0 : 1;
        QCOMPARE(alerts, 2);
    }

    void aFullDiskIsSaidBeforeItIs()
    {
        icae::TrainWatch watch;
        QVERIFY(watch.disk(1'000'000'000, 3'000'000'000).empty());
        const auto alert = watch.disk(1'000'000'000, 1'500'000'000);
        QCOMPARE(alert.kind, icae::RunEventKind::DiskFull);
        QVERIFY2(alert.sentence.find("1500 MB left") != std::string::npos, alert.sentence.c_str());
        QVERIFY(watch.disk(1'000'000'000, 1'400'000'000).empty());
    }
};

QTEST_GUILESS_MAIN(TestTrainWatch)
#include "test_train_watch.moc"
