#include "llm/cpu_step.h"

#include "tensor/cpu_kernels.h"
#include "tensor/cpu_math.h"

#include <cmath>

namespace icae {

/// Plain pointers to a layer, taken once a step: tensor accessors are not free.
struct CpuStep::Layer {
    const float* inputNorm;
    const float* qkv;
    const float* o;
    const float* postNorm;
    const float* gateUp;
    const float* down;
    float* keys;
    float* values;
};

CpuStep::CpuStep(const LlmConfig& config, const LlmWeights& weights, KvCache& cache)
    : m_config(config)
    , m_weights(weights)
    , m_cache(cache)
    , m_batch(cache.batch)
{
    const auto room = [&](int64_t width) { return std::vector<float>(static_cast<std::size_t>(m_batch * width)); };
    m_states = room(config.hiddenSize);
    m_qkv = room((config.heads + 2 * config.kvHeads) * config.headDim);
    m_attended = room(config.heads * config.headDim);
    m_gateUp = room(2 * config.intermediateSize);
    m_gated = room(config.intermediateSize);
    m_rotation = room(config.headDim);
    const auto threads = static_cast<std::size_t>(omp_get_max_threads());
    m_normal.assign(threads, room(config.hiddenSize));
    m_scores.assign(threads, std::vector<float>(static_cast<std::size_t>(cache.capacity)));
    m_logits = at::empty({m_batch, config.vocabSize}, at::kFloat);
}

void CpuStep::normalised(const float* weight, float* out) const
{
    const int64_t d = m_config.hiddenSize;
    for (int64_t b = 0; b < m_batch; ++b)
        cpu::rmsNormRow(m_states.data() + b * d, weight, out + b * d, d, static_cast<float>(m_config.rmsEps));
}

/// The heads of the calling thread: rotates q and k, remembers k and v, and attends.
void CpuStep::attendHeads(const Layer& layer)
{
    const int64_t hd = m_config.headDim;
    const int64_t half = hd / 2;
    const int64_t group = m_config.heads / m_config.kvHeads;
    const int64_t width = (m_config.heads + 2 * m_config.kvHeads) * hd;
    const int64_t* starts = m_cache.starts.defined() ? m_cache.starts.data_ptr<int64_t>() : nullptr;
    float* scores = m_scores[static_cast<std::size_t>(omp_get_thread_num())].data();
    const auto [begin, end] = threadShare(m_batch * m_config.kvHeads);
    for (int64_t item = begin; item < end; ++item) {
        const int64_t b = item / m_config.kvHeads;
        const int64_t head = item % m_config.kvHeads;
        float* row = m_qkv.data() + b * width;
        const float* cos = m_rotation.data() + b * hd;
        const float* sin = cos + half;
        float* keys = layer.keys + item * m_cache.capacity * hd;
        float* values = layer.values + item * m_cache.capacity * hd;
        cpu::rotate(row + (m_config.heads + head) * hd, cos, sin, keys + m_cache.length * hd, half);
        std::copy_n(row + (m_config.heads + m_config.kvHeads + head) * hd, hd, values + m_cache.length * hd);
        const int64_t start = starts == nullptr ? 0 : starts[b];
        for (int64_t q = head * group; q < (head + 1) * group; ++q) {
            cpu::rotate(row + q * hd, cos, sin, row + q * hd, half);
            cpu::attendRow(row + q * hd, keys + start * hd, values + start * hd,
                           m_attended.data() + (b * m_config.heads + q) * hd, scores, m_cache.length + 1 - start, hd,
                           1.0F / std::sqrt(static_cast<float>(hd)));
        }
    }
}

/// Called by every thread of the region; barriers stand where one reads what the others wrote.
void CpuStep::runLayer(const Layer& layer)
{
    const int64_t d = m_config.hiddenSize;
    const int64_t f = m_config.intermediateSize;
    const int64_t qkvWidth = (m_config.heads + 2 * m_config.kvHeads) * m_config.headDim;
    const int64_t attendedWidth = m_config.heads * m_config.headDim;
    // Each thread normalises all rows for itself: that costs less than waiting for the others.
    float* normal = m_normal[static_cast<std::size_t>(omp_get_thread_num())].data();

    normalised(layer.inputNorm, normal);
    const auto [qkvBegin, qkvEnd] = threadShare(qkvWidth);
    cpu::matrixVectors(layer.qkv, normal, m_qkv.data(), qkvWidth, m_batch, d, qkvBegin, qkvEnd, false);
#pragma omp barrier
    attendHeads(layer);
#pragma omp barrier
    const auto [stateBegin, stateEnd] = threadShare(d);
    cpu::matrixVectors(layer.o, m_attended.data(), m_states.data(), d, m_batch, attendedWidth, stateBegin, stateEnd,
                       true);
#pragma omp barrier
    normalised(layer.postNorm, normal);
    const auto [innerBegin, innerEnd] = threadShare(f);
    cpu::matrixVectors(layer.gateUp, normal, m_gateUp.data(), 2 * f, m_batch, d, innerBegin, innerEnd, false);
    cpu::matrixVectors(layer.gateUp, normal, m_gateUp.data(), 2 * f, m_batch, d, f + innerBegin, f + innerEnd, false);
    for (int64_t b = 0; b < m_batch; ++b) { // a thread gates just what it computed itself
        const float* gate = m_gateUp.data() + b * 2 * f + innerBegin;
        cpu::swigluRow(gate, gate + f, m_gated.data() + b * f + innerBegin, innerEnd - innerBegin);
    }
#pragma omp barrier
    cpu::matrixVectors(layer.down, m_gated.data(), m_states.data(), d, m_batch, f, stateBegin, stateEnd, true);
#pragma omp barrier
}

at::Tensor CpuStep::step(const at::Tensor& ids, const at::Tensor& positions)
{
    const int64_t d = m_config.hiddenSize;
    const int64_t hd = m_config.headDim;
    const auto* id = ids.data_ptr<int64_t>();
    const auto* position = positions.data_ptr<float>();
    const float* embedding = m_weights.embedding.data_ptr<float>();
    for (int64_t b = 0; b < m_batch; ++b) {
        std::copy_n(embedding + id[b] * d, d, m_states.data() + b * d);
        float* cos = m_rotation.data() + b * hd;
        cpu::rotation(position[b], m_weights.inverseFrequencies.data_ptr<float>(), cos, cos + hd / 2, hd / 2);
    }
    std::vector<Layer> layers;
    layers.reserve(m_weights.layers.size());
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        const auto& w = m_weights.layers[i];
        layers.push_back({w.inputNorm.data_ptr<float>(), w.qkv.data_ptr<float>(), w.o.data_ptr<float>(),
                          w.postNorm.data_ptr<float>(), w.gateUp.data_ptr<float>(), w.down.data_ptr<float>(),
                          m_cache.keys[i].data_ptr<float>(), m_cache.values[i].data_ptr<float>()});
    }
    const float* finalNorm = m_weights.finalNorm.data_ptr<float>();
    const float* head = m_weights.head.data_ptr<float>();
    auto* logits = m_logits.data_ptr<float>();
#pragma omp parallel num_threads(static_cast <int>(m_normal.size()))
    {
        for (const auto& layer : layers)
            runLayer(layer);
        float* normal = m_normal[static_cast<std::size_t>(omp_get_thread_num())].data();
        normalised(finalNorm, normal);
        const auto [begin, end] = threadShare(m_config.vocabSize);
        cpu::matrixVectors(head, normal, logits, m_config.vocabSize, m_batch, d, begin, end, false);
    }
    m_cache.length += 1;
    return m_logits;
}

} // namespace icae
