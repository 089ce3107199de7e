#include "tensor/finite.h"

#include "protocol/error.h"

#include <cmath>
#include <utility>

namespace icae {

void FiniteCheck::add(std::string name, const at::Tensor& x)
{
    if (x.numel() == 0)
        return;
    const auto [least, greatest] = at::aminmax(x); // both are NaN where any number is
    m_names.push_back(std::move(name));
    m_ends.push_back(at::stack({least, greatest}).to(at::kFloat));
}

void FiniteCheck::require(const std::string& source) const
{
    if (m_ends.empty())
        return;
    const auto ends = at::cat(m_ends).to(at::kCPU);
    for (std::size_t i = 0; i < m_names.size(); ++i)
        for (std::size_t end = 0; end < 2; ++end)
            if (const auto value = ends.data_ptr<float>()[2 * i + end]; !std::isfinite(value))
                throw Error(ErrorKind::InvalidInput,
                            "The tensor \"" + m_names[i] + "\" of " + source + " holds "
                                + (std::isnan(value) ? "NaN" : "infinity") + ".",
                            "Download it again, or compute in float32 (--dtype fp32) where its numbers are too large "
                            "for fp16.");
}

void requireFinite(const at::Tensor& x, const std::string& what)
{
    FiniteCheck check;
    check.add({}, x);
    try {
        check.require({});
    } catch (const Error&) {
        refuseNotFinite(what);
    }
}

void refuseNotFinite(const std::string& what)
{
    throw Error(ErrorKind::InvalidInput, what + " that the model computed hold NaN or infinity.",
                "Compute in float32 (--dtype fp32), or download the model and its adapter again.");
}

} // namespace icae
