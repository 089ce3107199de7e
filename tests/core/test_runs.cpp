#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/appended_lines.h"
#include "runs/device_turn.h"
#include "runs/event_file.h"
#include "runs/process_start.h"
#include "runs/run_control.h"
#include "runs/run_directory.h"
#include "runs/run_index.h"
#include "runs/run_reader.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <thread>

namespace fs = std::filesystem;

/// Reading runs as they grow, and what may be done with them.
class TestRuns : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path path(const std::string& name) const { return m_folder.path().toStdString() + "/" + name; }

    static void append(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::app) << text; }

    /// A run that is over.
    fs::path run(const std::string& name) const
    {
        const icae::RunDirectory directory(path(name), false, icae::RunKind::Study);
        icae::RunStatus status;
        status.kind = icae::RunKind::Study;
        status.state = icae::RunState::Finished;
        directory.status().write(status);
        return path(name);
    }

    template <typename Action> static std::string failure(Action&& action)
    {
        try {
            action();
        } catch (const icae::Error& error) {
            return error.message();
        }
        return {};
    }

    /// {"tag": [[step, value], …]} of a folder's event files.
    static nlohmann::json curvesOf(const std::string& lines)
    {
        nlohmann::json curves;
        std::istringstream stream(lines);
        for (std::string line; std::getline(stream, line);)
            for (const auto json = nlohmann::json::parse(line); const auto& [tag, value] : json["values"].items())
                curves[tag].push_back({json["step"], value});
        return curves;
    }

