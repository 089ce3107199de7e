#include "train/job_times.h"

#include <QtTest>

using icae::EvaluationTimes;
using icae::JobTimes;
using icae::TrainJob;

/// What a whole run takes, from what its parts do: each as often as a run does it.
class TestJobTimes : public QObject {
    Q_OBJECT

    static TrainJob jobOf(std::int64_t steps)
    {
        TrainJob job;
        job.steps = steps;
        job.evaluateEvery = 0;
        job.checkpointEvery = 0;
        job.checkpointMinutes = 0;
        return job;
    }

private Q_SLOTS:
    void everyPartIsCountedOnce()
    {
        auto job = jobOf(100);
        const JobTimes times{7, 0.5, 3, 20, 4, 2, 1};
        QCOMPARE(secondsOf(job, times), 7 + 50 + 3 + 20 + 2.0);
        job.keepModels = true;
        QCOMPARE(secondsOf(job, times), 7 + 50 + 3 + 20 + 2 + 1.0);
    }

    void whatIsDueAtTheLastStepIsDoneOnce_data()
    {
        QTest::addColumn<qint64>("every");
        QTest::addColumn<int>("times");
        QTest::newRow("at the end alone") << qint64{0} << 1;
        QTest::newRow("half-way and at the end") << qint64{150} << 2;
        QTest::newRow("at 200, and at the end") << qint64{200} << 2;
        QTest::newRow("at 299, and at the end") << qint64{299} << 2;
        QTest::newRow("at the end") << qint64{300} << 1;
        QTest::newRow("later than it ends") << qint64{1000} << 1;
        QTest::newRow("after each step") << qint64{1} << 300;
    }

    void whatIsDueAtTheLastStepIsDoneOnce()
    {
        QFETCH(qint64, every);
        QFETCH(int, times);
        auto job = jobOf(300);
        job.evaluateEvery = every;
        QCOMPARE(secondsOf(job, {0, 0, 0, 10, 1, 0, 0}), 10.0 + times - 1);
        job = jobOf(300);
        job.checkpointEvery = every;
        QCOMPARE(secondsOf(job, {0, 0, 0, 0, 0, 1, 0}), double(times));
    }

    void checkpointsAreDueByTheClock()
    {
        auto job = jobOf(100);
        job.checkpointMinutes = 1;
        QCOMPARE(secondsOf(job, {0, 2, 0, 0, 0, 1, 0}), 200 + 3 + 1.0);
        job.checkpointEvery = 10; // more often than that
        QCOMPARE(secondsOf(job, {0, 2, 0, 0, 0, 1, 0}), 200 + 10.0);
    }

    /// It does fewer steps the longer they take, but evaluations and checkpoints come on top.
    void aJobThatStopsByTheClock()
    {
        auto job = jobOf(1);
        job.steps.reset();
        job.minutes = 10;
        job.evaluateEvery = 100;
        const JobTimes times{5, 1, 60, 30, 20, 3, 0}; // 540 steps
        QCOMPARE(secondsOf(job, times), 5 + 600 + (30 + 5 * 20) + 3.0);
    }

    void aFirstEvaluationLoadsWhatLaterOnesHave()
    {
        EvaluationTimes times({100, 0}, 1);
        times.prepared(1);
        times.timed(0, 9);
        times.timed(1, 2);
        QCOMPARE(times.later(), 12.0);
        times.prepared(0.5);
        times.timed(0, 3);
        times.timed(1, 1);
        QCOMPARE(times.first(), 12.0);
        QCOMPARE(times.later(), 4.5);
    }

    void cellsThatWereNotTimedTakeWhatTheirSizeTells()
    {
        EvaluationTimes times({100, 400, 200, 0}, 1);
        QCOMPARE(times.order(), (std::vector<std::size_t>{3, 1, 2, 0}));
        QVERIFY(times.isTold(0) && !times.isTold(3));
        times.timed(3, 5);
        times.timed(1, 8); // 4 s of it load libraries
        times.timed(1, 4);
        QCOMPARE(times.later(), 5 + 4 + 2 + 1.0);
        QCOMPARE(times.first(), 5 + 8 + 2 + 1.0);
    }

    void ranksTakeTurns()
    {
        EvaluationTimes times({10, 10, 10, 0}, 2);
        times.prepared(1);
        times.timed(0, 2);
        times.timed(1, 3);
        times.timed(2, 4);
        times.timed(3, 5);
        QCOMPARE(times.later(), 1 + 3 + 5.0);
        QCOMPARE(EvaluationTimes({}, 4).later(), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestJobTimes)
#include "test_job_times.moc"
