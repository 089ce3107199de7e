#pragma once

#include "check/verify.h"

namespace icae {

/// Compares the training objectives' losses and gradients with those that a golden folder recorded
/// (train.{ae,lm,ft}.loss and .grad.NAME, J.train.… in the lab's format). Tolerances: losses as verifyFolder,
/// gradients 1e-3 in fp32; in half precision they inform.
/// @return no checks where the folder recorded none
std::vector<VerifyCheck> verifyTraining(const std::filesystem::path& folder, const std::filesystem::path& base,
                                        const Model::Options& options);

} // namespace icae
