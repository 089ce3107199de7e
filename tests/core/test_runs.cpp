#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/appended_lines.h"
#include "runs/device_turn.h"
#include "runs/run_control.h"
#include "runs/run_directory.h"
#include "runs/run_index.h"
#include "runs/run_reader.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fstream>
#include <memory>
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

private Q_SLOTS:
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
        for (const char* foreign : {R"({"state": "RUNNING", "epoch": 3})", "[1, 2]", "{}"}) {
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
        for (const auto* name : {"", ".hidden", "a/b"})
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
        QVERIFY(failure([&] { icae::resumeRun(path("alive")); }).find("is running") != std::string::npos);
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
