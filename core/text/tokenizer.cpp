#include "text/tokenizer.h"

#include "protocol/error.h"
#include "text/plugin/plugin.h"
#include "text/text_parts.h"
#include "text/utf8.h"

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <sstream>
#include <utility>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto pluginName = "icae_sentencepiece.so";
constexpr std::size_t worthThreads = std::size_t{64} << 10U; // bytes; corpora of short texts have threads of their own

void receiveText(void* user, const char* bytes, std::size_t size)
{
    static_cast<std::string*>(user)->assign(bytes, size);
}

/// Beside the running program: where the build and the installation put it.
std::vector<fs::path> pluginPlaces()
{
    std::vector<fs::path> places;
    if (const char* folder = std::getenv("ICAE_PLUGIN_DIR")) // NOLINT(concurrency-mt-unsafe): nobody changes it
        places.emplace_back(fs::path(folder) / pluginName);
    std::error_code ignored;
    const auto program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    places.push_back(program / "../lib/icae" / pluginName);
#ifdef ICAE_LIBDIR
    places.push_back(program / ".." / ICAE_LIBDIR / "icae" / pluginName);
#endif
    return places;
}

void* openIsolated(const fs::path& file)
{
#if defined(__SANITIZE_ADDRESS__)
    // AddressSanitizer refuses RTLD_DEEPBIND; a link namespace of its own isolates as well.
    return dlmopen(LM_ID_NEWLM, file.c_str(), RTLD_NOW | RTLD_LOCAL);
#else
    return dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
#endif
}

} // namespace

/// The plug-in, opened once: it stays open for the life of the process, since sentencepiece's statics do not survive
/// closing, and a process has room for 15 link namespaces.
struct Tokenizer::Plugin {
    const IcaeTokenizerApi* api = nullptr;

    static std::shared_ptr<const Plugin> opened();

private:
    static std::shared_ptr<const Plugin> open();
};

std::shared_ptr<const Tokenizer::Plugin> Tokenizer::Plugin::opened()
{
    static const auto plugin = open(); // tried again where it throws
    return plugin;
}

std::shared_ptr<const Tokenizer::Plugin> Tokenizer::Plugin::open()
{
    std::string faults;
    for (const auto& file : pluginPlaces()) {
        std::error_code ignored;
        if (!fs::exists(file, ignored)) {
            faults += file.string() + ": no such file\n";
            continue;
        }
        void* library = openIsolated(file);
        void* entry = library == nullptr ? nullptr : dlsym(library, "icaeTokenizerApi");
        if (entry != nullptr) {
            auto plugin = std::make_shared<Plugin>();
            plugin->api = reinterpret_cast<const IcaeTokenizerApi* (*)()>(entry)(); // NOLINT: dlsym has no other type
            return plugin;
        }
        const char* fault = dlerror(); // NOLINT(concurrency-mt-unsafe)
        faults += fault == nullptr ? file.string() : fault;
        faults += "\n";
    }
    throw Error(ErrorKind::Internal, "The tokenizer plug-in " + std::string(pluginName) + " could not be loaded.",
                "Install sentencepiece, build again, or set ICAE_PLUGIN_DIR to the folder that holds it.", faults);
}

