#include "train/publish.h"

#include "icae/base_identity.h"
#include "input/remove_tree.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "runs/appended_lines.h"
#include "runs/run_checkpoints.h"
#include "runs/run_index.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"
#include "train/model_card.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

RunCheckpoint chosen(const PublishRunParams& params)
{
    const auto all = checkpointsOf(params.run, statusOf(params.run));
    const auto found = std::find_if(all.rbegin(), all.rend(), [&](const RunCheckpoint& one) {
        return (!params.step || one.step == *params.step)
            && std::find(one.keeps.begin(), one.keeps.end(), "adapter") != one.keeps.end();
    });
    if (found != all.rend())
        return *found;
    throw Error(ErrorKind::NotFound,
                params.run + " keeps no adapter"
                    + (params.step ? " of step " + std::to_string(*params.step) : std::string()) + ".",
                "Choose a checkpoint that is still there, or wait for the run's next one.");
}

nlohmann::json readJson(const fs::path& file)
{
    std::error_code ignored;
    return fs::exists(file, ignored) ? JsonReader::parse(readTextFile(file), file.string(), true).json()
                                     : nlohmann::json::object();
}

CardSource sourceOf(const fs::path& run, const RunCheckpoint& checkpoint)
{
    CardSource source;
    source.name = fs::absolute(run).lexically_normal().filename().string();
    source.step = checkpoint.step;
    source.hasBase = std::find(checkpoint.keeps.begin(), checkpoint.keeps.end(), "base") != checkpoint.keeps.end();
    source.job = nlohmann::ordered_json::parse(readTextFile(run / "config.json"), nullptr, true, true);
    source.inputs = readJson(run / "inputs.json").value("sha256", nlohmann::json::object());
    source.adapter = readJson(fs::path(checkpoint.path) / "adapter" / "icae_config.json");
    FilePosition position;
    for (bool more = true; more;) {
        const auto read = readAppended(run / "metrics.jsonl", position, std::int64_t{4} << 20U);
        std::istringstream lines(read.lines);
        for (std::string line; std::getline(lines, line);)
            if (auto json = nlohmann::json::parse(line, nullptr, false);
                json.is_object() && !json.contains("event") && json.value("step", INT64_MAX) <= checkpoint.step)
                source.metrics.push_back(std::move(json));
        position = read.next;
        more = read.more;
    }
    return source;
}

/// A folder that is renamed to its name when all is in it.
class NewFolder {
public:
    explicit NewFolder(fs::path target)
        : m_target(std::move(target))
        , m_aside(m_target.parent_path() / (std::string(AtomicFile::prefix) + std::to_string(getpid())))
    {
        std::error_code fault;
        if (!m_target.is_absolute())
            throw Error(ErrorKind::InvalidInput, "\"" + m_target.string() + "\" is no absolute path.",
                        "Name a folder from the root.");
        if (fs::exists(m_target, fault))
            throw Error(ErrorKind::InvalidInput, m_target.string() + " exists already.", "Name a new folder.");
        removeTree(m_aside);
        fs::create_directories(m_aside, fault);
        if (fault)
            throw Error(ErrorKind::Io, m_target.string() + " cannot be made: " + fault.message() + ".",
                        "Check that you may write there.");
    }
    ~NewFolder() { removeTree(m_aside); }
    NewFolder(const NewFolder&) = delete;
    NewFolder& operator=(const NewFolder&) = delete;

    const fs::path& aside() const { return m_aside; }

    void copy(const fs::path& from, const fs::path& to) const
    {
        std::error_code fault;
        fs::copy(from, to, fs::copy_options::recursive, fault);
        if (fault)
            throw Error(ErrorKind::Io, from.string() + " cannot be copied: " + fault.message() + ".",
                        "Check the disk, and whether the checkpoint is still there.");
    }

    void finish() const
    {
        std::error_code fault;
        fs::rename(m_aside, m_target, fault);
        if (fault)
            throw Error(ErrorKind::Io, m_target.string() + " cannot be made: " + fault.message() + ".",
                        "Name another folder.");
        syncFolder(m_target.parent_path());
    }

private:
    fs::path m_target;
    fs::path m_aside;
};

} // namespace

namespace {

/// What is given away is read anew: others will trust the hashes in it.
void requireItsBase(const fs::path& base, const fs::path& adapter, const fs::path& checkpoint)
{
    const auto file = adapter / "icae_config.json";
    const auto named = parseAdapterConfig(readTextFile(file), file.string()).base;
    const BaseIdentity found(base, hashBase(base, {HashOptions::Effort::Anew, {}, {}}),
                             {HashOptions::Effort::Anew, {}, {}});
    if (const auto why = found.whyNot(named); !why.empty())
        throw Error(ErrorKind::InvalidInput,
                    "The checkpoint " + checkpoint.string()
                        + " is damaged: its adapter names another base than the one " + "beside it: " + why + ".",
                    "Check the disk, and choose another checkpoint.");
}

} // namespace

PublishedRun publishRun(const PublishRunParams& params, const std::string& version)
{
    const auto checkpoint = chosen(params);
    auto source = sourceOf(params.run, checkpoint);
    source.version = version;
    const fs::path from = checkpoint.path;
    auto target = fs::path(params.folder).lexically_normal();
    const NewFolder folder(target.has_filename() ? target : target.parent_path());
    if (source.hasBase)
        folder.copy(from / "base", folder.aside() / "base");
    folder.copy(from / "adapter", source.hasBase ? folder.aside() / "adapter" : folder.aside());
    if (source.hasBase)
        requireItsBase(folder.aside() / "base", folder.aside() / "adapter", from);
    writeFile(folder.aside() / "README.md", modelCard(source));
    writeFile(folder.aside() / "curves.svg", curvesFigure(source));
    folder.finish();
    PublishedRun published{params.folder, {}};
    for (const auto& entry : fs::recursive_directory_iterator(target))
        if (entry.is_regular_file())
            published.files.push_back(entry.path().lexically_relative(target).string());
    std::sort(published.files.begin(), published.files.end());
    return published;
}

} // namespace icae
