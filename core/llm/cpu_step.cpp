#include "llm/cpu_step.h"

#include "tensor/cpu_math.h"

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

CpuStep::CpuStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
    : m_config(decoder.config())
    , m_weights(weights)
    , m_cache(cache)
    , m_wide(makePlainStepEngine(decoder, weights, cache))
{
    const auto& config = m_config;
    const auto room = [](int64_t width) { return std::vector<float>(static_cast<std::size_t>(fewRows * width)); };
    m_states = room(config.hiddenSize);
    m_normal = room(config.hiddenSize);
    m_input = room(AttentionWork::placeSize + (config.heads + 2 * config.kvHeads) * config.headDim);
    m_attended = room(config.heads * config.headDim);
    m_gated = room(config.intermediateSize);
    m_rotation = room(config.headDim);
    m_logits = at::empty({fewRows, config.vocabSize}, at::kFloat);

    const int threads = omp_get_max_threads();
    for (std::size_t i = 0; i < weights.layers.size(); ++i)
        addLayer(weights.layers[i], cache.keys[i], cache.values[i], threads);
    m_head = std::make_unique<ProductWork>(ProductWork::Shape{config.vocabSize, config.hiddenSize, fewRows},
                                           weights.head.data_ptr<float>(), m_normal.data(), m_logits.data_ptr<float>(),
                                           false, threads);
    std::size_t input = 0;
    int64_t roomNeeded = 0;
    auto& layer = *m_layers.front();
    for (VectorWork* work : std::initializer_list<VectorWork*>{m_head.get(), &layer.qkv, &layer.attention, &layer.o,
                                                               &layer.gateUp, &layer.down}) {
        work->setVectors(fewRows);
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
        {{qkvWidth, c.hiddenSize, fewRows}, w.qkv.data_ptr<float>(), m_normal.data(), queries(), false, threads},
        {{c.heads, c.kvHeads, c.headDim, m_cache.capacity, qkvWidth, fewRows},
         m_input.data(),
         keys.data_ptr<float>(),
         values.data_ptr<float>(),
         starts,
         m_attended.data()},
        {{c.hiddenSize, attendedWidth, fewRows},
         w.o.data_ptr<float>(),
         m_attended.data(),
         m_states.data(),
         true,
         threads},
        {{c.intermediateSize, c.hiddenSize, fewRows},
         w.gateUp.data_ptr<float>(),
         m_normal.data(),
         m_gated.data(),
         threads},
        {{c.hiddenSize, c.intermediateSize, fewRows},
         w.down.data_ptr<float>(),
         m_gated.data(),
         m_states.data(),
         true,
         threads},
    }));
}

template <typename Work> void CpuStep::run(Work& work)
{
    const auto rows = static_cast<int64_t>(m_rows.size());
    work.setVectors(rows);
    m_crew->run(work, rows);
}

void CpuStep::normalise(const float* weight)
{
    const int64_t d = m_config.hiddenSize;
    for (int64_t r = 0; r < static_cast<int64_t>(m_rows.size()); ++r)
        cpu::rmsNormRow(m_states.data() + r * d, weight, m_normal.data() + r * d, d,
                        static_cast<float>(m_config.rmsEps));
}

void CpuStep::addToStates(const float* bias)
{
    if (bias == nullptr)
        return;
    for (std::size_t i = 0; i < m_rows.size() * static_cast<std::size_t>(m_config.hiddenSize); ++i)
        m_states[i] += bias[i % static_cast<std::size_t>(m_config.hiddenSize)];
}

/// Gives the heads what comes before RoPE, rotates queries in place and keys into the cache, and takes the values
/// there.
void CpuStep::rotateAndRemember(const Layer& layer)
{
    const int64_t hd = m_config.headDim;
    float* part = queries();
    const float* cos = m_rotation.data();
    for (const auto& row : m_rows) {
        const float* sin = cos + hd / 2;
        cpu::prepareHeads(part, layer.heads, m_config.heads, m_config.kvHeads, hd);
        for (int64_t head = 0; head < m_config.heads; ++head, part += hd)
            cpu::rotate(part, cos, sin, part, hd / 2);
        const int64_t first = row.sequence * m_config.kvHeads * m_cache.capacity + row.place;
        for (int64_t head = 0; head < m_config.kvHeads; ++head, part += hd)
            cpu::rotate(part, cos, sin, layer.keys + (first + head * m_cache.capacity) * hd, hd / 2);
        for (int64_t head = 0; head < m_config.kvHeads; ++head, part += hd)
            std::copy_n(part, hd, layer.values + (first + head * m_cache.capacity) * hd);
        cos += hd;
    }
}

void CpuStep::runLayer(Layer& layer)
{
    normalise(layer.inputNorm);
    run(layer.qkv);
    rotateAndRemember(layer);
    run(layer.attention);
    run(layer.o);
    addToStates(layer.outputBias);
    normalise(layer.postNorm);
    run(layer.gateUp);
    run(layer.down);
}

/// @param ids, positions one for each of m_rows
at::Tensor CpuStep::forward(const int64_t* ids, const float* positions)
{
    const int64_t d = m_config.hiddenSize;
    const int64_t hd = m_config.headDim;
    const float* embedding = m_weights.embedding.data_ptr<float>();
    float* place = m_input.data();
    for (std::size_t r = 0; r < m_rows.size(); ++r) {
        const auto row = static_cast<int64_t>(r);
        std::copy_n(embedding + ids[r] * d, d, m_states.data() + row * d);
        float* cos = m_rotation.data() + row * hd;
        cpu::rotation(positions[r], m_weights.inverseFrequencies.data_ptr<float>(), cos, cos + hd / 2, hd / 2);
        *place++ = static_cast<float>(m_rows[r].sequence);
        *place++ = static_cast<float>(m_rows[r].place + 1);
    }
    for (const auto& layer : m_layers)
        runLayer(*layer);
    normalise(m_weights.finalNorm.data_ptr<float>());
    run(*m_head);
    return m_logits.narrow(0, 0, static_cast<int64_t>(m_rows.size()));
}

at::Tensor CpuStep::step(const at::Tensor& ids, const at::Tensor& positions)
{
    m_rows.clear();
    for (int64_t b = 0; b < m_cache.batch; ++b)
        m_rows.push_back({b, std::min(m_cache.lengths[static_cast<std::size_t>(b)], m_cache.capacity - 1)});
    auto logits = forward(ids.data_ptr<int64_t>(), positions.data_ptr<float>());
    m_cache.advance(1);
    return logits;
}

at::Tensor CpuStep::read(const TokenRows& rows)
{
    if (rows.count() > fewRows) {
        omp_set_num_threads(m_openMpThreads);
        auto logits = m_wide->read(rows);
        omp_set_num_threads(1);
        return logits;
    }
    m_rows.clear();
    for (const auto& s : rows.sequences) {
        for (int64_t t = 0; t < s.count; ++t)
            m_rows.push_back({s.sequence, s.past + t});
        m_cache.lengths[static_cast<std::size_t>(s.sequence)] += s.count;
    }
    return forward(rows.ids.data(), rows.positions.data());
}

} // namespace icae
