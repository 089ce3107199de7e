#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Element types of the safetensors format.
enum class DType { F64, F32, F16, BF16, I64, I32, I16, I8, U8, Bool, Other };

/// Bytes of one element; 0 for Other.
std::int64_t sizeOf(DType dtype);
/// Name in the file, e.g. "BF16".
std::string_view nameOf(DType dtype);

/// One tensor's place in memory. The data belongs to the file it came from and may be unaligned: copy before use.
struct TensorView {
    std::string name;
    DType dtype = DType::F32;
    std::vector<std::int64_t> shape; ///< empty for a scalar
    std::span<const std::byte> data; ///< exactly shape × sizeOf(dtype) bytes, row-major, little-endian
};

/// What a safetensors file holds, checked: every tensor lies inside the data, none overlap, and nothing is left over
/// (https://github.com/huggingface/safetensors, "Format").
class SafetensorsContent {
public:
    /// @param bytes the whole file; must outlive the views
    /// @param source name for messages
    /// @throws Error (InvalidInput) naming the source, the tensor and the fault
    static SafetensorsContent parse(std::span<const std::byte> bytes, const std::string& source);

    const std::map<std::string, TensorView>& tensors() const { return m_tensors; }
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }

private:
    std::map<std::string, TensorView> m_tensors;
    std::map<std::string, std::string> m_metadata;
};

class MappedFile;

/// One or more safetensors files read as one name space, memory-mapped: nothing is read before it is used. Where
/// another program writes to a file meanwhile, requireUnchanged() says so. Views live as long as this object.
class TensorStore {
public:
    /// @param path a file, index or folder: see weightFiles()
    /// @throws Error (NotFound, Io, InvalidInput)
    static std::shared_ptr<const TensorStore> open(const std::filesystem::path& path);

    TensorStore(const TensorStore&) = delete;
    TensorStore& operator=(const TensorStore&) = delete;
    ~TensorStore();

    /// For whoever has read what counts. @throws Error (Io) where a file was written to since it was opened
    void requireUnchanged() const;
    bool contains(std::string_view name) const;
    /// @throws Error (InvalidInput) where there is no such tensor or its dtype is not supported
    const TensorView& tensor(std::string_view name) const;
    std::vector<std::string> names() const; ///< sorted
    const std::map<std::string, std::string>& metadata() const { return m_metadata; } ///< of all files together
    const std::vector<std::filesystem::path>& files() const { return m_files; } ///< in the order of their names
    std::string source() const { return m_source; }

private:
    TensorStore();
    void add(const std::filesystem::path& file);

    std::string m_source;
    std::vector<std::filesystem::path> m_files;
    std::vector<std::unique_ptr<MappedFile>> m_mappings;
    std::map<std::string, TensorView, std::less<>> m_tensors;
    std::map<std::string, std::string> m_metadata;
};

/// Writes one safetensors file, whole or not at all (see AtomicFile). Tensors are laid out as the reference
/// implementation does: widest elements first, then by name.
/// @throws Error (Io) where the disk is full or the place cannot be written
void writeSafetensors(const std::filesystem::path& path, std::vector<TensorView> tensors,
                      const std::map<std::string, std::string>& metadata);

} // namespace icae
