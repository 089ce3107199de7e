#pragma once

#include "protocol/train_messages.h"

#include <string>

namespace icae {

/// Makes a folder that others can use without the run: the adapter of a checkpoint and, where the job trained it, its
/// base, with a model card (README.md) of what it was trained on and how, its curves (curves.svg) and its last
/// evaluation. Whole or not at all.
/// @param version of this program
/// @throws Error (NotFound) where there is no such checkpoint or it keeps no adapter; (InvalidInput, Io)
PublishedRun publishRun(const PublishRunParams& params, const std::string& version);

} // namespace icae
