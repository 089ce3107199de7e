#pragma once

#include "check/verify.h"

#include <map>
#include <memory>

namespace icae {

inline constexpr auto goldenFile = "expected.safetensors";

/// How far computed values may be from recorded ones.
struct GoldenTolerances {
    double vectors = 0;
    double losses = 0;
    double gradients = 0;
    bool exactIds = false; ///< greedy ids and single tokens decide; else they inform
};
GoldenTolerances tolerancesFor(at::ScalarType dtype, const at::Device& device);

/// Recorded values of a folder by name, and the worst error against them.
class Golden {
public:
    /// @param folder with expected.safetensors
    Golden(const std::filesystem::path& folder, GoldenTolerances tolerances);

    bool has(const std::string& name) const { return m_store->contains(name); }
    at::Tensor tensor(const std::string& name) const;
    double number(const std::string& name) const;
    std::vector<std::int32_t> ids(const std::string& name) const;
    std::vector<std::string> names() const { return m_store->names(); }

    void compare(const std::string& kind, const std::string& name, const at::Tensor& actual);
    void compareGradient(const std::string& name, const at::Tensor& actual);
    /// Where a token is all but certain, its NLL is rounding noise: errors count in nats then.
    void compareTokenNll(const std::string& name, std::span<const double> actual);
    void compareLoss(const std::string& kind, const std::string& name, double expected, double actual);
    void compareIds(const std::string& name, const std::vector<std::int32_t>& actual);

    std::vector<VerifyCheck> checks() const; ///< one a kind

private:
    void compareVector(const std::string& kind, const std::string& name, const at::Tensor& actual, double tolerance,
                       bool informative);
    void record(const std::string& kind, const std::string& name, double error, double tolerance, bool informative);

    std::shared_ptr<const TensorStore> m_store;
    GoldenTolerances m_tolerances;
    std::map<std::string, VerifyCheck> m_checks;
};

/// The published adapters' rank, alpha and span length stand in expected.json, since no icae_config.json does.
AdapterOverrides goldenOverrides(const std::filesystem::path& folder);

} // namespace icae
