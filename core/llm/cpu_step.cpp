#include "llm/cpu_step.h"

#include "tensor/cpu_kernels.h"

#include <algorithm>
#include <omp.h>

namespace icae {

struct CpuStep::Layer {
    const float* inputNorm;
    const float* postNorm;
    const float* outputBias;
    cpu::HeadInputs heads;
    float* keys;
    float* values;
    ProductWork qkv;
    AttentionWork attention;
    ProductWork o;
    GatedWork gateUp;
    ProductWork down;
};

CpuStep::CpuStep(const LlmConfig& config, const LlmWeights& weights, KvCache& cache)
    : m_config(config)
    , m_weights(weights)
    , m_cache(cache)
    , m_batch(cache.batch)
{
    const auto room = [&](int64_t width) { return std::vector<float>(static_cast<std::size_t>(m_batch * width)); };
    m_states = room(config.hiddenSize);
    m_normal = room(config.hiddenSize);
    m_qkv = room((config.heads + 2 * config.kvHeads) * config.headDim);
    m_attended = room(config.heads * config.headDim);
    m_gated = room(config.intermediateSize);
    m_rotation = room(config.headDim);
    m_logits = at::empty({m_batch, config.vocabSize}, at::kFloat);

    const int threads = omp_get_max_threads();
    for (std::size_t i = 0; i < weights.layers.size(); ++i)
        addLayer(weights.layers[i], cache.keys[i], cache.values[i], threads);
    m_head = std::make_unique<ProductWork>(ProductWork::Shape{m_batch, config.vocabSize, config.hiddenSize},
                                           weights.head.data_ptr<float>(), m_normal.data(), m_logits.data_ptr<float>(),
                                           false, threads);
    std::size_t input = m_head->input().size();
    int64_t roomNeeded = m_head->roomNeeded();
    const auto& layer = *m_layers.front();
    for (const ChunkedWork* work : std::initializer_list<const ChunkedWork*>{&layer.qkv, &layer.attention, &layer.o,
                                                                             &layer.gateUp, &layer.down}) {
        input = std::max(input, work->input().size());
        roomNeeded = std::max(roomNeeded, work->roomNeeded());
    }
    m_crew = std::make_unique<Crew>(threads, static_cast<int64_t>(input), roomNeeded);
    m_openMpThreads = threads;
    omp_set_num_threads(1);
}

CpuStep::~CpuStep()
{
    omp_set_num_threads(m_openMpThreads);
}

void CpuStep::addLayer(const LayerWeights& w, const at::Tensor& keys, const at::Tensor& values, int threads)
{
    const auto& c = m_config;
    const int64_t attendedWidth = c.heads * c.headDim;
    const int64_t qkvWidth = (c.heads + 2 * c.kvHeads) * c.headDim;
    const auto* starts = m_cache.starts.defined() ? m_cache.starts.data_ptr<int64_t>() : nullptr;
    // NOLINTNEXTLINE(modernize-make-unique): its members can be neither copied nor moved
    m_layers.push_back(std::unique_ptr<Layer>(new Layer{
        w.inputNorm.data_ptr<float>(),
        w.postNorm.data_ptr<float>(),
        w.oBias.defined() ? w.oBias.data_ptr<float>() : nullptr,
        cpuInputs(w.headInputs(c)),
        keys.data_ptr<float>(),
        values.data_ptr<float>(),
        {{m_batch, qkvWidth, c.hiddenSize}, w.qkv.data_ptr<float>(), m_normal.data(), m_qkv.data(), false, threads},
        {{m_batch, c.heads, c.kvHeads, c.headDim, m_cache.capacity, qkvWidth},
         m_qkv.data(),
         keys.data_ptr<float>(),
         values.data_ptr<float>(),
         starts,
         m_attended.data()},
        {{m_batch, c.hiddenSize, attendedWidth},
         w.o.data_ptr<float>(),
         m_attended.data(),
         m_states.data(),
         true,
         threads},
        {{m_batch, c.intermediateSize, c.hiddenSize},
         w.gateUp.data_ptr<float>(),
         m_normal.data(),
         m_gated.data(),
         threads},
        {{m_batch, c.hiddenSize, c.intermediateSize},
         w.down.data_ptr<float>(),
         m_gated.data(),
         m_states.data(),
         true,
         threads},
    }));
}

void CpuStep::normalise(const float* weight)
{
    const int64_t d = m_config.hiddenSize;
    for (int64_t b = 0; b < m_batch; ++b)
        cpu::rmsNormRow(m_states.data() + b * d, weight, m_normal.data() + b * d, d,
                        static_cast<float>(m_config.rmsEps));
}

void CpuStep::addToStates(const float* bias)
{
    if (bias == nullptr)
        return;
    for (std::size_t i = 0; i < m_states.size(); ++i)
        m_states[i] += bias[i % static_cast<std::size_t>(m_config.hiddenSize)];
}

/// Gives the heads what comes before RoPE, rotates queries in place and keys into the cache, and takes the values
/// there.
void CpuStep::rotateAndRemember(const Layer& layer)
{
    const int64_t hd = m_config.headDim;
    float* row = m_qkv.data();
    for (int64_t b = 0; b < m_batch; ++b) {
        const float* cos = m_rotation.data() + b * hd;
        const float* sin = cos + hd / 2;
        cpu::prepareHeads(row, layer.heads, m_config.heads, m_config.kvHeads, hd);
        for (int64_t head = 0; head < m_config.heads; ++head, row += hd)
            cpu::rotate(row, cos, sin, row, hd / 2);
        const int64_t first = b * m_config.kvHeads * m_cache.capacity + m_cache.length;
        for (int64_t head = 0; head < m_config.kvHeads; ++head, row += hd)
            cpu::rotate(row, cos, sin, layer.keys + (first + head * m_cache.capacity) * hd, hd / 2);
        for (int64_t head = 0; head < m_config.kvHeads; ++head, row += hd)
            std::copy_n(row, hd, layer.values + (first + head * m_cache.capacity) * hd);
    }
}

void CpuStep::runLayer(Layer& layer)
{
    normalise(layer.inputNorm);
    m_crew->run(layer.qkv);
    rotateAndRemember(layer);
    m_crew->run(layer.attention, m_cache.length + 1);
    m_crew->run(layer.o);
    addToStates(layer.outputBias);
    normalise(layer.postNorm);
    m_crew->run(layer.gateUp);
    m_crew->run(layer.down);
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
    for (const auto& layer : m_layers)
        runLayer(*layer);
    normalise(m_weights.finalNorm.data_ptr<float>());
    m_crew->run(*m_head);
    m_cache.length += 1;
    return m_logits;
}

} // namespace icae
