#pragma once

#include "protocol/progress.h"
#include "tensor/safetensors.h"

#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// One SHA-256 over tensors' names, element types, shapes and bytes: the same for the same numbers in whatever files.
/// It is a tree: the bytes are hashed in pieces of 4 MiB, on all cores, and what is hashed at last is a line a tensor
/// with the digests of its pieces.
/// @param names those that count, sorted; each is in the store
/// @param progress called a few times a second, in bytes
/// @throws Error (Cancelled); (Io) where a file changed meanwhile
std::string hashOfTensors(const TensorStore& store, const std::vector<std::string>& names,
                          const ProgressCallback& progress = {}, const std::stop_token& stop = {});

} // namespace icae
