#pragma once

#include "engine/library_file.h"
#include "icae/model.h"
#include "protocol/chat_requests.h"
#include "protocol/error.h"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace icae {

/// Memories that outlive the engine: a file each in one folder, which is the truth. What was read of a file is kept
/// while the file is the same; slots of those used last. Deleted ones go to a trash folder inside. Safe to use from
/// several threads. A model that is given is the one that LibraryMemory::problem is about; null: none.
class MemoryLibrary {
public:
    /// @throws Error (InvalidInput, Io) as changeEngineFolder()
    LibraryFolder folder(const LibraryFolderParams& params);
    LibraryList list(const Model* model);
    /// Files that hold all the words, in name, tags or text, whatever their case.
    LibrarySearchResult search(const LibrarySearchParams& params);
    /// @throws Error (NotFound) where there is no such memory, here and below, or its text is unknown
    LibraryText text(const std::string& id);
    LibraryMemory memory(const std::string& id, const Model* model);
    LibraryFile file(const std::string& id);

    /// Keeps a memory, or answers with the one that is there. @throws Error (Io), here and below, where the disk is
    /// full or the folder closed; nothing has changed then
    LibraryMemory add(const Source& source, const LibraryLabel& label, const Model* model);
    /// The same of a memory file of any model. @throws Error (InvalidInput) where it is damaged
    LibraryMemory addFile(const std::filesystem::path& path, const LibraryLabel& label, const Model* model);
    LibraryMemory rename(const LibraryRenameParams& params, const Model* model);
    void discard(const std::string& id);
    LibraryMemory restore(const std::string& id, const Model* model);
    /// A copy. @throws Error (InvalidInput) where something stands at the path that is no regular file
    void exportTo(const LibraryExportParams& params);

    /// What a question reads. @param slots whether its slots are needed, else they may be undefined
    /// @throws Error (NotFound, InvalidInput); slots of another model than this are left undefined
    std::shared_ptr<const Source> open(const std::string& id, const Model& model, bool slots);

private:
    struct Entry {
        std::filesystem::file_time_type changed;
        std::uintmax_t bytes = 0;
        std::shared_ptr<const LibraryFile> file; ///< null: see fault
        std::optional<Error> fault;
        std::string folded; ///< to be searched
        std::shared_ptr<const Source> source;
        std::shared_ptr<const Tokenizer> tokenizer; ///< of the source's tokens
        bool bos = false; ///< whether they begin with BOS
        std::int64_t used = 0;
    };

    static std::filesystem::path root();
    static std::filesystem::path place(const std::string& id);
    static std::filesystem::path trash(const std::string& id);
    Entry entry(const std::string& id);
    std::shared_ptr<const LibraryFile> known(const std::string& id);
    LibraryMemory keep(const LibraryFile& file, const at::Tensor& slots, const Model* model);
    static LibraryMemory describe(const std::string& id, const Entry& entry, const Model* model);
    void forget(const std::string& id);
    void forgetOldest();

    std::mutex m_mutex; ///< of what is kept
    std::map<std::string, Entry> m_entries; ///< by id
    std::int64_t m_used = 0;
};

} // namespace icae
