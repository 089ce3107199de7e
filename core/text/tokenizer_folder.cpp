#include "text/tokenizer_folder.h"

#include "protocol/error.h"

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto modelName = "tokenizer.model";
constexpr auto jsonName = "tokenizer.json";

/// What their vocabularies differ in; empty where every token of tokenizer.model is in tokenizer.json by the same id.
std::string difference(const Tokenizer& model, const Tokenizer& json)
{
    for (std::int32_t id = 0; id < model.size(); ++id)
        if (!json.contains(id) || model.piece(id) != json.piece(id))
            return "token " + std::to_string(id) + " is \"" + model.piece(id) + "\" in one and "
                + (json.contains(id) ? "\"" + json.piece(id) + "\"" : "missing") + " in the other";
    return {};
}

bool isThere(const fs::path& file)
{
    std::error_code ignored;
    return fs::is_symlink(file, ignored) || fs::exists(file, ignored); // a link that leads nowhere is named on loading
}

} // namespace

FolderTokenizer loadFolderTokenizer(const fs::path& folder)
{
    const auto model = folder / modelName;
    const auto json = folder / jsonName;
    const bool both = isThere(model) && isThere(json);
    if (!both) {
        if (!isThere(model) && !isThere(json))
            return {};
        const auto file = isThere(model) ? model : json;
        return {file, Tokenizer::load(file), {}};
    }
    auto ofModel = Tokenizer::load(model);
    std::shared_ptr<const Tokenizer> ofJson;
    try {
        ofJson = Tokenizer::load(json);
    } catch (const Error& error) {
        return {model, std::move(ofModel),
                "tokenizer.model is used, since tokenizer.json cannot be: " + error.message()};
    }
    if (const auto why = difference(*ofModel, *ofJson); !why.empty())
        return {json, std::move(ofJson),
                "tokenizer.json is used, and not tokenizer.model, whose vocabulary is another: " + why + "."};
    return {model, std::move(ofModel), {}};
}

fs::path tokenizerFileIn(const fs::path& folder)
{
    if (isThere(folder / modelName) && isThere(folder / jsonName))
        return loadFolderTokenizer(folder).file;
    return folder / (isThere(folder / jsonName) ? jsonName : modelName);
}

} // namespace icae
