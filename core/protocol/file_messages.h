#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace icae {

/// Folders of the engine's machine, for whoever chooses a file there.

struct ListFilesParams {
    std::string folder = {}; ///< absolute, or from the home folder; empty: the home folder

    static void describe(auto& value, auto&& field) { field("folder", value.folder); }
};

struct FileEntry {
    std::string name;
    bool isFolder = false; ///< or a link to one
    std::int64_t bytes = 0; ///< of a file

    static void describe(auto& value, auto&& field)
    {
        field.required("name", value.name);
        field("folder", value.isFolder);
        field("bytes", value.bytes);
    }
};

struct FileList {
    std::string folder; ///< absolute
    std::string parent; ///< the folder that it is in; empty: none
    std::vector<FileEntry> entries; ///< folders first, by name; hidden ones are left out
    std::int64_t leftOut = 0; ///< beyond the most that are listed

    static void describe(auto& value, auto&& field)
    {
        field.required("folder", value.folder);
        field("parent", value.parent);
        field("entries", value.entries);
        field("left_out", value.leftOut);
    }
};

} // namespace icae
