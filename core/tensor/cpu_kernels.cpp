#include "tensor/cpu_kernels.h"

#include "protocol/error.h"
#include "tensor/cpu_math.h"

#include <algorithm>
#include <cmath>
#include <vector>

#ifdef ICAE_HAVE_CBLAS
#include <cblas.h>
#include <sys/mman.h>
#endif

namespace icae {

namespace {

// Query rows of one attention task: small enough that its scores stay in the cache, large enough for a fast product.
constexpr int64_t queryBlock = 64;

#ifdef ICAE_HAVE_CBLAS
/// out [rows, n] (+)= scale · x [rows, k]·yᵀ [k, n], on the calling thread.
void productTransposed(const float* x, int64_t xStride, const float* y, int64_t yStride, float* out, int64_t outStride,
                       int64_t rows, int64_t n, int64_t k, float scale, float keep)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<blasint>(rows), static_cast<blasint>(n),
                static_cast<blasint>(k), scale, x, static_cast<blasint>(xStride), y, static_cast<blasint>(yStride),
                keep, out, static_cast<blasint>(outStride));
}

/// Has OpenBLAS map the buffers of its products now: where the address space has no room for one, it looks for it
/// without end (0.3.21), in the middle of somebody's work.
/// @throws Error (OutOfMemory)
void reserveProductBuffers()
{
    constexpr std::size_t bufferBytes = std::size_t{128} << 20; // that a thread of OpenBLAS maps on x86-64
    constexpr std::size_t spareBytes = std::size_t{64} << 20; // for what a model needs at the least
    const auto threads = static_cast<std::size_t>(omp_get_max_threads());
    const auto bytes = threads * bufferBytes + spareBytes;
    auto* room = mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        throw Error(ErrorKind::OutOfMemory,
                    "Memory of the processor ran out: products of matrices on " + std::to_string(threads)
                        + " threads need an address space of " + std::to_string(bytes >> 20) + " MB.",
                    "Raise the limit (ulimit -v), or use fewer threads (OMP_NUM_THREADS).");
    munmap(room, bytes);
    const BlasThreadScope oneThread(1);
#pragma omp parallel
    {
        constexpr int64_t size = 192; // products of less need no buffer
        const std::vector<float> x(static_cast<std::size_t>(size * size), 0.0F);
        std::vector<float> out(x.size());
        for (int repeat = 0; repeat < 3; ++repeat) { // at the same time, so that each thread maps its own
#pragma omp barrier
            productTransposed(x.data(), size, x.data(), size, out.data(), size, size, size, size, 1.0F, 0.0F);
        }
    }
}
#endif

} // namespace

cpu::HeadInputs cpuInputs(const HeadInputs& inputs)
{
    const auto numbers = [](const at::Tensor& x) { return x.defined() ? x.data_ptr<float>() : nullptr; };
    return {numbers(inputs.bias), numbers(inputs.queryNorm), numbers(inputs.keyNorm), static_cast<float>(inputs.eps)};
}

CpuKernels::CpuKernels()
    : m_plain(makePlainKernels())
{
#ifdef ICAE_HAVE_CBLAS
    static const bool reserved = (reserveProductBuffers(), true); // once a process; again where it threw
    static_cast<void>(reserved);
#endif
}

at::Tensor CpuKernels::rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) const
{
    const auto input = x.contiguous();
    auto out = at::empty_like(input);
    const int64_t rows = input.size(0);
    const int64_t d = input.size(1);
    const float* source = input.data_ptr<float>();
    const float* scale = weight.data_ptr<float>();
    auto* target = out.data_ptr<float>();
#pragma omp parallel for schedule(static) if (rows * d > parallelWork)
    for (int64_t row = 0; row < rows; ++row)
        cpu::rmsNormRow(source + row * d, scale, target + row * d, d, static_cast<float>(eps));
    return out;
}

at::Tensor CpuKernels::linear(const at::Tensor& x, const at::Tensor& weight) const
{
    auto out = at::empty({x.size(0), weight.size(0)}, x.options());
    product(out, x, weight, false);
    return out;
}

void CpuKernels::addLinear(at::Tensor& y, const at::Tensor& x, const at::Tensor& weight) const
{
    product(y, x, weight, true);
}

