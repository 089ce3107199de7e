#pragma once

#include "icae/adapter_config.h"
#include "llm/config.h"
#include "protocol/progress.h"
#include "tensor/safetensors.h"

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace icae {

struct HashOptions {
    enum class Effort {
        Little, ///< what takes long and is not remembered stays unknown
        Remembered, ///< a large file is read once a version
        Anew, ///< whatever is remembered: for a hash that decides
    };
    Effort effort = Effort::Remembered;
    ProgressCallback progress;
    std::stop_token stop;
};

/// Of the fields that change what is computed, however config.json says it. What texts begin and end with is not among
/// them: the numbers are the same.
std::string fieldsHash(const LlmConfig& config);

/// The hashes of a base that is open. Those of large ones are remembered.
/// @param store holds the weights that the configuration asks for
/// @throws Error (Cancelled); (Io) where a file changed meanwhile
BaseHashes hashBase(const LlmConfig& config, const TensorStore& store, const HashOptions& options);

/// The same of a folder. @throws Error (NotFound, InvalidInput, Mismatch) besides
BaseHashes hashBase(const std::filesystem::path& base, const HashOptions& options = {});

/// A base folder and what it is known by, in either way; its files are hashed when somebody names it by them.
class BaseIdentity {
public:
    BaseIdentity() = default; ///< of a base without files; nothing is known
    /// @param options for hashes of files, should somebody name them
    BaseIdentity(std::filesystem::path folder, BaseHashes hashes, HashOptions options = {});

    const BaseHashes& hashes() const { return m_hashes; }
    /// Whether this is for certain the base that somebody named.
    bool is(const BaseHashes& named) const;
    /// Why it is not; what is unknown on either side agrees with all. A clause such as "its weights has the hash 0123…,
    /// this base's is 4567…"; empty where it is.
    std::string whyNot(const BaseHashes& named) const;
    /// This base's hash of the kind that `named` is of.
    std::string config(const std::string& named) const;
    std::string weights(const std::string& named) const;
    /// The same, with all of it read anew.
    /// @throws Error as hashBase()
    BaseIdentity readAnew(const std::stop_token& stop = {}) const;

private:
    struct FileHashes; ///< computed once

    std::filesystem::path m_folder;
    BaseHashes m_hashes;
    HashOptions m_options;
    std::shared_ptr<FileHashes> m_files; ///< null without a folder
};

/// What is said of an adapter or a run where whyNot() has something to say.
std::string trainedOnAnother(const std::string& whyNot);

} // namespace icae
