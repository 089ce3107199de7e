#pragma once

#include "icae/memory_header.h"
#include "icae/model.h"

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace icae {

/// A text as the decoder sees it: memory slots and where they come from.
struct Memory {
    MemoryHeader header;
    at::Tensor slots; ///< [all slots, d], in the model's dtype on its device

    /// Slots of one span [k, d].
    at::Tensor slotsOf(std::size_t span) const;

    /// Writes slots and header as one safetensors file, whole or not at all.
    void save(const std::filesystem::path& path) const;

    /// @throws Error (Mismatch) naming both sides where another model made it; (InvalidInput) where it is damaged
    static Memory load(const std::filesystem::path& path, const Model& model);

    /// A memory file's header alone, whatever model made it; nothing where the file is none.
    /// @throws Error (InvalidInput) where it is damaged
    static std::optional<MemoryHeader> readHeader(const std::filesystem::path& path);

    /// @param source name for messages
    /// @throws Error (Mismatch) where the memory was made by another model than this
    static void requireSameModel(const MemoryHeader& header, const Model& model, const std::string& source);

    /// True where a file is a safetensors file (and so a memory, not a text).
    static bool looksLikeMemory(const std::filesystem::path& path);
};

/// A span of some memory; spans of several memories may be read together, in any order.
struct SpanRef {
    const Memory* memory = nullptr;
    std::size_t index = 0;

    const MemorySpan& span() const { return memory->header.spans[index]; }
};

/// All spans of the memories, in order.
std::vector<SpanRef> allSpans(std::span<const Memory> memories);

} // namespace icae
