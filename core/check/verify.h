#pragma once

#include "icae/model.h"

#include <filesystem>
#include <string>
#include <vector>

namespace icae {

/// Worst error of one kind over all cases of a folder.
struct VerifyCheck {
    std::string kind; ///< e.g. "slots"
    double worst = 0; ///< relative error; for greedy ids the share that differs
    double tolerance = 0;
    std::string where; ///< the tensor with the worst error
    std::int64_t compared = 0; ///< tensors
    bool informative = false; ///< shown, but does not decide

    bool ok() const { return informative || worst <= tolerance; }
};

struct VerifyReport {
    std::filesystem::path folder;
    std::string device;
    std::string dtype;
    std::vector<VerifyCheck> checks;

    bool ok() const;
};

/// Folders with golden values (expected.safetensors) in and below the given ones, sorted.
/// @throws Error (NotFound) where there is none
std::vector<std::filesystem::path> goldenFolders(const std::vector<std::filesystem::path>& folders);

/// Computes what a golden folder recorded and compares: base logits, slots, first logits, greedy ids and losses, in the
/// published format (caseN.*) and in the lab's (J.*).
///
/// Errors of vectors are the larger of ‖a − b‖ / ‖b‖ and max|a − b| / max|b|; errors of losses and of a token's NLL are
/// |a − b| / max(1, |b|). Tolerances: 1e-4 and 1e-5 for losses in fp32 on the CPU, 1e-3 in fp32 on CUDA, 3e-2 in bf16
/// and fp16, where greedy ids and single tokens only inform.
/// @param base folder of the base; empty: found beside the adapter
VerifyReport verifyFolder(const std::filesystem::path& folder, const std::filesystem::path& base,
                          const Model::Options& options);

} // namespace icae
