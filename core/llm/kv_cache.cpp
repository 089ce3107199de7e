#include "llm/kv_cache.h"

namespace icae {

KvCache KvCache::allocate(const LlmConfig& config, int64_t batch, int64_t capacity, const at::Device& device,
                          at::ScalarType dtype)
{
    KvCache cache;
    cache.batch = batch;
    cache.capacity = capacity;
    const auto options = at::TensorOptions().device(device).dtype(dtype);
    for (int64_t layer = 0; layer < config.layers; ++layer) {
        cache.keys.push_back(at::empty({batch, config.kvHeads, capacity, config.headDim}, options));
        cache.values.push_back(at::empty({batch, config.kvHeads, capacity, config.headDim}, options));
    }
    return cache;
}

int64_t KvCache::bytes(const LlmConfig& config, int64_t batch, int64_t capacity, at::ScalarType dtype)
{
    return 2 * config.layers * batch * config.kvHeads * capacity * config.headDim
        * static_cast<int64_t>(c10::elementSize(dtype));
}

} // namespace icae
