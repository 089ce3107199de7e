#pragma once

#include "icae/model.h"
#include "protocol/model_messages.h"

#include <filesystem>
#include <optional>
#include <stop_token>

namespace icae {

/// Everything about a base but its numbers. Where it cannot be used, `problem` says why.
/// @param hash compute the weights' hash also where that takes long
BaseInfo describeBase(const std::filesystem::path& folder, bool hash, const std::stop_token& stop = {});

/// Everything about an adapter but its numbers. Where it cannot be used, `problem` says why.
/// @param path a folder or a file
/// @param bases to say for each usable one whether the adapter fits, and how much memory both take
AdapterInfo describeAdapter(const std::filesystem::path& path, const std::vector<BaseInfo>& bases, bool hash,
                            const std::stop_token& stop = {});

/// All bases and adapters in some folders and up to two levels below, each once; published ICAE checkpoints, which are
/// single files, among them.
/// @throws Error (Cancelled)
ModelList listModels(const ListModelsParams& params, const std::stop_token& stop = {});

/// The devices that a model can be loaded on: the CPU first.
std::vector<DeviceInfo> listDevices();

} // namespace icae
