#pragma once

#include "icae/memory.h"
#include "reading/source.h"

#include <filesystem>
#include <string>
#include <vector>

namespace icae {

/// What a library says of a memory beside its slots.
struct LibraryLabel {
    std::string name;
    std::vector<std::string> tags;

    static void describe(auto& value, auto&& field)
    {
        field("name", value.name);
        field("tags", value.tags);
    }
};

/// A memory of the library: a memory file whose metadata also has text, name and tags. It can be given to any command
/// that reads memories, and is all that export and import need.
struct LibraryFile {
    MemoryHeader header;
    LibraryLabel label;
    std::string text; ///< empty where unknown

    /// Of the content: equal texts, cut alike and compressed by the same model, have the same.
    std::string id() const;

    /// @throws Error (InvalidInput) where it is damaged or no memory; (NotFound, Io)
    static LibraryFile read(const std::filesystem::path& path);
    /// Its slots, whatever model made them, on the CPU. @throws Error as read()
    static at::Tensor slots(const std::filesystem::path& path);

    /// Whole or not at all. @throws Error (Io) where the disk is full or the folder is closed
    void write(const std::filesystem::path& path, const at::Tensor& slots) const;
};

} // namespace icae
