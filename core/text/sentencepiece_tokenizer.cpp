#include "text/sentencepiece_tokenizer.h"

#include "protocol/error.h"
#include "text/plugin/plugin.h"
#include "text/text_parts.h"
#include "text/utf8.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <dlfcn.h>
#include <utility>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto pluginName = "icae_sentencepiece.so";

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
struct SentencePieceTokenizer::Plugin {
    const IcaeTokenizerApi* api = nullptr;

    static std::shared_ptr<const Plugin> opened();

private:
    static std::shared_ptr<const Plugin> open();
};

std::shared_ptr<const SentencePieceTokenizer::Plugin> SentencePieceTokenizer::Plugin::opened()
{
    static const auto plugin = open(); // tried again where it throws
    return plugin;
}

std::shared_ptr<const SentencePieceTokenizer::Plugin> SentencePieceTokenizer::Plugin::open()
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

struct SentencePieceTokenizer::Handle {
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

SentencePieceTokenizer::SentencePieceTokenizer(std::string_view model, const std::string& source)
    : m_plugin(Plugin::opened())
{
    std::string fault;
    auto* loaded = m_plugin->api->load(model.data(), model.size(), &fault, receiveText);
    if (loaded == nullptr)
        throw Error(ErrorKind::InvalidInput, source + " is not a sentencepiece model.",
                    "Download the file again from where the model came.", fault);
    m_handle = std::make_unique<Handle>(m_plugin->api, loaded);
    m_size = m_plugin->api->size(loaded);
    // Parts that begin with a line break rely on the space before it being one token.
    m_wordsAlone = m_plugin->api->encodesWordsAlone(loaded) && encodeWhole("\n").size() == 2;
    findAnchor();
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

/// sentencepiece drops the dummy prefix of the first piece only: decoding behind an anchor gives any other piece's text
/// as it stands within a sentence.
void SentencePieceTokenizer::findAnchor()
{
    for (std::int32_t id = 0; id < m_size && m_anchor < 0; ++id) {
        if (isByte(id) || isControl(id) || id == unknownId())
            continue;
        const auto text = piece(id);
        if (text.size() == 1 && text[0] > ' ' && text[0] < '\x7f')
            m_anchor = id;
    }
}

std::vector<std::size_t> SentencePieceTokenizer::partBeginsIn(std::string_view text) const
{
    return m_wordsAlone ? partBegins(text, PartPlaces::BeforeSpaces) : std::vector<std::size_t>{0};
}

std::vector<Token> SentencePieceTokenizer::encodeWhole(std::string_view text) const
{
    std::vector<Token> tokens;
    const auto receive = [](void* user, const IcaePiece* pieces, std::size_t count) {
        auto& target = *static_cast<std::vector<Token>*>(user);
        target.reserve(count);
        for (std::size_t i = 0; i < count; ++i)
            target.push_back({pieces[i].id, pieces[i].begin, pieces[i].end});
    };
    m_plugin->api->encode(m_handle->tokenizer, text.data(), text.size(), &tokens, receive);
    // What the normaliser drops, spaces most often, belongs to the token that follows, and at the end to the last one.
    std::size_t covered = 0;
    for (auto& token : tokens) {
        token.begin = std::min(token.begin, covered);
        token.end = std::max(token.end, covered);
        covered = token.end;
    }
    if (!tokens.empty())
        tokens.back().end = text.size();
    return tokens;
}

std::vector<Token> SentencePieceTokenizer::encodePart(std::string_view text, Part part) const
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

std::string SentencePieceTokenizer::decode(std::span<const std::int32_t> ids) const
{
    for (const auto id : ids)
        requireId(id);
    std::string text;
    m_plugin->api->decode(m_handle->tokenizer, ids.data(), ids.size(), &text, receiveText);
    return replaceInvalidUtf8(text);
}

std::string SentencePieceTokenizer::bytesOf(std::int32_t id, bool first) const
{
    if (isControl(id))
        return {};
    if (isByte(id)) {
        const auto text = piece(id); // "<0x41>"
        unsigned byte = 0;
        std::from_chars(text.data() + 3, text.data() + text.size() - 1, byte, 16);
        return {static_cast<char>(byte)};
    }
    if (first || m_anchor < 0)
        return decode(std::array{id});
    return decode(std::array{m_anchor, id}).substr(1);
}

std::string SentencePieceTokenizer::piece(std::int32_t id) const
{
    requireId(id);
    std::string text;
    m_plugin->api->piece(m_handle->tokenizer, id, &text, receiveText);
    return text;
}

bool SentencePieceTokenizer::isByte(std::int32_t id) const
{
    return contains(id) && m_plugin->api->isByte(m_handle->tokenizer, id);
}

bool SentencePieceTokenizer::isControl(std::int32_t id) const
{
    return contains(id) && m_plugin->api->isControl(m_handle->tokenizer, id);
}

std::int32_t SentencePieceTokenizer::find(std::string_view name) const
{
    for (std::int32_t id = 0; id < m_size; ++id)
        if (piece(id) == name)
            return id;
    return -1;
}

std::int32_t SentencePieceTokenizer::bosId() const
{
    return m_plugin->api->bosId(m_handle->tokenizer);
}

std::int32_t SentencePieceTokenizer::eosId() const
{
    return m_plugin->api->eosId(m_handle->tokenizer);
}

std::int32_t SentencePieceTokenizer::unknownId() const
{
    return m_plugin->api->unknownId(m_handle->tokenizer);
}

} // namespace icae
