#include "train/step_times.h"

#include "train/step_runner.h"

#include <QtTest>

using icae::Batch;
using icae::Objective;
using icae::StepTimes;

/// What a job takes, from a few of its batches: on a GPU the first ones of each shape say little about all others.
class TestStepTimes : public QObject {
    Q_OBJECT

    static Batch batchOf(Objective objective, std::int64_t rows)
    {
        Batch batch;
        batch.objective = objective;
        batch.sequences = 1;
        batch.textLength = rows;
        return batch;
    }

private Q_SLOTS:
    void batchesThatHaveNotSettledAreNotMultiplied()
    {
        StepTimes times;
        const auto batch = batchOf(Objective::Autoencode, 100);
        for (int i = 0; i < 1000; ++i)
            times.expect(batch);
        for (int i = 0; i < icae::StepRunner::usesToSettle; ++i)
            times.timed(batch, 1.5, false);
        QCOMPARE(times.timed(Objective::Autoencode), std::int64_t{0});
        for (int i = 0; i < 4; ++i)
            times.timed(batch, 0.5, true);
        QCOMPARE(times.timed(Objective::Autoencode), std::int64_t{4});
        QCOMPARE(times.secondsABatch(), 0.5);
        QCOMPARE(times.settlingSeconds(), 3.0); // a second each, once
    }

    void everyShapeSettlesForItself()
    {
        StepTimes times;
        const auto often = batchOf(Objective::Autoencode, 100);
        const auto once = batchOf(Objective::Autoencode, 300);
        for (int i = 0; i < 9; ++i)
            times.expect(often);
        times.expect(once);
        times.timed(often, 2, false);
        times.timed(often, 1, true);
        QCOMPARE(times.secondsABatch(), 1.2); // by size: 9 · 1 s and once 3 s
        QCOMPARE(times.settlingSeconds(), 4.0); // three uses of the one, a single one of the other
    }

    void objectivesHaveRatesOfTheirOwn()
    {
        StepTimes times;
        const auto slow = batchOf(Objective::Instruct, 100);
        const auto fast = batchOf(Objective::Plain, 100);
        for (int i = 0; i < 3; ++i) {
            times.expect(fast);
            times.timed(fast, 1, true);
        }
        times.expect(slow);
        times.timed(slow, 5, true);
        QCOMPARE(times.secondsABatch(), 2.0);
        QCOMPARE(times.settlingSeconds(), 0.0); // as on a CPU, where nothing is captured
    }

    /// The first batch of all loads libraries. It is counted as it was, and not for every shape that is still to
    /// settle.
    void whatIsLoadedOnceIsCountedOnce()
    {
        StepTimes times;
        for (int shape = 1; shape <= 11; ++shape)
            for (int use = 0; use < 5; ++use)
                times.expect(batchOf(Objective::Autoencode, 100 * shape));
        const auto batch = batchOf(Objective::Autoencode, 100);
        times.timed(batch, 8, false); // 7 s more than later ones
        times.timed(batch, 1.25, false);
        times.timed(batch, 1.25, false);
        for (int i = 0; i < 4; ++i)
            times.timed(batch, 1, true);
        QCOMPARE(times.settlingSeconds(), 7.5 + 10 * 3 * 0.25);
    }

    /// Batches that are done to measure what is seldom drawn are none of the job's.
    void whatTheJobDoesNotDoIsNotCounted()
    {
        StepTimes times;
        const auto seldom = batchOf(Objective::Instruct, 100);
        times.expect(seldom);
        for (int i = 0; i < 3; ++i)
            times.timed(seldom, 3, false);
        times.timed(seldom, 1, true);
        QCOMPARE(times.settlingSeconds(), 2.0);
    }

    void updatesSettle()
    {
        StepTimes times;
        QCOMPARE(times.secondsAnUpdate(), 0.0);
        for (const double seconds : {3.0, 1.0, 0.5, 0.5})
            times.updated(seconds);
        QCOMPARE(times.secondsAnUpdate(), 0.5);
        QCOMPARE(times.settlingSeconds(), 3.0);
    }

    void whatComesLaterCounts()
    {
        StepTimes times;
        const auto batch = batchOf(Objective::Plain, 10);
        times.expect(batch);
        for (const double seconds : {9.0, 9.0, 1.0, 1.0})
            times.timed(batch, seconds, true);
        QCOMPARE(times.secondsABatch(), 1.0);
    }

    void nothingTimedTakesNothing()
    {
        StepTimes times;
        QCOMPARE(times.secondsABatch(), 0.0);
        QCOMPARE(times.settlingSeconds(), 0.0);
    }
};

QTEST_GUILESS_MAIN(TestStepTimes)
#include "test_step_times.moc"
