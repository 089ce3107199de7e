#include "tensor/kernels.h"

#include "tensor/cpu_kernels.h"

#ifdef ICAE_WITH_CUDA_KERNELS
#include "tensor/cuda_kernels.h"
#endif

#include <algorithm>
#include <numeric>
#include <utility>

namespace icae {

RowLayout::RowLayout(std::vector<SequenceRows> sequences, at::Tensor starts, const at::Device& device)
    : m_sequences(std::move(sequences))
    , m_starts(std::move(starts))
    , m_device(device)
{
    if (device.is_cpu())
        return;
    auto table = at::empty({2, rows()}, at::kInt);
    auto* sequenceOf = table.data_ptr<int32_t>();
    auto* placeOf = sequenceOf + rows();
    for (const auto& s : m_sequences) {
        std::fill_n(sequenceOf + s.first, s.count, static_cast<int32_t>(s.sequence));
        std::iota(placeOf + s.first, placeOf + s.first + s.count, static_cast<int32_t>(s.past));
    }
    m_table = table.to(device);
}

RowLayout RowLayout::uniform(int64_t batch, int64_t length, int64_t past, at::Tensor starts, const at::Device& device)
{
    std::vector<SequenceRows> sequences;
    for (int64_t b = 0; b < batch; ++b)
        sequences.push_back({b, b * length, length, past});
    return {std::move(sequences), std::move(starts), device};
}

RowLayout RowLayout::last(int64_t count) const
{
    std::vector<SequenceRows> sequences;
    int64_t first = 0;
    for (const auto& s : m_sequences) {
        const int64_t kept = std::min(count, s.count);
        sequences.push_back({s.sequence, first, kept, s.past + s.count - kept});
        first += kept;
    }
    return {std::move(sequences), m_starts, m_device};
}

bool RowLayout::isUniform(int64_t batch) const
{
    if (static_cast<int64_t>(m_sequences.size()) != batch)
        return false;
    const auto& front = m_sequences.front();
    for (int64_t b = 0; b < batch; ++b) {
        const auto& s = m_sequences[static_cast<std::size_t>(b)];
        if (s.sequence != b || s.count != front.count || s.past != front.past)
            return false;
    }
    return true;
}

std::shared_ptr<const Kernels> makeKernels(const at::Device& device, at::ScalarType dtype)
{
    if (device.is_cpu() && dtype == at::kFloat)
        return std::make_shared<CpuKernels>();
#ifdef ICAE_WITH_CUDA_KERNELS
    if (device.is_cuda() && (dtype == at::kFloat || dtype == at::kHalf || dtype == at::kBFloat16))
        return std::make_shared<CudaKernels>();
#endif
    return makePlainKernels();
}

} // namespace icae
