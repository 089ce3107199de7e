#include "engine/lane.h"

#include <QtTest>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using icae::Lane;

/// Jobs of a person go in order; background work gives way to them, begins anew, and answers once.
class TestLane : public QObject {
    Q_OBJECT

    /// What jobs did, in order.
    class Log {
    public:
        void add(const std::string& what)
        {
            const std::scoped_lock lock(m_mutex);
            m_lines.push_back(what);
        }
        std::vector<std::string> lines() const
        {
            const std::scoped_lock lock(m_mutex);
            return m_lines;
        }

    private:
        mutable std::mutex m_mutex;
        std::vector<std::string> m_lines;
    };

    static Lane::Job quick(Log& log, const std::string& name)
    {
        return [&log, name](const Lane::Turn& turn) {
            if (turn.mayAnswer())
                log.add(name + (turn.stop().stop_requested() ? " cancelled" : ""));
        };
    }

    /// Works until it is stopped, or released.
    static Lane::Job slow(Log& log, const std::string& name, std::atomic<bool>& released, std::atomic<int>& begun)
    {
        return [&log, name, &released, &begun](const Lane::Turn& turn) {
            ++begun;
            while (!released && !turn.stop().stop_requested())
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            if (turn.mayAnswer())
                log.add(name + (turn.stop().stop_requested() ? " cancelled" : ""));
        };
    }

private Q_SLOTS:
    void inOrder()
    {
        Log log;
        {
            Lane lane;
            for (int i = 0; i < 50; ++i)
                lane.add(i, quick(log, std::to_string(i)));
            QTRY_COMPARE(log.lines().size(), std::size_t{50});
        }
        for (int i = 0; i < 50; ++i)
            QCOMPARE(log.lines()[static_cast<std::size_t>(i)], std::to_string(i));
    }

    void aPersonGoesFirst()
    {
        Log log;
        std::atomic<bool> released = false;
        std::atomic<int> begun = 0;
        Lane lane;
        lane.add(1, slow(log, "background", released, begun), Lane::Rank::Background);
        lane.add(2, quick(log, "more background"), Lane::Rank::Background);
        QTRY_COMPARE(begun.load(), 1);
        lane.add(3, quick(log, "person"));
        QTRY_COMPARE(log.lines(), std::vector<std::string>{"person"});
        QVERIFY(lane.has(1) && lane.has(2));
        released = true;
        QTRY_COMPARE(log.lines(), (std::vector<std::string>{"person", "background", "more background"}));
        QCOMPARE(begun.load(), 2);
    }

    void whatGaveWayCanBeCancelled()
    {
        Log log;
        std::atomic<bool> released = false;
        std::atomic<bool> answered = false;
        std::atomic<int> begun = 0;
        Lane lane;
        lane.add(1, slow(log, "background", released, begun), Lane::Rank::Background);
        QTRY_COMPARE(begun.load(), 1);
        lane.add(2, slow(log, "person", answered, begun));
        QTRY_COMPARE(begun.load(), 2);
        lane.cancel(1);
        QCOMPARE(log.lines(), std::vector<std::string>{"background cancelled"});
        answered = true;
        QTRY_COMPARE(log.lines(), (std::vector<std::string>{"background cancelled", "person"}));
        QVERIFY(!lane.has(1));
    }

    void cancels()
    {
        Log log;
        std::atomic<bool> released = false;
        std::atomic<int> begun = 0;
        Lane lane;
        lane.add(1, slow(log, "running", released, begun));
        lane.add(2, quick(log, "waiting"));
        QTRY_COMPARE(begun.load(), 1);
        QCOMPARE(lane.waiting(), 1);
        lane.cancel(2);
        QCOMPARE(log.lines(), std::vector<std::string>{"waiting cancelled"});
        lane.cancelAll();
        QTRY_COMPARE(log.lines(), (std::vector<std::string>{"waiting cancelled", "running cancelled"}));
    }

    void everyJobAnswersOnce()
    {
        std::array<std::atomic<int>, 400> answers{};
        Lane lane;
        for (int i = 0; i < 400; ++i) {
            lane.add(
                i,
                [&answers, i](const Lane::Turn& turn) {
                    for (int step = 0; step < 20 && !turn.stop().stop_requested(); ++step)
                        std::this_thread::yield();
                    if (turn.mayAnswer())
                        ++answers.at(static_cast<std::size_t>(i));
                },
                i % 3 == 0 ? Lane::Rank::Person : Lane::Rank::Background);
            if (i % 7 == 0)
                lane.cancel(i - 3);
        }
        QTRY_VERIFY(std::all_of(answers.begin(), answers.end(), [](const auto& count) { return count == 1; }));
    }

    void anIdIsFreeBeforeItsAnswer()
    {
        Log log;
        bool free = false;
        Lane lane;
        std::atomic<bool> done = false;
        lane.add(icae::RequestId(7), [&](const Lane::Turn& turn) {
            if (turn.mayAnswer())
                free = !lane.has(icae::RequestId(7));
            done = true;
        });
        QTRY_VERIFY(done);
        QVERIFY(free);
    }
};

QTEST_GUILESS_MAIN(TestLane)
#include "test_lane.moc"
