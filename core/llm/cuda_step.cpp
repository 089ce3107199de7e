#include "llm/cuda_step.h"

#include "tensor/cuda_kernels.h"

#include <ATen/cuda/CUDAEvent.h>
#include <algorithm>
#include <c10/cuda/CUDAGuard.h>

namespace icae {

namespace {

// Rows of a block: small ones are multiples of the tensor cores' tiles, and few, since each is captured on its own.
constexpr int64_t leastRows = 8;
constexpr int64_t mostCapturedRows = 512; ///< larger blocks take longer than launching their kernels
constexpr int64_t rowsStep = 512; ///< between the sizes of those

int64_t tilesFor(int64_t rows, int64_t batch, int64_t group)
{
    const int64_t queries = rows * group;
    return queries / cuda::queriesPerTile + std::min(batch, rows);
}

} // namespace

/// One number of rows: the inputs, the workspace, and the graph once it is captured.
struct CudaStep::Forward {
    int64_t rows = 0;
    bool isBlock = false; ///< several rows may belong to one sequence
    at::Tensor ids; ///< [rows] int64
    at::Tensor positions; ///< [rows] float32
    at::Tensor table; ///< [2, rows] int32: sequences, places
    at::Tensor tiles; ///< [tiles, 5] int32: cuda::QueryTile; for a block
    at::Tensor workspace; ///< of the attention
    at::Tensor logits; ///< [rows, vocabulary]
    at::cuda::CUDAGraph graph;
    int uses = 0;

