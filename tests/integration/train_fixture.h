#pragma once

#include "program.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <vector>

/// Training jobs on the fixture's small model, and what their runs leave behind.
class TrainFixture : public ModelFixture {
public:
    using Json = nlohmann::json;

    TrainFixture()
    {
        qputenv("XDG_CACHE_HOME", file("cache").toUtf8());
        // Threads that share products this small wait for each other, beside other tests several times as long.
        qputenv("OMP_NUM_THREADS", "1");
        write("tokenizer.model", contentOf(path("base/tokenizer.model")));
        write("train.txt", text(60));
        QByteArray rows;
        for (int i = 0; i < 6; ++i)
            rows += QByteArray::fromStdString(Json{
                        {"input", text(2 + i % 3).toStdString()},
                        {"prompt", "How many coins?"},
                        {"answer",
                         std::to_string(i)}}.dump())
                + "\n";
        write("questions.jsonl", rows);
        write("val.jsonl", QByteArray::fromStdString(Json{{"text", text(8).toStdString()}}.dump()) + "\n");
    }

    /// An adapter on a frozen base.
    static Json adapterJob(const std::string& base, int steps)
    {
        auto made = job();
        made.merge_patch({{"stage", "adapter"},
                          {"base", base},
                          {"stop", {{"steps", steps}}},
                          {"mixture", {{"plain", nullptr}, {"ft", nullptr}, {"ft_text", nullptr}}}});
        return made;
    }

    /// Base and adapter together on every objective: all that a run has to remember.
    static Json job()
    {
        return {{"stage", "midtrain"},
                {"base", "base"},
                {"adapter",
                 {{"lora", {{"r", 4}, {"alpha", 8}, {"dropout", 0.1}, {"targets", {"q_proj", "v_proj"}}}},
                  {"slots", 8},
                  {"elastic_slots", {4, 8}},
                  {"span_tokens", 32},
                  {"position_layout", "spread"},
                  {"slot_scale", true},
                  {"prompt", {{"left", ""}, {"right_before", " Q:"}, {"right_after", " A:"}}}}},
                {"data",
                 {{"texts", {"train.txt"}},
                  {"questions", {"questions.jsonl"}},
                  {"validation_texts", {"val.jsonl"}},
                  {"validation_questions", {"questions.jsonl"}}}},
                {"mixture", {{"ae", 0.4}, {"lm", 0.2}, {"plain", 0.2}, {"ft", 0.1}, {"ft_text", 0.1}}},
                {"ae", {{"cells", Json::array({{16, 4}, {32, 8}})}, {"shorten", 0.5}}},
                {"lm", {{"spans", {1, 2}}, {"slots", {4, 8}}, {"tokens", 16}}},
                {"plain", {{"tokens", 32}, {"copies", 0.2}}},
                {"batch_tokens", 64},
                {"accumulate", 2},
                {"optimizer", {{"learning_rate", 1e-3}, {"warmup", 5}}},
                {"evaluate", {{"cells", Json::array({{32, 8}})}, {"windows", 2}, {"samples", 1}}},
                {"stop", {{"steps", 30}}},
                {"every", {{"log", 3}, {"evaluate", 10}, {"checkpoint", 4}, {"keep", 2}}},
                {"seed", 7}};
    }

    void writeJob(const std::string& name, const Json& json) const
    {
        write(name, QByteArray::fromStdString(json.dump(1)));
    }

