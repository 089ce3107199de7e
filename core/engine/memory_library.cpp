#include "engine/memory_library.h"

#include "engine/engine_settings.h"
#include "measure/unicode.h"
#include "reading/plan.h"
#include "runs/places.h"
#include "tensor/atomic_file.h"
#include "tensor/finite.h"

#include <algorithm>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr auto ending = ".memory";
constexpr std::ptrdiff_t mostOpen = 16; // memories whose slots are kept
constexpr std::size_t previewBytes = 160;

void require(const std::error_code& fault, const std::string& what)
{
    if (fault)
        throw Error(ErrorKind::Io, what + ": " + fault.message() + ".",
                    "Make room, or choose a library folder that you may write to.");
}

[[noreturn]] void refuseUnknown(const std::string& id)
{
    throw Error(ErrorKind::NotFound, "The library has no memory " + id + " any more.",
                "Restore it, or add its text again.");
}

/// Ids come from elsewhere and become names of files.
void requireName(const std::string& id)
{
    const bool plain = !id.empty() && id.size() <= 128 && std::all_of(id.begin(), id.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_';
    });
    if (!plain)
        throw Error(ErrorKind::InvalidInput, "\"" + id + "\" cannot be the id of a memory.",
                    "Use an id that the library lists.");
}

std::string previewOf(const std::string& text)
{
    std::string line;
    for (std::size_t i = 0; i < text.size() && line.size() < previewBytes;) {
        const auto [code, bytes] = characterAt(text, i);
        if (!isUnicodeSpace(code))
            line.append(text, i, bytes);
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
        i += bytes;
    }
    return line;
}

} // namespace

fs::path MemoryLibrary::root()
{
    const auto settings = readEngineSettings();
    return settings.library.empty() ? defaultLibraryFolder() : fs::path(settings.library);
}

fs::path MemoryLibrary::place(const std::string& id)
{
    requireName(id);
    return root() / (id + ending);
}

fs::path MemoryLibrary::trash(const std::string& id)
{
    requireName(id);
    return root() / ".trash" / (id + ending);
}

LibraryFolder MemoryLibrary::folder(const LibraryFolderParams& params)
{
    if (!params.folder.empty()) {
        changeEngineFolder(&EngineSettings::library, params.folder, defaultLibraryFolder());
        const std::scoped_lock lock(m_mutex);
        m_entries.clear();
    }
    return {root().string(), readEngineSettings().library.empty()};
}

/// What is known of a file, read again where it has changed.
MemoryLibrary::Entry MemoryLibrary::entry(const std::string& id)
{
    const auto path = place(id);
    std::error_code fault;
    const auto changed = fs::last_write_time(path, fault);
    const auto bytes = fault ? 0 : fs::file_size(path, fault);
    if (fault) {
        const std::scoped_lock lock(m_mutex);
        m_entries.erase(id);
        refuseUnknown(id);
    }
    {
        const std::scoped_lock lock(m_mutex);
        if (const auto found = m_entries.find(id);
            found != m_entries.end() && found->second.changed == changed && found->second.bytes == bytes)
            return found->second;
    }
    Entry read;
    read.changed = changed;
    read.bytes = bytes;
    try {
        const auto file = std::make_shared<LibraryFile>(LibraryFile::read(path));
        auto words = file->label.name;
        for (const auto& tag : file->label.tags)
            words += "\n" + tag;
        read.folded = caseFolded(words + "\n" + file->text);
        read.file = file;
    } catch (const Error& error) {
        read.fault = error;
    }
    const std::scoped_lock lock(m_mutex);
    m_entries[id] = read;
    return read;
}

std::shared_ptr<const LibraryFile> MemoryLibrary::known(const std::string& id)
{
    const auto found = entry(id);
    if (found.fault)
        throw Error(*found.fault);
    return found.file;
}

LibraryFile MemoryLibrary::file(const std::string& id)
{
    return *known(id);
}

