#include "tensor/crew.h"

#include <QtTest>

#include <array>
#include <condition_variable>

namespace {

/// Chunk c gives input + argument · c.
class Counting : public icae::ChunkedWork {
public:
    explicit Counting(std::int64_t chunks)
        : m_results(static_cast<std::size_t>(chunks))
        , m_deliveries(static_cast<std::size_t>(chunks))
    {
    }

    void start(float input)
    {
        m_input = {input};
        std::ranges::fill(m_results, 0.0F);
        std::ranges::fill(m_deliveries, 0);
    }

    bool isRight(std::int64_t argument) const
    {
        for (std::size_t i = 0; i < m_results.size(); ++i)
            if (m_deliveries[i] != 1
                || m_results[i] != m_input[0] + static_cast<float>(argument) * static_cast<float>(i))
                return false;
        return true;
    }

    std::int64_t chunks() const override { return static_cast<std::int64_t>(m_results.size()); }
    std::span<const float> input() const override { return m_input; }
    std::int64_t roomNeeded() const override { return 1; }
    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override
    {
        *room = *input + static_cast<float>(argument) * static_cast<float>(chunk);
    }
    void deliver(std::int64_t chunk, const float* room) override
    {
        m_results[static_cast<std::size_t>(chunk)] = *room;
        ++m_deliveries[static_cast<std::size_t>(chunk)];
    }

private:
    std::array<float, 1> m_input{};
    std::vector<float> m_results;
    std::vector<int> m_deliveries;
};

/// The caller computes nothing before a helper has begun to; and that helper goes no further before it is released.
class Stalling final : public Counting {
public:
    using Counting::Counting;

    void compute(std::int64_t chunk, const float* input, std::int64_t argument, float* room) const override
    {
        Counting::compute(chunk, input, argument, room);
        std::unique_lock lock(m_mutex);
        if (std::this_thread::get_id() == m_caller) {
            m_change.wait(lock, [&] { return m_begun; });
            return;
        }
        m_begun = true;
        m_change.notify_all();
        m_change.wait(lock, [&, release = m_release] { return m_free || m_release != release; });
    }

    void release()
    {
        const std::lock_guard lock(m_mutex);
        m_begun = false;
        ++m_release;
        m_change.notify_all();
    }

    /// From now on helpers do not stall; the caller still waits for one in each run.
    void setFree()
    {
        release();
        m_free = true;
    }

private:
    std::thread::id m_caller = std::this_thread::get_id();
    mutable std::mutex m_mutex;
    mutable std::condition_variable m_change;
    mutable bool m_begun = false;
    int m_release = 0;
    std::atomic<bool> m_free = false;
};

} // namespace

/// Threads that share work out.
class TestCrew : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void deliversEachChunkOnce_data()
    {
        QTest::addColumn<int>("threads");
        for (const int threads : {1, 2, 3, 7})
            QTest::addRow("%d threads", threads) << threads;
    }

    void deliversEachChunkOnce()
    {
        QFETCH(int, threads);
        std::vector<std::unique_ptr<Counting>> works;
        for (const int chunks : {1, 2, 5, 64})
            works.push_back(std::make_unique<Counting>(chunks));
        icae::Crew crew(threads, 1, 1);
        QCOMPARE(crew.threads(), threads);
        for (int run = 0; run < 2000; ++run) {
            auto& work = *works[static_cast<std::size_t>(run) % works.size()];
            work.start(static_cast<float>(run));
            crew.run(work, run % 7);
            QVERIFY(work.isRight(run % 7));
        }
    }

    /// What a helper does not finish is done without it, and what it brings too late changes nothing.
    void goesOnWithoutALateHelper()
    {
        Stalling work(4);
        Counting other(4);
        {
            icae::Crew crew(2, 1, 1);
            for (int round = 0; round < 20; ++round) {
                work.start(1);
                crew.run(work, 2); // only the caller can have finished, and the helper has begun
                QVERIFY(work.isRight(2));
                work.start(5);
                other.start(3);
                crew.run(other, 3);
                QVERIFY(other.isRight(3));
                work.release();
            }
            work.setFree();
            work.start(6);
            crew.run(work, 1);
            QVERIFY(work.isRight(1));
        }
        QVERIFY(work.isRight(1)); // also after the crew's threads have ended
    }

    void wakesSleepingHelpers()
    {
        Stalling work(4);
        work.setFree();
        icae::Crew crew(2, 1, 1);
        for (int round = 0; round < 5; ++round) {
            QTest::qSleep(5); // ten times as long as a helper looks out for work
            work.release();
            work.start(1);
            crew.run(work, 2); // returns only where the helper takes part
            QVERIFY(work.isRight(2));
        }
    }
};

QTEST_GUILESS_MAIN(TestCrew)
#include "test_crew.moc"