    cuda::CacheRows cacheRows() const
    {
        const auto* sequences = table.data_ptr<int32_t>();
        return {rows, sequences, sequences + rows};
    }
};

CudaStep::CudaStep(const Decoder& decoder, const LlmWeights& weights, KvCache& cache)
    : m_decoder(decoder)
    , m_weights(weights)
    , m_cache(cache)
    , m_shape{decoder.config().heads, decoder.config().kvHeads, decoder.config().headDim, cache.capacity}
    , m_stream(c10::cuda::getStreamFromPool(false, weights.device().index()))
{
    if (cache.starts.defined())
        m_starts = cache.starts.to(weights.device());
}

CudaStep::~CudaStep() = default;

bool CudaStep::fits(const LlmConfig& config, const KvCache& cache)
{
    return config.headDim <= cuda::mostBlockHeadDim && cache.batch * config.kvHeads < 65536;
}

int64_t CudaStep::wholeRows(int64_t rows) const
{
    if (rows > mostCapturedRows)
        return (rows + rowsStep - 1) / rowsStep * rowsStep;
    int64_t whole = leastRows;
    while (whole < rows)
        whole *= 2;
    return whole;
}

at::Tensor CudaStep::product(const at::Tensor& x, const at::Tensor& weight) const
{
    if (x.size(0) > cuda::mostColumns || weight.size(1) % 8 != 0)
        return at::linear(x, weight);
    auto y = at::empty({x.size(0), weight.size(0)}, x.options());
    cuda::matrixVector(cudaType(x.scalar_type()), weight.data_ptr(), x.data_ptr(), y.data_ptr(), weight.size(0),
                       weight.size(1), x.size(0), false, currentStream(x.device()));
    return y;
}

void CudaStep::addProduct(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const
{
    if (x.size(0) > cuda::mostColumns || weight.size(1) % 8 != 0)
        y.addmm_(x, weight.t());
    else
        cuda::matrixVector(cudaType(x.scalar_type()), weight.data_ptr(), x.data_ptr(), y.data_ptr(), weight.size(0),
                           weight.size(1), x.size(0), true, currentStream(x.device()));
}

at::Tensor CudaStep::gatedProduct(const at::Tensor& x, const at::Tensor& gateUp) const
{
    if (x.size(0) > cuda::mostColumns || gateUp.size(1) % 8 != 0)
        return m_decoder.kernels().swiglu(at::linear(x, gateUp));
    const int64_t f = gateUp.size(0) / 2;
    auto y = at::empty({x.size(0), f}, x.options());
    cuda::matrixVectorSwiglu(cudaType(x.scalar_type()), gateUp.data_ptr(), x.data_ptr(), y.data_ptr(), f,
                             gateUp.size(1), x.size(0), currentStream(x.device()));
    return y;
}

/// The kernels of one forward, on the current stream.
at::Tensor CudaStep::run(const Forward& forward) const
{
    const auto& c = m_decoder.config();
    const auto& kernels = m_decoder.kernels();
    const auto type = cudaType(m_weights.dtype());
    const auto stream = currentStream(m_weights.device());
    const auto rows = forward.cacheRows();
    const auto* starts = m_starts.defined() ? m_starts.data_ptr<int64_t>() : nullptr;
    auto* workspace = forward.workspace.data_ptr<float>();
    auto x = Decoder::embed(m_weights, forward.ids);
    auto q = at::empty({forward.rows, c.heads * c.headDim}, x.options());
    auto attended = at::empty_like(q);
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        const auto& layer = m_weights.layers[i];
        const auto* keys = m_cache.keys[i].data_ptr();
        const auto* values = m_cache.values[i].data_ptr();
        const auto qkv = product(kernels.rmsNorm(x, layer.inputNorm, c.rmsEps), layer.qkv);
        cuda::ropeSplit(type, qkv.data_ptr(), forward.positions.data_ptr<float>(),
                        m_weights.inverseFrequencies.data_ptr<float>(), cudaInputs(layer.headInputs(c)), q.data_ptr(),
                        m_cache.keys[i].data_ptr(), m_cache.values[i].data_ptr(), m_shape, rows, stream);
        if (forward.isBlock)
            cuda::blockAttention(type, q.data_ptr(), keys, values, attended.data_ptr(), workspace, m_shape,
                                 forward.rows, static_cast<const cuda::QueryTile*>(forward.tiles.data_ptr()),
                                 forward.tiles.size(0), starts, stream);
        else
            cuda::decodeAttention(type, q.data_ptr(), keys, values, attended.data_ptr(), workspace, m_shape, rows,
                                  starts, stream);
        addProduct(x, attended, layer.o);
        if (layer.oBias.defined())
            x.add_(layer.oBias);
        addProduct(x, gatedProduct(kernels.rmsNorm(x, layer.postNorm, c.rmsEps), layer.gateUp), layer.down);
    }
    return product(kernels.rmsNorm(x, m_weights.finalNorm, c.rmsEps), m_weights.head);
}

/// Records a forward that has run before, so that the libraries have set themselves up.
void CudaStep::capture(Forward& forward)
{
    at::cuda::CUDAEvent ready;
    ready.record(c10::cuda::getCurrentCUDAStream(m_weights.device().index()));
    const c10::cuda::CUDAStreamGuard guard(m_stream);
    ready.block(m_stream);
    m_stream.synchronize();
    forward.graph.capture_begin();
    forward.logits = run(forward);
    if (!forward.isBlock) { // the next step's places; an ended sequence stays at the end of its cache
        auto places = forward.table[1];
        places.add_(1).clamp_max_(m_cache.capacity - 1);
    }
    forward.graph.capture_end();
}

/// What a first step writes to the cache is overwritten by the first real one.
void CudaStep::prepare()
{
    if (m_single)
        return;
    const c10::cuda::CUDAGuard device(m_weights.device());
    const auto options = at::TensorOptions().device(m_weights.device());
    m_single = std::make_unique<Forward>();
    auto& single = *m_single;
    single.rows = m_cache.batch;
    single.ids = at::zeros({single.rows}, options.dtype(at::kLong));
    single.positions = at::zeros({single.rows}, options.dtype(at::kFloat));
    single.table = at::stack(
        {at::arange(single.rows, options.dtype(at::kInt)), at::empty({single.rows}, options.dtype(at::kInt))});
    single.workspace = at::empty({cuda::decodeWorkspace(m_shape, single.rows)}, options.dtype(at::kFloat));
    m_placesOnDevice.clear();
    uploadPlaces();
    {
        at::cuda::CUDAEvent ready;
        ready.record(c10::cuda::getCurrentCUDAStream(m_weights.device().index()));
        const c10::cuda::CUDAStreamGuard guard(m_stream);
        ready.block(m_stream);
        run(single);
        m_stream.synchronize();
    }
    capture(single);
}

/// Tells the single step where the sequences are, unless it knows.
void CudaStep::uploadPlaces()
{
    auto places = m_cache.lengths;
    for (auto& place : places)
        place = std::min(place, m_cache.capacity - 1);
    if (places == m_placesOnDevice)
        return;
    auto row = at::empty({static_cast<int64_t>(places.size())}, at::kInt);
    std::copy(places.begin(), places.end(), row.data_ptr<int32_t>());
    m_single->table[1].copy_(row);
    m_placesOnDevice = std::move(places);
}

at::Tensor CudaStep::step(const at::Tensor& ids, const at::Tensor& positions)
{
    const c10::cuda::CUDAGuard guard(m_weights.device());
    prepare();
    uploadPlaces();
    m_single->ids.copy_(ids);
    m_single->positions.copy_(positions);
    m_single->graph.replay();
    m_cache.advance(1);
    for (auto& place : m_placesOnDevice)
        place = std::min(place + 1, m_cache.capacity - 1);
    return m_single->logits;
}

CudaStep::Forward& CudaStep::blockOf(int64_t rows)
{
    auto& block = m_blocks[rows];
    if (block)
        return *block;
    block = std::make_unique<Forward>();
    block->rows = rows;
    block->isBlock = true;
    const auto options = at::TensorOptions().device(m_weights.device());
    const auto tiles = tilesFor(rows, m_cache.batch, m_shape.heads / m_shape.kvHeads);
    block->ids = at::empty({rows}, options.dtype(at::kLong));
    block->positions = at::empty({rows}, options.dtype(at::kFloat));
    block->table = at::empty({2, rows}, options.dtype(at::kInt));
    block->tiles =
        at::empty({tiles, static_cast<int64_t>(sizeof(cuda::QueryTile) / sizeof(int32_t))}, options.dtype(at::kInt));
    block->workspace = at::empty({cuda::blockWorkspace(m_shape, rows, tiles)}, options.dtype(at::kFloat));
    return *block;
}

/// Copies the inputs to the device; rows and tiles that are too many belong nowhere.
void CudaStep::upload(Forward& forward, const TokenRows& rows)
{
    const int64_t group = m_shape.heads / m_shape.kvHeads;
    auto ids = at::zeros({forward.rows}, at::kLong);
    auto positions = at::zeros({forward.rows}, at::kFloat);
    auto table = at::full({2, forward.rows}, -1, at::kInt);
    auto tiles = at::zeros_like(forward.tiles, at::TensorOptions().device(at::kCPU));
    std::copy(rows.ids.begin(), rows.ids.end(), ids.data_ptr<int64_t>());
    std::copy(rows.positions.begin(), rows.positions.end(), positions.data_ptr<float>());
    auto* sequences = table.data_ptr<int32_t>();
    auto* places = sequences + forward.rows;
    auto* tile = static_cast<cuda::QueryTile*>(tiles.data_ptr());
    for (const auto& s : rows.sequences) {
        for (int64_t t = 0; t < s.count; ++t) {
            sequences[s.first + t] = static_cast<int32_t>(s.sequence);
            places[s.first + t] = static_cast<int32_t>(s.past + t);
        }
        for (int64_t query = 0; query < s.count * group; query += cuda::queriesPerTile)
            *tile++ = {static_cast<int32_t>(s.sequence), static_cast<int32_t>(s.first), static_cast<int32_t>(s.count),
                       static_cast<int32_t>(s.past), static_cast<int32_t>(query)};
    }
    forward.ids.copy_(ids);
    forward.positions.copy_(positions);
    forward.table.copy_(table);
    forward.tiles.copy_(tiles);
}

at::Tensor CudaStep::read(const TokenRows& rows)
{
    const c10::cuda::CUDAGuard guard(m_weights.device());
    auto& block = blockOf(wholeRows(rows.count()));
    upload(block, rows);
    // The first use sets the libraries up; a second one is worth a capture.
    if (++block.uses == 1 || block.rows > mostCapturedRows) {
        block.logits = run(block);
    } else {
        if (block.uses == 2)
            capture(block);
        block.graph.replay();
    }
    for (const auto& s : rows.sequences)
        m_cache.lengths[static_cast<std::size_t>(s.sequence)] += s.count;
    return block.logits;
}

} // namespace icae
