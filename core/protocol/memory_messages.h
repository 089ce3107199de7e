#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace icae {

/// A stretch of a text that is compressed on its own.
struct SpanInfo {
    std::int64_t firstToken = 0;
    std::int64_t tokens = 0;
    std::int64_t begin = 0; ///< bytes of the source
    std::int64_t end = 0;
    std::int64_t slots = 0;

    static void describe(auto& value, auto&& field)
    {
        field("first_token", value.firstToken);
        field("tokens", value.tokens);
        field("begin", value.begin);
        field("end", value.end);
        field("slots", value.slots);
    }
};

/// A memory that the engine holds.
struct MemoryInfo {
    std::string id; ///< for other requests
    std::string sourceName;
    std::string sourceSha256;
    std::string path; ///< where it was saved or loaded; empty where neither
    std::int64_t tokens = 0; ///< of the source
    std::int64_t slots = 0;
    double ratio = 0;
    std::int64_t bytes = 0; ///< of the slots
    std::vector<SpanInfo> spans;
    std::string dtype;
    std::string positionLayout;
    std::string adapterName;
    std::string adapterSha256;
    bool hasText = false; ///< the engine still has the text, to compare with
    bool pinned = false; ///< kept until it is unpinned or discarded, however many others come

    static void describe(auto& value, auto&& field)
    {
        field("id", value.id);
        field("source_name", value.sourceName);
        field("source_sha256", value.sourceSha256);
        field("path", value.path);
        field("tokens", value.tokens);
        field("slots", value.slots);
        field("ratio", value.ratio);
        field("bytes", value.bytes);
        field("spans", value.spans);
        field("dtype", value.dtype);
        field("position_layout", value.positionLayout);
        field("adapter_name", value.adapterName);
        field("adapter_sha256", value.adapterSha256);
        field("has_text", value.hasText);
        field("pinned", value.pinned);
    }
};

struct MemoryParams {
    std::string memory; ///< id

    static void describe(auto& value, auto&& field) { field.required("memory", value.memory); }
};

struct SaveMemoryParams {
    std::string memory; ///< id
    std::string path; ///< on the engine's machine

    static void describe(auto& value, auto&& field)
    {
        field.required("memory", value.memory);
        field.required("path", value.path);
    }
};

struct LoadMemoryParams {
    std::string path; ///< on the engine's machine
    std::string model = {}; ///< id; empty: the one on the shelf that made it

    static void describe(auto& value, auto&& field)
    {
        field.required("path", value.path);
        field("model", value.model);
    }
};

struct PinMemoryParams {
    std::string memory; ///< id
    bool pinned = true;

    static void describe(auto& value, auto&& field)
    {
        field.required("memory", value.memory);
        field("pinned", value.pinned);
    }
};

struct MemoryList {
    std::vector<MemoryInfo> memories; ///< oldest first

    static void describe(auto& value, auto&& field) { field("memories", value.memories); }
};

} // namespace icae
