#include "check/golden.h"

#include "protocol/json.h"
#include "tensor/tensor_data.h"
#include "text/text_file.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

} // namespace

GoldenTolerances tolerancesFor(at::ScalarType dtype, const at::Device& device)
{
    if (dtype != at::kFloat)
        return {3e-2, 3e-2, 3e-2, false};
    if (device.is_cpu())
        return {1e-4, 1e-5, 1e-3, true};
    return {1e-3, 1e-3, 1e-3, true};
}

Golden::Golden(const fs::path& folder, GoldenTolerances tolerances)
    : m_store(TensorStore::open(folder / goldenFile))
    , m_tolerances(tolerances)
{
}

at::Tensor Golden::tensor(const std::string& name) const
{
    return toTensor(m_store->tensor(name));
}

double Golden::number(const std::string& name) const
{
    return tensor(name).to(at::kDouble).item<double>();
}

std::vector<std::int32_t> Golden::ids(const std::string& name) const
{
    const auto values = tensor(name).to(at::kLong).flatten().contiguous();
    const auto* first = values.data_ptr<int64_t>();
    return {first, first + values.numel()};
}

void Golden::compareVector(const std::string& kind, const std::string& name, const at::Tensor& actual, double tolerance,
                           bool informative)
{
    const auto expected = tensor(name).to(at::kDouble).flatten();
    const auto computed = actual.to(at::kCPU, at::kDouble).flatten();
    double error = infinity;
    if (computed.numel() == expected.numel()) {
        const auto difference = computed - expected;
        error = std::max((difference.norm() / expected.norm()).item<double>(),
                         (difference.abs().max() / expected.abs().max()).item<double>());
    }
    record(kind, name, error, tolerance, informative);
}

void Golden::compare(const std::string& kind, const std::string& name, const at::Tensor& actual)
{
    compareVector(kind, name, actual, m_tolerances.vectors, false);
}

void Golden::compareGradient(const std::string& name, const at::Tensor& actual)
{
    // Gradients of a tiny model in half precision are rounding noise in part.
    compareVector("gradients", name, actual, m_tolerances.gradients, !m_tolerances.exactIds);
}

void Golden::compareTokenNll(const std::string& name, std::span<const double> actual)
{
    const auto expected = tensor(name).to(at::kDouble).contiguous();
    double error = actual.size() == static_cast<std::size_t>(expected.numel()) ? 0.0 : infinity;
    for (std::size_t i = 0; error < infinity && i < actual.size(); ++i) {
        const double value = expected.data_ptr<double>()[i];
        error = std::max(error, std::abs(actual[i] - value) / std::max(1.0, std::abs(value)));
    }
    record("token_nll", name, error, m_tolerances.vectors, !m_tolerances.exactIds);
}

void Golden::compareLoss(const std::string& kind, const std::string& name, double expected, double actual)
{
    record(kind, name, std::abs(actual - expected) / std::max(1.0, std::abs(expected)), m_tolerances.losses, false);
}

void Golden::compareIds(const std::string& name, const std::vector<std::int32_t>& actual)
{
    const auto expected = ids(name);
    std::size_t equal = 0;
    while (equal < expected.size() && equal < actual.size() && expected[equal] == actual[equal])
        ++equal;
    const double error =
        1.0 - static_cast<double>(equal) / static_cast<double>(std::max<std::size_t>(1, expected.size()));
    record("greedy_ids", name, error, 0.0, !m_tolerances.exactIds);
}

std::vector<VerifyCheck> Golden::checks() const
{
    std::vector<VerifyCheck> result;
    for (const auto& [kind, check] : m_checks)
        result.push_back(check);
    return result;
}

void Golden::record(const std::string& kind, const std::string& name, double error, double tolerance, bool informative)
{
    auto& check = m_checks[kind];
    check.kind = kind;
    check.tolerance = tolerance;
    check.informative = informative;
    ++check.compared;
    if (!(error <= check.worst) || check.where.empty()) { // NaN is the worst of all
        check.worst = error;
        if (std::isnan(error))
            check.worst = infinity;
        check.where = name;
    }
}

AdapterOverrides goldenOverrides(const fs::path& folder)
{
    AdapterOverrides overrides;
    const auto file = folder / "expected.json";
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        return overrides;
    const auto json = JsonReader::parse(readTextFile(file), file.string());
    if (json.has("lora_alpha"))
        overrides.alpha = json.number("lora_alpha", 0, 1e6);
    if (json.has("mem_size") && json.has("mean_compression_rate"))
        overrides.spanTokens = json.integer("mem_size", 1, 1 << 16) * json.integer("mean_compression_rate", 1, 1 << 10);
    return overrides;
}

} // namespace icae
