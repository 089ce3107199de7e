#include "study/texts.h"

#include "protocol/error.h"
#include "protocol/json_lines.h"
#include "runs/places.h"
#include "text/text_file.h"

#include <algorithm>
#include <filesystem>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto allSamples = "samples";
constexpr std::string_view samplePrefix = "samples/";
constexpr auto foreignSamples = "polish"; // a study of its own kind

fs::path sampleFolder()
{
    return bundled("samples/study");
}

std::vector<StudyText> readFile(const fs::path& file, const std::string& id)
{
    auto content = readTextFile(file);
    if (file.extension() != ".jsonl")
        return {{id, std::move(content)}};
    std::vector<StudyText> texts;
    forEachJsonLine(content, file.string(), [&](const JsonReader& row) {
        texts.push_back({id + "#" + std::to_string(texts.size() + 1), row.text("text")});
    });
    return texts;
}

std::vector<StudyText> readSamples()
{
    std::vector<std::vector<StudyText>> files;
    std::size_t longest = 0;
    for (const auto& name : bundledTextNames()) {
        if (name == foreignSamples)
            continue;
        files.push_back(readFile(sampleFolder() / (name + ".jsonl"), std::string(samplePrefix) + name));
        longest = std::max(longest, files.back().size());
    }
    std::vector<StudyText> texts;
    for (std::size_t i = 0; i < longest; ++i)
        for (auto& file : files)
            if (i < file.size())
                texts.push_back(std::move(file[i]));
    return texts;
}

} // namespace

bool isBundledText(const std::string& entry)
{
    return entry == allSamples || entry.starts_with(samplePrefix);
}

std::vector<std::string> bundledTextNames()
{
    std::vector<std::string> names;
    std::error_code fault;
    for (const auto& entry : fs::directory_iterator(sampleFolder(), fault))
        if (entry.path().extension() == ".jsonl")
            names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::string whyNoText(const std::string& entry)
{
    if (isBundledText(entry)) {
        const auto names = bundledTextNames();
        const bool known = entry == allSamples
            ? !names.empty()
            : std::find(names.begin(), names.end(), entry.substr(samplePrefix.size())) != names.end();
        return known ? std::string() : "names texts that do not come with this program";
    }
    std::error_code fault;
    const fs::path file = entry;
    if (!fs::is_regular_file(file, fault))
        return "names " + entry + ", which is no file";
    const auto kind = file.extension();
    return kind == ".txt" || kind == ".md" || kind == ".jsonl" ? std::string()
                                                               : "names " + entry + ", which is no text";
}

std::vector<StudyText> readStudyTexts(const std::vector<std::string>& entries)
{
    std::vector<StudyText> texts;
    for (const auto& entry : entries) {
        if (const auto why = whyNoText(entry); !why.empty())
            throw Error(ErrorKind::NotFound, "The study " + why + ".",
                        "Name a .txt, .md or .jsonl file, or \"samples\".");
        const bool ours = isBundledText(entry);
        auto some = entry == allSamples ? readSamples()
            : ours ? readFile(sampleFolder() / (entry.substr(samplePrefix.size()) + ".jsonl"), entry)
                   : readFile(entry, fs::path(entry).filename().string());
        std::move(some.begin(), some.end(), std::back_inserter(texts));
    }
    return texts;
}

} // namespace icae
