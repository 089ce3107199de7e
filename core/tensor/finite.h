#pragma once

#include "tensor/torch.h"

#include <string>
#include <vector>

namespace icae {

/// Looks for NaN and infinity in many tensors, on their device, in one pass over each and without a copy; the host
/// waits once.
class FiniteCheck {
public:
    /// @param x floating-point numbers of any shape
    void add(std::string name, const at::Tensor& x);
    /// @param source file for the message
    /// @throws Error (InvalidInput) naming the first tensor that holds one
    void require(const std::string& source) const;

private:
    std::vector<std::string> m_names;
    std::vector<at::Tensor> m_ends; ///< least and greatest of each; NaN where one is NaN
};

/// What a forward has computed must be numbers.
/// @param what e.g. "The memory slots"
/// @throws Error (InvalidInput)
void requireFinite(const at::Tensor& x, const std::string& what);

/// @throws Error (InvalidInput) of the same words
[[noreturn]] void refuseNotFinite(const std::string& what);

} // namespace icae