private Q_SLOTS:
    /// To a hundredth of a second, which is how the system counts.
    void aProcessKnowsWhenItBegan()
    {
        using Clock = std::chrono::steady_clock;
        const auto before = Clock::now();
        const auto start = icae::processStart();
        QVERIFY(start <= before);
        QVERIFY(before - start < std::chrono::minutes(10)); // and not when the machine did
        QTest::qWait(50);
        const auto again = icae::processStart();
        const auto apart = std::chrono::duration_cast<std::chrono::milliseconds>(again - start).count();
        QVERIFY2(std::abs(apart) <= 5, qPrintable(QString::number(apart)));
    }

    void eventFilesOfPyTorch()
    {
        const auto folder = path("foreign/pytorch");
        fs::create_directories(folder);
        fs::copy(fs::path(ICAE_TEST_DATA) / "events/pytorch", folder);
        auto content = icae::readRun({folder.string()});
        QCOMPARE(content.info.status.kind, icae::RunKind::Foreign);
        QVERIFY(!content.info.writable && content.info.status.warnings.empty());
        auto curves = curvesOf(content.metrics.lines);
        QCOMPARE(curves.size(), std::size_t{2}); // a histogram and a text are no curves
        QCOMPARE(curves["lr"].size(), std::size_t{10});
        QCOMPARE(curves["loss/train"].size(), std::size_t{12}); // the last record is torn
        QCOMPARE(curves["loss/train"][1], nlohmann::json({1, 1.5}));
        QCOMPARE(curves["loss/train"][10], nlohmann::json({10, nullptr})); // no number
        QCOMPARE(curves["loss/train"][11], nlohmann::json({30, 0.125})); // of the second file
        const auto second = folder / "events.out.tfevents.1700000100.box.2.0";
        QVERIFY(icae::readRun({folder.string(), content.position}).metrics.lines.empty());
        append(second, std::string("\000\200\075\250\111\171\164", 7));
        content = icae::readRun({folder.string(), content.position});
        QVERIFY(!content.metrics.restarted && !content.more);
        QCOMPARE(curvesOf(content.metrics.lines), (nlohmann::json{{"loss/train", {{31, 0.0625}}}}));
        { // a flipped byte in the first file
            std::fstream file(folder / "events.out.tfevents.1700000000.box.1.0",
                              std::ios::in | std::ios::out | std::ios::binary);
            file.seekp(200);
            file.put('\x7f');
        }
        content = icae::readRun({folder.string()});
        QCOMPARE(content.info.status.warnings.size(), std::size_t{1});
        QVERIFY(content.info.status.warnings.front().find("is damaged after") != std::string::npos);
        QCOMPARE(curvesOf(content.metrics.lines)["loss/train"].back(), nlohmann::json({31, 0.0625}));
        fs::remove(second);
        QVERIFY(icae::readRun({folder.string(), content.position}).metrics.restarted);
    }

    void eventFilesOfTensorFlow()
    {
        const auto folder = fs::path(ICAE_TEST_DATA) / "events/tf2";
        const auto runs = icae::listRuns(folder);
        QCOMPARE(runs.size(), std::size_t{1});
        std::string lines;
        icae::FilePosition position;
        int parts = 0;
        for (bool more = true; more; ++parts) {
            icae::ReadRunParams params{runs.front().folder.string()};
            params.since.metrics = position;
            params.most = 200;
            const auto content = icae::readRun(params);
            lines += content.metrics.lines;
            position = content.position.metrics;
            more = content.more;
        }
        auto curves = curvesOf(lines);
        QCOMPARE(curves["epoch_loss"].size(), std::size_t{5});
        QCOMPARE(curves["epoch_loss"][3], nlohmann::json({3, 0.25}));
        for (const auto& [tag, value] : std::map<std::string, double>{{"as/float", 0.5},
                                                                      {"as/unpacked", 0.75},
                                                                      {"as/double", 0.1},
                                                                      {"as/double_content", 0.2},
                                                                      {"as/half", 0.5},
                                                                      {"as/half_content", 0.25},
                                                                      {"as/bfloat", 1.5},
                                                                      {"as/int", 7}})
            QCOMPARE(curves[tag], (nlohmann::json{{1, value}}));
        QVERIFY(!curves.contains("not/a/scalar"));
    }

    /// What this program writes reads as written.
    void eventFilesOfOurs()
    {
        const auto folder = path("foreign/ours");
        fs::create_directories(folder);
        {
            icae::EventFile file(folder);
            for (int step = 0; step < 1000; ++step)
                file.scalar("loss/ae 512/128", 0.5 * step, step);
            file.restart(900);
            file.flush();
        }
        const auto lines = icae::readRun({folder.string()}).metrics.lines;
        QCOMPARE(std::count(lines.begin(), lines.end(), '\n'), 1001);
        QVERIFY(lines.ends_with("{\"restart\":true,\"step\":900}\n"));
        QVERIFY(lines.find("\"values\":{\"loss/ae 512/128\":499.5}") != std::string::npos);
    }

    void onlyRunsOfOursAreChanged()
    {
        const auto folder = path("foreign/kept");
        fs::create_directories(folder);
        append(folder / "events.out.tfevents.1.x", "");
        for (const auto& said :
             {failure([&] { icae::deleteRun(folder); }), failure([&] { icae::resumeRun({folder.string()}); }),
              failure([&] { icae::renameRun(folder, "other"); })})
            QVERIFY2(said.find("no run of this program") != std::string::npos, said.c_str());
        QVERIFY(fs::exists(folder));
    }

    /// Whoever watches a run reads what is new and little else, however long the run is.
    void liveRunsAreReadByOffset()
    {
        const auto bytesRead = [] {
            std::ifstream stream("/proc/self/io");
            std::string key;
            std::int64_t count = 0;
            stream >> key >> count; // rchar
            return count;
        };
        const auto folder = path("live");
        const icae::RunDirectory directory(folder, false);
        icae::RunStatus status;
        status.state = icae::RunState::Running;
        directory.status().write(status);
        append(folder / "config.json", "{\"stage\": \"adapter\"}\n");
        fs::create_directories(folder / "checkpoints/step-10/adapter");
        append(folder / "checkpoints/step-10/position.json", "{\"step\": 10}");
        append(folder / "checkpoints/step-10/DONE", "");
        const std::string line = "{\"step\": 1, \"loss\": 1.5, \"padding\": \"" + std::string(200, 'x') + "\"}\n";
        constexpr int polls = 100;
        std::int64_t written = 0;
        std::string all;
        icae::ReadRunParams params{folder.string()};
        icae::readRun(params); // what a first reading costs
        const auto before = bytesRead();
        for (int i = 0; i < polls; ++i) {
            std::string lines;
            for (int k = 0; k < 500; ++k)
                lines += line;
            append(folder / "metrics.jsonl", lines);
            written += std::ssize(lines);
            const auto content = icae::readRun(params);
            QCOMPARE(content.checkpoints.size(), std::size_t{1});
            QCOMPARE(content.job.empty(), i > 0);
            all += content.metrics.lines;
            params.since = content.position;
        }
        const auto read = bytesRead() - before;
        QCOMPARE(std::ssize(all), written);
        constexpr std::int64_t statusAndPlaces =
            20000; // a poll: status, checkpoints, what the system tells of processes
        QVERIFY2(read < written + polls * statusAndPlaces, qPrintable(QString::number(read)));
    }

    void halfDeletedAndReadOnlyRuns()
    {
        const auto half = run("half");
        append(half / "config.json", "{}\n");
        fs::remove(half / "status.json");
        const auto info = icae::describeRun(half);
        QCOMPARE(info.status.state, icae::RunState::Damaged);
        QVERIFY2(info.status.reason.find("status.json") != std::string::npos, info.status.reason.c_str());
        const auto listed = icae::listRuns(path(""));
        QVERIFY(std::any_of(listed.begin(), listed.end(), [&](const auto& one) { return one.folder == half; }));
        icae::deleteRun(half);
        const auto sealed = run("sealed");
        append(sealed / "metrics.jsonl", "{\"step\":1}\n");
        fs::permissions(sealed, fs::perms::owner_read | fs::perms::owner_exec);
        const auto content = icae::readRun({sealed.string()});
        QCOMPARE(content.metrics.lines, std::string("{\"step\":1}\n"));
        QCOMPARE(content.info.writable, geteuid() == 0);
        fs::permissions(sealed, fs::perms::owner_all);
    }

    void aTornLineWaits()
    {
        const auto file = path("lines.txt");
        QCOMPARE(icae::readAppended(file, {}, 100).lines, std::string());
        append(file, "one\ntwo\nthr");
        auto read = icae::readAppended(file, {}, 100);
        QCOMPARE(read.lines, std::string("one\ntwo\n"));
        QVERIFY(!read.restarted);
        append(file, "ee\n");
        read = icae::readAppended(file, read.next, 100);
        QCOMPARE(read.lines, std::string("three\n"));
        QCOMPARE(read.begin, 8);
        QVERIFY(!read.more);
        QCOMPARE(icae::readAppended(file, read.next, 100).lines, std::string());
        QCOMPARE(icae::readLineAt(file, 4), std::string("two"));
        QCOMPARE(icae::readLineAt(file, 400), std::string());
    }

    void readsInParts()
    {
        const auto file = path("parts.txt");
        std::string all;
        for (int i = 0; i < 1000; ++i)
            all += "line " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 50), '.') + "\n";
        append(file, all);
        std::string read;
        icae::FilePosition position;
        int parts = 0;
        for (bool more = true; more; ++parts) {
            const auto part = icae::readAppended(file, position, 64);
            read += part.lines;
            position = part.next;
            more = part.more;
        }
        QCOMPARE(read, all);
        QVERIFY(parts > 100);
    }

    void aReplacedFileIsReadAnew()
    {
        const auto file = path("replaced.txt");
        append(file, "one\ntwo\n");
        const auto before = icae::readAppended(file, {}, 100);
        append(path("new.txt"), "three\nfour\n");
        fs::rename(path("new.txt"), file);
        const auto after = icae::readAppended(file, before.next, 100);
        QVERIFY(after.restarted);
        QCOMPARE(after.lines, std::string("three\nfour\n"));
        fs::resize_file(file, 0);
        QVERIFY(icae::readAppended(file, after.next, 100).restarted);
    }

    void samplesComeWithoutTexts()
    {
        const auto folder = run("sampled");
        icae::StudySample sample;
        sample.cell.model = "m";
        sample.bleu = 0.5;
        sample.reference = "a text";
        sample.writtenIds = {1, 2};
        append(folder / "cells.jsonl", nlohmann::json(sample).dump() + "\n{\"damaged\n");
        sample.index = 1;
        append(folder / "cells.jsonl", nlohmann::json(sample).dump() + "\n");
        const auto content = icae::readRun({folder.string(), {}, false, 1 << 20});
        QCOMPARE(content.cells.samples.size(), std::size_t{2});
        QCOMPARE(content.cells.damaged, 1);
        QCOMPARE(content.cells.samples[1].bleu, std::optional(0.5));
        QVERIFY(content.cells.samples[1].reference.empty());
        const auto whole = icae::readSampleAt(folder, content.cells.samples[1].offset);
        QCOMPARE(whole.reference, std::string("a text"));
        QCOMPARE(whole.index, 1);
        QVERIFY(icae::readRun({folder.string(), content.position, false, 1 << 20}).cells.samples.empty());
        QCOMPARE(content.info.status.state, icae::RunState::Finished);
        QVERIFY(!failure([&] { icae::readRun({path("nowhere").string(), {}, false, 1}); }).empty());
    }

    void linksAndLoopsAreFollowedOnce()
    {
        fs::create_directories(path("tree/inner"));
        run("tree/inner/a");
        run("elsewhere");
        fs::create_directory_symlink(path("elsewhere"), path("tree/link"));
        fs::create_directory_symlink(path("tree"), path("tree/inner/loop"));
        QCOMPARE(icae::listRuns(path("tree")).size(), std::size_t{2});
    }

    /// Other programs have a status.json, and may have runs of ours below it.
    void foreignFoldersAreNoRuns()
    {
        for (const char* foreign :
             {R"({"state": "RUNNING", "epoch": 3})", R"({"state": "finished", "project": "x"})", "[1, 2]", "{}"}) {
            fs::create_directories(path("mixed/foreign"));
            fs::remove(path("mixed/foreign/status.json"));
            append(path("mixed/foreign/status.json"), foreign);
            QCOMPARE(icae::listRuns(path("mixed")).size(), std::size_t{0});
        }
        run("mixed/foreign/ours");
        QCOMPARE(icae::listRuns(path("mixed")).size(), std::size_t{1});
    }

    void deletedRunsComeBack()
    {
        const auto folder = run("shelf/old");
        const auto renamed = icae::renameRun(folder, "new");
        QCOMPARE(renamed, path("shelf/new"));
        run("shelf/taken");
        QVERIFY(failure([&] { icae::renameRun(renamed, "taken"); }).find("exists already") != std::string::npos);
        for (const auto& name : {std::string(), std::string(".hidden"), std::string("a/b"), std::string("a\0b", 3)})
            QVERIFY(!failure([&] { icae::renameRun(renamed, name); }).empty());
        const auto deleted = icae::deleteRun(renamed);
        QVERIFY(!fs::exists(renamed));
        QCOMPARE(icae::listRuns(path("shelf")).size(), std::size_t{1});
        run("shelf/new");
        QVERIFY(!failure([&] { icae::restoreRun(deleted); }).empty()); // another took its place
        const auto second = icae::deleteRun(path("shelf/new"));
        QVERIFY(second.trash != deleted.trash);
        icae::restoreRun(deleted);
        QCOMPARE(icae::listRuns(path("shelf")).size(), std::size_t{2});
        QVERIFY(!failure([&] { icae::restoreRun(deleted); }).empty());
    }

    void whatRunsStaysWhereItIs()
    {
        const icae::RunDirectory directory(path("alive"), false, icae::RunKind::Study);
        icae::RunStatus status;
        status.state = icae::RunState::Running;
        directory.status().write(status);
        QVERIFY(failure([&] { icae::renameRun(path("alive"), "x"); }).find("is running") != std::string::npos);
        QVERIFY(failure([&] { icae::deleteRun(path("alive")); }).find("is running") != std::string::npos);
        QVERIFY(failure([&] { icae::resumeRun({path("alive").string()}); }).find("is running") != std::string::npos);
        QVERIFY(failure([&] { icae::stopRun(run("still")); }).find("does not run") != std::string::npos);
    }

    void aRunGivesWay()
    {
        qputenv("XDG_RUNTIME_DIR", m_folder.path().toUtf8());
        const icae::DeviceWatch watch("cuda:0");
        QVERIFY(!watch.isTaken());
        std::vector<bool> paused;
        const auto note = [&](bool now) { paused.push_back(now); };
        QCOMPARE(watch.giveWay({}, note).count(), 0.0);
        QVERIFY(paused.empty());
        {
            const icae::DeviceTurn first("cuda:0");
            const icae::DeviceTurn second("cuda:0"); // engines do not wait for each other
            const icae::DeviceTurn elsewhere("cpu");
            QVERIFY(watch.isTaken());
            std::stop_source stop;
            stop.request_stop();
            watch.giveWay(stop.get_token(), note);
            QCOMPARE(paused, (std::vector<bool>{true, false}));
        }
        QVERIFY(!watch.isTaken());
        auto turn = std::make_unique<icae::DeviceTurn>("cuda:0");
        const std::jthread answering([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            turn.reset();
        });
        QVERIFY(watch.giveWay({}, note).count() > 0.04);
    }
};

QTEST_GUILESS_MAIN(TestRuns)
#include "test_runs.moc"