void CpuKernels::product(at::Tensor& out, const at::Tensor& x, const at::Tensor& weight, bool accumulate) const
{
    const int64_t rows = x.size(0);
    const int64_t depth = x.size(1);
    const int64_t columns = weight.size(0);
    const float* source = x.data_ptr<float>();
    const float* matrix = weight.data_ptr<float>();
    auto* target = out.data_ptr<float>();
    if (rows <= fewRows) {
#pragma omp parallel
        {
            const auto [begin, end] = threadShare(columns);
            cpu::matrixVectors(matrix, source, target, columns, rows, depth, begin, end, accumulate);
        }
        return;
    }
#ifdef ICAE_HAVE_CBLAS
    // One single-threaded product a thread: OpenBLAS's own threads would fight with ours for the cores.
    const BlasThreadScope oneThread(1);
    const bool splitRows = rows >= columns / 4;
#pragma omp parallel
    {
        const auto [begin, end] = threadShare(splitRows ? rows : columns);
        if (begin < end && splitRows)
            productTransposed(source + begin * depth, depth, matrix, depth, target + begin * columns, columns,
                              end - begin, columns, depth, 1.0F, accumulate ? 1.0F : 0.0F);
        else if (begin < end)
            productTransposed(source, depth, matrix + begin * depth, depth, target + begin, columns, rows, end - begin,
                              depth, 1.0F, accumulate ? 1.0F : 0.0F);
    }
#else
    if (accumulate)
        m_plain->addLinear(out, x, weight);
    else
        at::linear_out(out, x, weight);
#endif
}

at::Tensor CpuKernels::ropeSplit(const at::Tensor& qkv, const at::Tensor& positions,
                                 const at::Tensor& inverseFrequencies, const HeadShape& shape, const HeadInputs& inputs,
                                 at::Tensor& keys, at::Tensor& values, const RowLayout& layout) const
{
    const int64_t headDim = shape.headDim;
    const int64_t half = headDim / 2;
    auto q = at::empty({qkv.size(0), shape.heads, headDim}, qkv.options());
    const auto rowPositions = positions.contiguous();
    const float* position = rowPositions.data_ptr<float>();
    const float* frequencies = inverseFrequencies.data_ptr<float>();
    const float* source = qkv.data_ptr<float>();
    auto* queries = q.data_ptr<float>();
    auto* keyCache = keys.data_ptr<float>();
    auto* valueCache = values.data_ptr<float>();
    const int64_t capacity = keys.size(2);
    const int64_t width = (shape.heads + 2 * shape.kvHeads) * headDim;
    const auto& sequences = layout.sequences();
    const auto extra = cpuInputs(inputs);
#pragma omp parallel
    {
        std::vector<float> cosSin(static_cast<std::size_t>(headDim));
        float* cos = cosSin.data();
        float* sin = cos + half;
        std::vector<float> prepared(static_cast<std::size_t>(extra.any() ? width : 0));
        const auto [begin, end] = threadShare(qkv.size(0));
        auto s = sequences.begin();
        for (int64_t row = begin; row < end; ++row) {
            while (row >= s->first + s->count)
                ++s;
            const int64_t place = s->sequence * shape.kvHeads * capacity + s->past + row - s->first;
            const float* in = source + row * width;
            if (extra.any()) {
                std::copy_n(in, width, prepared.data());
                cpu::prepareHeads(prepared.data(), extra, shape.heads, shape.kvHeads, headDim);
                in = prepared.data();
            }
            cpu::rotation(position[row], frequencies, cos, sin, half);
            for (int64_t head = 0; head < shape.heads; ++head, in += headDim)
                cpu::rotate(in, cos, sin, queries + (row * shape.heads + head) * headDim, half);
            for (int64_t head = 0; head < shape.kvHeads; ++head, in += headDim)
                cpu::rotate(in, cos, sin, keyCache + (place + head * capacity) * headDim, half);
            for (int64_t head = 0; head < shape.kvHeads; ++head, in += headDim)
                std::copy_n(in, headDim, valueCache + (place + head * capacity) * headDim);
        }
    }
    return q;
}