LibraryMemory MemoryLibrary::describe(const std::string& id, const Entry& entry, const Model* model)
{
    LibraryMemory memory;
    memory.id = id;
    memory.bytes = static_cast<std::int64_t>(entry.bytes);
    if (!entry.file) {
        memory.name = id;
        memory.hasText = false;
        memory.problem = entry.fault->message();
        memory.remedy = entry.fault->remedy();
        return memory;
    }
    const auto& [header, label, text] = *entry.file;
    memory.name = label.name;
    memory.tags = label.tags;
    memory.textSha256 = header.sourceHash;
    memory.adapterName = header.adapterName;
    memory.adapterSha256 = header.adapterHash;
    memory.tokens = header.sourceTokens;
    memory.slots = header.slots();
    memory.spans = spanInfos(header);
    memory.hasText = !text.empty();
    memory.preview = previewOf(text);
    if (model != nullptr && model->hasAdapter()) {
        try {
            Memory::requireSameModel(header, *model, "The memory of " + label.name);
        } catch (const Error& error) {
            memory.problem = error.message();
            memory.remedy = error.remedy();
        }
    }
    return memory;
}

LibraryList MemoryLibrary::list(const Model* model)
{
    LibraryList list;
    const auto folder = root();
    list.folder = folder.string();
    std::error_code fault;
    if (!fs::exists(folder, fault)) // it is made with the first memory
        return list;
    fs::directory_iterator files(folder, fault);
    require(fault, "The library " + folder.string() + " cannot be read");
    for (const auto& file : files) {
        if (file.path().extension() != ending)
            continue;
        const auto id = file.path().stem().string();
        try {
            list.memories.push_back(describe(id, entry(id), model));
        } catch (const Error&) { // gone meanwhile, or a name that is none of ours
            continue;
        }
    }
    std::sort(list.memories.begin(), list.memories.end(), [](const LibraryMemory& a, const LibraryMemory& b) {
        return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    });
    return list;
}

LibrarySearchResult MemoryLibrary::search(const LibrarySearchParams& params)
{
    std::vector<std::string> words;
    std::istringstream stream(caseFolded(params.words));
    for (std::string word; stream >> word;)
        words.push_back(word);
    LibrarySearchResult result;
    for (const auto& memory : list(nullptr).memories) {
        const std::scoped_lock lock(m_mutex);
        const auto found = m_entries.find(memory.id);
        const auto holds = [&](const std::string& word) {
            return found->second.folded.find(word) != std::string::npos;
        };
        if (found != m_entries.end() && std::all_of(words.begin(), words.end(), holds))
            result.ids.push_back(memory.id);
    }
    return result;
}

LibraryText MemoryLibrary::text(const std::string& id)
{
    const auto file = known(id);
    if (file->text.empty())
        throw Error(ErrorKind::NotFound, "The text of " + file->label.name + " is not known, only its slots.",
                    "Add the text again.");
    return {file->text};
}

LibraryMemory MemoryLibrary::memory(const std::string& id, const Model* model)
{
    return describe(id, entry(id), model);
}

/// A file that was written may have the size and, within a clock's tick, the time that it had.
void MemoryLibrary::forget(const std::string& id)
{
    const std::scoped_lock lock(m_mutex);
    m_entries.erase(id);
}

LibraryMemory MemoryLibrary::keep(const LibraryFile& file, const at::Tensor& slots, const Model* model)
{
    const auto id = file.id();
    const auto path = place(id);
    std::error_code fault;
    if (fs::exists(path, fault) && !entry(id).fault)
        return memory(id, model);
    fs::create_directories(path.parent_path(), fault);
    require(fault, "The library " + path.parent_path().string() + " cannot be made");
    file.write(path, slots);
    forget(id);
    return memory(id, model);
}

LibraryMemory MemoryLibrary::add(const Source& source, const LibraryLabel& label, const Model* model)
{
    return keep({source.memory.header, label, source.text}, source.memory.slots, model);
}

LibraryMemory MemoryLibrary::addFile(const fs::path& path, const LibraryLabel& label, const Model* model)
{
    auto file = LibraryFile::read(path);
    if (!label.name.empty())
        file.label.name = label.name;
    if (!label.tags.empty())
        file.label.tags = label.tags;
    return keep(file, LibraryFile::slots(path), model);
}