struct Tokenizer::Handle {
    const IcaeTokenizerApi* api = nullptr;
    IcaeTokenizer* tokenizer = nullptr;
    Handle(const IcaeTokenizerApi* functions, IcaeTokenizer* loaded)
        : api(functions)
        , tokenizer(loaded)
    {
    }
    ~Handle() { api->destroy(tokenizer); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
};

std::shared_ptr<const Tokenizer> Tokenizer::load(const fs::path& modelFile)
{
    std::ifstream file(modelFile, std::ios::binary);
    std::ostringstream model;
    model << file.rdbuf();
    if (!file)
        throw Error(ErrorKind::NotFound, "There is no tokenizer at " + modelFile.string() + ".",
                    "The model's folder must hold its tokenizer.model; download it from where the model came.");
    return std::shared_ptr<const Tokenizer>(
        new Tokenizer(Plugin::opened(), model.str(), modelFile.string())); // NOLINT: the constructor is private
}

Tokenizer::Tokenizer(std::shared_ptr<const Plugin> plugin, std::string_view model, const std::string& source)
    : m_plugin(std::move(plugin))
{
    std::string fault;
    auto* loaded = m_plugin->api->load(model.data(), model.size(), &fault, receiveText);
    if (loaded == nullptr)
        throw Error(ErrorKind::InvalidInput, source + " is not a sentencepiece model.",
                    "Download the file again; models with another kind of tokenizer are not supported.", fault);
    m_handle = std::make_unique<Handle>(m_plugin->api, loaded);
    m_size = m_plugin->api->size(loaded);
    // Parts that begin with a line break rely on the space before it being one token.
    m_wordsAlone = m_plugin->api->encodesWordsAlone(loaded) && encodeWhole("\n").size() == 2;
}

Tokenizer::~Tokenizer() = default;

std::vector<Token> Tokenizer::encodeWhole(std::string_view text) const
{
    std::vector<Token> tokens;
    const auto receive = [](void* user, const IcaePiece* pieces, std::size_t count) {
        auto& target = *static_cast<std::vector<Token>*>(user);
        target.reserve(count);
        for (std::size_t i = 0; i < count; ++i)
            target.push_back({pieces[i].id, pieces[i].begin, pieces[i].end});
    };
    m_plugin->api->encode(m_handle->tokenizer, text.data(), text.size(), &tokens, receive);
    return tokens;
}

std::vector<Tokenizer::Part> Tokenizer::parts(std::string_view text) const
{
    if (const auto offset = firstInvalidUtf8(text))
        throw Error(ErrorKind::InvalidInput,
                    "The text is not valid UTF-8: byte " + std::to_string(*offset) + " starts no character.",
                    "Convert the text to UTF-8 first, for example with iconv.");
    if (text.size() > UINT32_MAX)
        throw Error(ErrorKind::InvalidInput, "The text is longer than 4 GiB.", "Split it.");
    if (text.empty())
        return {};
    const auto begins = m_wordsAlone ? partBegins(text) : std::vector<std::size_t>{0};
    std::vector<Part> parts;
    for (std::size_t i = 0; i < begins.size(); ++i)
        parts.push_back({begins[i], i + 1 < begins.size() ? begins[i + 1] : text.size()});
    return parts;
}

std::vector<Token> Tokenizer::encodePart(std::string_view text, Part part) const
{
    const auto own = text.substr(part.begin, part.end - part.begin);
    if (part.begin == 0)
        return encodeWhole(own);
    if (own.front() == '\n') { // behind the space that is set before every text
        auto tokens = encodeWhole(own);
        tokens.erase(tokens.begin());
        return tokens;
    }
    // That space stands for the one that the part begins with.
    auto tokens = encodeWhole(own.substr(1));
    for (auto& token : tokens) {
        ++token.begin;
        ++token.end;
    }
    tokens.front().begin = 0;
    return tokens;
}

std::vector<Token> Tokenizer::encode(std::string_view text) const
{
    const auto ranges = parts(text);
    std::vector<std::vector<Token>> tokens(ranges.size());
    const auto encodeOne = [&](std::size_t i) { tokens[i] = encodePart(text, ranges[i]); };
    if (text.size() < worthThreads)
        for (std::size_t i = 0; i < ranges.size(); ++i)
            encodeOne(i);
    else
        forEachPart(ranges.size(), encodeOne);
    if (ranges.size() == 1)
        return std::move(tokens.front());
    std::vector<Token> all;
    for (std::size_t i = 0; i < ranges.size(); ++i)
        for (const auto& token : tokens[i])
            all.push_back({token.id, token.begin + ranges[i].begin, token.end + ranges[i].begin});
    return all;
}

std::vector<std::int32_t> Tokenizer::encodeIds(std::string_view text) const
{
    std::vector<std::int32_t> ids;
    for (const auto& token : encode(text))
        ids.push_back(token.id);
    return ids;
}

void Tokenizer::requireId(std::int32_t id) const
{
    if (!contains(id))
        throw Error(ErrorKind::InvalidInput,
                    "Token " + std::to_string(id) + " is outside the vocabulary of " + std::to_string(m_size) + ".",
                    "The tokenizer does not belong to this model; use the one from the model's folder.");
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids) const
{
    for (const auto id : ids)
        requireId(id);
    std::string text;
    m_plugin->api->decode(m_handle->tokenizer, ids.data(), ids.size(), &text, receiveText);
    return replaceInvalidUtf8(text);
}

std::string Tokenizer::piece(std::int32_t id) const
{
    requireId(id);
    std::string text;
    m_plugin->api->piece(m_handle->tokenizer, id, &text, receiveText);
    return text;
}

bool Tokenizer::isByte(std::int32_t id) const
{
    return contains(id) && m_plugin->api->isByte(m_handle->tokenizer, id);
}

bool Tokenizer::isControl(std::int32_t id) const
{
    return contains(id) && m_plugin->api->isControl(m_handle->tokenizer, id);
}

std::int32_t Tokenizer::bosId() const
{
    return m_plugin->api->bosId(m_handle->tokenizer);
}

std::int32_t Tokenizer::eosId() const
{
    return m_plugin->api->eosId(m_handle->tokenizer);
}

std::int32_t Tokenizer::unknownId() const
{
    return m_plugin->api->unknownId(m_handle->tokenizer);
}

} // namespace icae
