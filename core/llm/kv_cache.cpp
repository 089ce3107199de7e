#include "llm/kv_cache.h"

#include "protocol/error.h"

#include <algorithm>

namespace icae {

KvCache KvCache::allocate(const LlmConfig& config, int64_t batch, int64_t capacity, const at::Device& device,
                          at::ScalarType dtype)
{
    KvCache cache;
    cache.batch = batch;
    cache.capacity = capacity;
    cache.lengths.assign(static_cast<std::size_t>(batch), 0);
    const auto options = at::TensorOptions().device(device).dtype(dtype);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        cache.keys.push_back(at::empty({batch, config.kvHeads, capacity, config.headDim}, options));
        cache.values.push_back(at::empty({batch, config.kvHeads, capacity, config.headDim}, options));
    }
    return cache;
}

std::pair<at::Tensor, at::Tensor> KvCache::layer(int64_t index) const
{
    return {keys[static_cast<std::size_t>(index)], values[static_cast<std::size_t>(index)]};
}

int64_t KvCache::commonLength(int64_t more) const
{
    const int64_t common = lengths.front();
    const bool alike = std::all_of(lengths.begin(), lengths.end(), [&](int64_t length) { return length == common; });
    if (!alike || common + more > capacity)
        throw Error(ErrorKind::Internal, "The key-value cache is too small, or holds texts of different lengths.",
                    "Report this.");
    return common;
}

void KvCache::advance(int64_t more)
{
    for (auto& length : lengths)
        length = std::min(length + more, capacity);
}

int64_t KvCache::bytes(const LlmConfig& config, int64_t batch, int64_t capacity, at::ScalarType dtype)
{
    return 2 * config.layers * batch * config.kvHeads * capacity * config.headDim
        * static_cast<int64_t>(c10::elementSize(dtype));
}

} // namespace icae
