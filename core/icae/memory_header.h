#pragma once

#include "icae/layout.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace icae {

/// One compressed span and where it came from.
struct MemorySpan {
    SpanShape shape;
    std::int64_t firstToken = 0; ///< in the source
    std::size_t beginByte = 0; ///< of its text in the source
    std::size_t endByte = 0;
};

/// Where a memory's slots come from; enough to refuse a model that cannot read them.
struct MemoryHeader {
    std::string sourceName; ///< e.g. the file's name
    std::string sourceHash; ///< SHA-256 of the source text
    std::int64_t sourceTokens = 0;
    std::vector<MemorySpan> spans; ///< in the order of the text and of the slots
    PositionLayout layout = PositionLayout::Sequential;
    std::string dtype; ///< of the slots when they were computed, e.g. "fp32"
    std::string adapterHash; ///< SHA-256 of icae.safetensors
    std::string baseConfigHash;
    std::string baseWeightsHash;
    std::string adapterName; ///< for people

    std::int64_t slots() const; ///< all spans together
    /// True compression ratio: source tokens a slot. Below 1 the memory is larger than the text.
    double ratio() const;
};

/// All of a header but the ratio, which follows from it.
nlohmann::json toJson(const MemoryHeader& header);

/// The header as safetensors metadata, and back.
std::map<std::string, std::string> toMetadata(const MemoryHeader& header);

/// Whether metadata says that it is a memory's.
bool isMemoryMetadata(const std::map<std::string, std::string>& metadata);

/// @param source name for messages
/// @throws Error (InvalidInput) where the metadata is not a memory's or is inconsistent
MemoryHeader parseMemoryMetadata(const std::map<std::string, std::string>& metadata, const std::string& source);

} // namespace icae