    /// The small model with an embedding of so many rows; what it has more is zeros that take no room on the disk.
    void writeVastBase(const std::string& folder, std::int64_t rows) const
    {
        std::filesystem::create_directories(path(folder));
        copy(path("base/tokenizer.model"), folder + "/tokenizer.model");
        auto config = Json::parse(contentOf(path("base/config.json")).toStdString());
        config["vocab_size"] = rows;
        writeJob(folder + "/config.json", config);
        const auto file = contentOf(path("base/model.safetensors")).toStdString();
        std::uint64_t size = 0;
        std::memcpy(&size, file.data(), sizeof size);
        auto header = Json::parse(file.substr(sizeof size, size));
        const auto data = file.substr(sizeof size + size);
        auto& embedding = header["model.embed_tokens.weight"];
        const std::int64_t begin = embedding["data_offsets"][0];
        const std::int64_t end = embedding["data_offsets"][1];
        const std::int64_t bytes = (end - begin) / embedding["shape"][0].get<std::int64_t>() * rows;
        for (auto& [name, tensor] : header.items()) // what stood behind it moves up, and it stands last
            if (name != "__metadata__" && tensor["data_offsets"][0] >= end)
                for (auto& offset : tensor["data_offsets"])
                    offset = offset.get<std::int64_t>() - (end - begin);
        const auto place = static_cast<std::int64_t>(data.size()) - (end - begin);
        embedding["shape"][0] = rows;
        embedding["data_offsets"] = {place, place + bytes};
        const auto text = header.dump();
        size = text.size();
        auto all = std::string(sizeof size, '\0') + text + data.substr(0, static_cast<std::size_t>(begin))
            + data.substr(static_cast<std::size_t>(end));
        std::memcpy(all.data(), &size, sizeof size);
        const auto weights = folder + "/model.safetensors";
        write(weights, QByteArray::fromStdString(all));
        std::filesystem::resize_file(path(weights), all.size() + static_cast<std::uintmax_t>(bytes));
    }

    /// A process that trains.
    std::unique_ptr<QProcess> start(const QStringList& arguments,
                                    const QString& program = QStringLiteral(ICAE_PROGRAM)) const
    {
        auto process = std::make_unique<QProcess>();
        process->setWorkingDirectory(file(""));
        process->setProcessChannelMode(QProcess::MergedChannels);
        process->start(program, arguments);
        process->waitForStarted();
        return process;
    }

    /// JSON lines of a file, but for events.
    std::vector<Json> lines(const std::string& name) const
    {
        std::vector<Json> parsed;
        for (auto& json : allLines(name))
            if (!json.contains("event"))
                parsed.push_back(std::move(json));
        return parsed;
    }

    /// "kind step" of the events in a run's metrics.jsonl.
    QStringList events(const std::string& run) const
    {
        QStringList all;
        for (const auto& json : allLines(run + "/metrics.jsonl"))
            if (json.contains("event"))
                all.append(QString::fromStdString(json["event"].get<std::string>() + " " + json["step"].dump()));
        return all;
    }

    /// metrics.jsonl without what depends on the clock; numbers as they are written, with every digit.
    QStringList metrics(const std::string& run) const
    {
        QStringList all;
        for (auto line : lines(run + "/metrics.jsonl")) {
            line.erase("seconds");
            line.erase("tokens_per_s");
            line.erase("peak_bytes");
            all.append(QString::fromStdString(line.dump()));
        }
        return all;
    }

    /// The run as `icae runs --json` lists it.
    Json listed(const std::string& run) const
    {
        const auto result = this->run({QStringLiteral("runs"), QString::fromStdString(run), QStringLiteral("--json")});
        const auto json = Json::parse(result.out.toStdString(), nullptr, false);
        return json.is_array() && json.size() == 1 ? json[0] : Json{{"state", "unlisted"}};
    }

    std::string state(const std::string& run) const { return listed(run)["state"]; }

    /// The state that status.json names by itself; for waiting.
    std::string written(const std::string& run) const
    {
        const auto json = Json::parse(contentOf(path(run + "/status.json")).toStdString(), nullptr, false);
        return json.is_object() ? json["state"] : Json("none");
    }

    /// Waits until a run has logged so many steps; false after a minute, sanitized after several.
    bool waitForStep(const std::string& run, std::int64_t step) const
    {
        for (QElapsedTimer timer = started(); timer.elapsed() < qint64{60000} * slowness; QTest::qWait(20))
            for (const auto& line : lines(run + "/metrics.jsonl"))
                if (line.value("step", std::int64_t{0}) >= step)
                    return true;
        return false;
    }

    std::vector<std::string> checkpoints(const std::string& run) const
    {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(path(run + "/checkpoints")))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }

    static QByteArray contentOf(const std::filesystem::path& path)
    {
        QFile file(QString::fromStdString(path.string()));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    static QElapsedTimer started()
    {
        QElapsedTimer timer;
        timer.start();
        return timer;
    }

private:
    std::vector<Json> allLines(const std::string& name) const
    {
        std::vector<Json> parsed;
        std::ifstream stream(path(name));
        for (std::string line; std::getline(stream, line);)
            if (auto json = Json::parse(line, nullptr, false); !json.is_discarded())
                parsed.push_back(std::move(json));
        return parsed;
    }
};
