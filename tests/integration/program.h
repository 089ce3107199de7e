#pragma once

#include "../slowness.h"

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

/// What one run of the program `icae` left behind.
struct RunResult {
    int code = -1;
    QByteArray out;
    QByteArray err;

    nlohmann::json json() const { return nlohmann::json::parse(out.toStdString()); }
};

/// A folder with a small model of random weights: what it writes is nonsense, but everything mechanical is real.
class ModelFixture {
public:
    ModelFixture()
    {
        const std::filesystem::path golden = ICAE_TEST_GOLDEN;
        std::filesystem::create_directories(path("base"));
        std::filesystem::create_directories(path("reconstruct"));
        copy(golden / "llama_tied_mha_all_linear/config.json", "base/config.json");
        copy(golden / "llama_tied_mha_all_linear/model.safetensors", "base/model.safetensors");
        copy(std::filesystem::path(ICAE_TEST_DATA) / "tiny/tokenizer.model", "base/tokenizer.model");
        copy(golden / "spread_elastic/icae.safetensors", "reconstruct/icae.safetensors");
        copy(golden / "spread_elastic/icae_config.json", "reconstruct/icae_config.json");
        write("text.txt", text(20));
    }

    static QByteArray text(int sentences)
    {
        QByteArray text;
        for (int i = 0; i < sentences; ++i)
            text += "The miller counted " + QByteArray::number(i) + " coins, café and 日本 included. ";
        return text;
    }

    std::filesystem::path path(const std::string& name) const { return m_folder.path().toStdString() + "/" + name; }
    QString file(const std::string& name) const { return QString::fromStdString(path(name).string()); }

    void copy(const std::filesystem::path& from, const std::string& to) const
    {
        std::filesystem::copy_file(from, path(to), std::filesystem::copy_options::overwrite_existing);
    }

    void write(const std::string& name, const QByteArray& content) const
    {
        QFile target(file(name));
        if (target.open(QIODevice::WriteOnly))
            target.write(content);
    }

    /// Runs the program in the folder.
    RunResult run(const QStringList& arguments, const QByteArray& input = {},
                  const QString& program = QStringLiteral(ICAE_PROGRAM)) const
    {
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        process.start(program, arguments);
        process.write(input);
        process.closeWriteChannel();
        process.waitForFinished(120000 * slowness);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardOutput(),
                process.readAllStandardError()};
    }

    /// Arguments of a command with the fixture's model.
    QStringList with(const QString& command, const QStringList& more) const
    {
        return QStringList{command, QStringLiteral("--model"), m_folder.path()} + more;
    }

    std::size_t files() const
    {
        return static_cast<std::size_t>(std::distance(std::filesystem::recursive_directory_iterator(path("")),
                                                      std::filesystem::recursive_directory_iterator()));
    }

private:
    QTemporaryDir m_folder;
};