at::Tensor CpuKernels::attention(const at::Tensor& q, const at::Tensor& keys, const at::Tensor& values,
                                 const RowLayout& layout) const
{
    const int64_t heads = q.size(1);
    const int64_t headDim = q.size(2);
    const int64_t kvHeads = keys.size(1);
    const int64_t capacity = keys.size(2);
    const float scale = 1.0F / std::sqrt(static_cast<float>(headDim));
    const int64_t* firstValid = layout.starts().defined() ? layout.starts().data_ptr<int64_t>() : nullptr;

    struct Task {
        const SequenceRows* sequence;
        int64_t first; ///< among the sequence's rows
    };
    std::vector<Task> tasks;
    int64_t room = 0;
    for (const auto& s : layout.sequences()) {
        for (int64_t first = 0; first < s.count; first += queryBlock)
            tasks.push_back({&s, first});
        room = std::max(room, std::min(s.count, queryBlock) * (s.past + s.count));
    }
#ifndef ICAE_HAVE_CBLAS
    if (tasks.size() < static_cast<std::size_t>(q.size(0)))
        return m_plain->attention(q, keys, values, layout);
#endif
    // Late blocks see more keys: handing them out first keeps the threads busy to the end.
    std::stable_sort(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) {
        return a.sequence->past + a.first > b.sequence->past + b.first;
    });
    auto out = at::empty({q.size(0), heads * headDim}, q.options());
    const float* queries = q.data_ptr<float>();
    const float* keyCache = keys.data_ptr<float>();
    const float* valueCache = values.data_ptr<float>();
    auto* target = out.data_ptr<float>();
    const BlasThreadScope oneThread(1);
#pragma omp parallel
    {
        std::vector<float> scores(static_cast<std::size_t>(room));
#pragma omp for schedule(dynamic)
        for (int64_t item = 0; item < static_cast<int64_t>(tasks.size()) * heads; ++item) {
            const auto& [s, first] = tasks[static_cast<std::size_t>(item / heads)];
            const int64_t head = item % heads;
            const int64_t rows = std::min(queryBlock, s->count - first);
            const int64_t start = firstValid == nullptr ? 0 : firstValid[s->sequence];
            const int64_t n = s->past + first + rows - start;
            const int64_t cacheRow = (s->sequence * kvHeads + head / (heads / kvHeads)) * capacity;
            const float* k = keyCache + (cacheRow + start) * headDim;
            const float* v = valueCache + (cacheRow + start) * headDim;
            const int64_t offset = ((s->first + first) * heads + head) * headDim;
            const float* query = queries + offset;
            float* result = target + offset;
            if (n <= 0) {
                for (int64_t row = 0; row < rows; ++row)
                    std::fill_n(result + row * heads * headDim, headDim, 0.0F);
                continue;
            }
            if (rows == 1) {
                cpu::attendRow(query, k, v, result, scores.data(), n, headDim, scale);
                continue;
            }
#ifdef ICAE_HAVE_CBLAS
            productTransposed(query, heads * headDim, k, headDim, scores.data(), n, rows, n, headDim, scale, 0.0F);
            for (int64_t row = 0; row < rows; ++row) {
                float* line = scores.data() + row * n;
                const int64_t visible = std::max<int64_t>(0, n - (rows - 1 - row));
                if (visible > 0)
                    cpu::softmaxRow(line, visible);
                std::fill_n(line + visible, n - visible, 0.0F);
            }
            cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(rows),
                        static_cast<blasint>(headDim), static_cast<blasint>(n), 1.0F, scores.data(),
                        static_cast<blasint>(n), v, static_cast<blasint>(headDim), 0.0F, result,
                        static_cast<blasint>(heads * headDim));
#endif
        }
    }
    return out;
}

at::Tensor CpuKernels::swiglu(const at::Tensor& gateUp) const
{
    const int64_t rows = gateUp.size(0);
    const int64_t width = gateUp.size(1) / 2;
    auto out = at::empty({rows, width}, gateUp.options());
    const float* source = gateUp.data_ptr<float>();
    auto* target = out.data_ptr<float>();
#pragma omp parallel for schedule(static) if (rows * width > parallelWork)
    for (int64_t row = 0; row < rows; ++row)
        cpu::swigluRow(source + 2 * row * width, source + (2 * row + 1) * width, target + row * width, width);
    return out;
}

} // namespace icae