LibraryMemory MemoryLibrary::rename(const LibraryRenameParams& params, const Model* model)
{
    if (params.name.empty())
        throw Error(ErrorKind::InvalidInput, "A memory needs a name.", "Give one of at least one character.");
    auto file = *known(params.id);
    file.label = {params.name, params.tags};
    const auto path = place(params.id);
    file.write(path, LibraryFile::slots(path));
    forget(params.id);
    return memory(params.id, model);
}

void MemoryLibrary::discard(const std::string& id)
{
    const auto from = place(id);
    std::error_code fault;
    if (!fs::exists(from, fault))
        refuseUnknown(id);
    fs::create_directories(trash(id).parent_path(), fault);
    if (!fault)
        fs::rename(from, trash(id), fault);
    require(fault, "The memory " + id + " cannot be deleted");
    syncFolder(from.parent_path());
    forget(id);
}

LibraryMemory MemoryLibrary::restore(const std::string& id, const Model* model)
{
    std::error_code fault;
    if (!fs::exists(place(id), fault)) {
        if (!fs::exists(trash(id), fault))
            refuseUnknown(id);
        fs::rename(trash(id), place(id), fault);
        require(fault, "The memory " + id + " cannot be restored");
        syncFolder(place(id).parent_path());
        forget(id);
    }
    return memory(id, model);
}

void MemoryLibrary::exportTo(const LibraryExportParams& params)
{
    requireFileTarget(params.path);
    const auto file = known(params.id);
    file->write(params.path, LibraryFile::slots(place(params.id)));
}

std::shared_ptr<const Source> MemoryLibrary::open(const std::string& id, const Model& model, bool slots)
{
    const auto found = entry(id);
    if (found.fault)
        throw Error(*found.fault);
    const auto& header = found.file->header;
    const bool sameModel =
        header.adapterHash == model.adapterHash() && model.base().is({header.baseConfigHash, header.baseWeightsHash});
    slots = slots && sameModel;
    auto source = found.source;
    const bool bos = model.adapter().config.contextBos;
    const bool tokensFit = source && found.tokenizer == model.tokenizer() && found.bos == bos;
    if (!tokensFit || (slots && !source->memory.slots.defined())) {
        auto read = tokensFit ? std::make_shared<Source>(*source) : std::make_shared<Source>();
        read->memory.header = header;
        read->memory.header.sourceName = found.file->label.name; // as people know it
        if (!tokensFit && !found.file->text.empty()) {
            read->text = found.file->text;
            read->tokens = model.encodeContext(read->text);
        }
        if (slots) {
            read->memory.slots = LibraryFile::slots(place(id));
            if (read->memory.slots.size(1) != model.config().hiddenSize)
                throw Error(ErrorKind::InvalidInput, "The memory of " + found.file->label.name + " is damaged.",
                            "Delete it, and compress the text again.");
            FiniteCheck finite;
            finite.add("slots", read->memory.slots);
            finite.require("The memory of " + found.file->label.name);
        }
        source = read;
    }
    const std::scoped_lock lock(m_mutex);
    if (const auto kept = m_entries.find(id); kept != m_entries.end()) {
        kept->second.source = source;
        kept->second.tokenizer = model.tokenizer();
        kept->second.bos = bos;
        kept->second.used = ++m_used;
    }
    forgetOldest();
    return source;
}

/// What is read for a question stays with it; the file is there for the next one.
void MemoryLibrary::forgetOldest()
{
    const auto isOpen = [](const auto& one) { return one.second.source && one.second.source->memory.slots.defined(); };
    while (std::count_if(m_entries.begin(), m_entries.end(), isOpen) > mostOpen) {
        auto oldest = m_entries.end();
        for (auto one = m_entries.begin(); one != m_entries.end(); ++one)
            if (isOpen(*one) && (oldest == m_entries.end() || one->second.used < oldest->second.used))
                oldest = one;
        oldest->second.source = nullptr;
    }
}

} // namespace icae
