#include "tensor/cuda/common.cuh"

#include <algorithm>

namespace icae::cuda {

namespace {

constexpr int pack = 8; // numbers a thread takes at once, in any type
constexpr int mostPacks = 4; // packs a thread holds of a row: 256 threads × 4 × 8 = 8192 numbers
constexpr int mostThreads = 256;
constexpr int elementThreads = 256;
constexpr int rowsPerBlock = 16;

/// Threads for a row of d numbers: whole warps, each thread at most mostPacks packs.
int threadsFor(std::int64_t d)
{
    const auto packs = static_cast<int>(d / pack);
    return std::min(mostThreads, (packs + warpSize_ - 1) / warpSize_ * warpSize_);
}

/// Sums over a block of one or more warps; may be called again and again.
__device__ inline float rowSum(float x, float* shared)
{
    x = warpSum(x);
    const int warps = static_cast<int>(blockDim.x) / warpSize_;
    if (warps == 1)
        return x;
    __syncthreads(); // the last sum has been read
    if (threadIdx.x % warpSize_ == 0)
        shared[threadIdx.x / warpSize_] = x;
    __syncthreads();
    float total = 0;
    for (int i = 0; i < warps; ++i)
        total += shared[i];
    return total;
}

template <typename T, int N>
__global__ void addRmsNormKernel(const T* __restrict__ x, const T* __restrict__ added, const T* __restrict__ weight,
                                 T* __restrict__ sum, T* __restrict__ out, float* __restrict__ scales, int d, float eps)
{
    __shared__ float shared[mostThreads / warpSize_];
    using Packed = Pack<T, pack>;
    const int packs = d / pack;
    const std::int64_t start = static_cast<std::int64_t>(blockIdx.x) * packs;
    Packed values[N];
    float squares = 0;
    for (int n = 0; n < N; ++n) {
        const int i = static_cast<int>(threadIdx.x) + n * static_cast<int>(blockDim.x);
        if (i >= packs)
            continue;
        values[n] = reinterpret_cast<const Packed*>(x)[start + i];
        if (added != nullptr) {
            const Packed more = reinterpret_cast<const Packed*>(added)[start + i];
            for (int j = 0; j < pack; ++j)
                values[n].values[j] = fromFloat<T>(toFloat(values[n].values[j]) + toFloat(more.values[j]));
            reinterpret_cast<Packed*>(sum)[start + i] = values[n];
        }
        for (int j = 0; j < pack; ++j)
            squares += toFloat(values[n].values[j]) * toFloat(values[n].values[j]);
    }
    const float scale = rsqrtf(rowSum(squares, shared) / static_cast<float>(d) + eps);
    if (threadIdx.x == 0)
        scales[blockIdx.x] = scale;
    for (int n = 0; n < N; ++n) {
        const int i = static_cast<int>(threadIdx.x) + n * static_cast<int>(blockDim.x);
        if (i >= packs)
            continue;
        const Packed w = reinterpret_cast<const Packed*>(weight)[i];
        for (int j = 0; j < pack; ++j)
            values[n].values[j] =
                fromFloat<T>(toFloat(fromFloat<T>(toFloat(values[n].values[j]) * scale)) * toFloat(w.values[j]));
        reinterpret_cast<Packed*>(out)[start + i] = values[n];
    }
}

/// A block does rows blockIdx.x, + gridDim.x, … and keeps its share of the weight's gradient in registers.
template <typename T, int N>
__global__ void addRmsNormBackwardKernel(const T* __restrict__ sumGradient, const T* __restrict__ outGradient,
                                         const T* __restrict__ sum, const T* __restrict__ weight,
                                         const float* __restrict__ scales, T* __restrict__ gradient,
                                         float* __restrict__ partial, std::int64_t rows, int d)
{
    __shared__ float shared[mostThreads / warpSize_];
    using Packed = Pack<T, pack>;
    const int packs = d / pack;
    float weights[N][pack];
    float totals[N][pack];
    for (int n = 0; n < N; ++n) {
        const int i = static_cast<int>(threadIdx.x) + n * static_cast<int>(blockDim.x);
        const Packed w = i < packs ? reinterpret_cast<const Packed*>(weight)[i] : Packed{};
        for (int j = 0; j < pack; ++j) {
            weights[n][j] = i < packs ? toFloat(w.values[j]) : 0.0F;
            totals[n][j] = 0;
        }
    }
    for (std::int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
        const std::int64_t start = row * packs;
        const float scale = scales[row];
        float normed[N][pack];
        float inner[N][pack];
        float product = 0;
        for (int n = 0; n < N; ++n) {
            const int i = static_cast<int>(threadIdx.x) + n * static_cast<int>(blockDim.x);
            if (i >= packs)
                continue;
            const Packed x = reinterpret_cast<const Packed*>(sum)[start + i];
            const Packed g = reinterpret_cast<const Packed*>(outGradient)[start + i];
            for (int j = 0; j < pack; ++j) {
                normed[n][j] = toFloat(x.values[j]) * scale;
                const float out = toFloat(g.values[j]);
                totals[n][j] += out * normed[n][j];
                inner[n][j] = out * weights[n][j];
                product += inner[n][j] * normed[n][j];
            }
        }
        const float mean = rowSum(product, shared) / static_cast<float>(d);
        for (int n = 0; n < N; ++n) {
            const int i = static_cast<int>(threadIdx.x) + n * static_cast<int>(blockDim.x);
            if (i >= packs)
                continue;
            Packed result;
            Packed passed{};
            if (sumGradient != nullptr)
                passed = reinterpret_cast<const Packed*>(sumGradient)[start + i];
            for (int j = 0; j < pack; ++j) {
                float value = (inner[n][j] - normed[n][j] * mean) * scale;
                if (sumGradient != nullptr)
                    value += toFloat(passed.values[j]);
                result.values[j] = fromFloat<T>(value);
            }
            reinterpret_cast<Packed*>(gradient)[start + i] = result;
        }
    }
    if (partial == nullptr)
        return;
    for (int n = 0; n < N; ++n) {
        const int i = static_cast<int>(threadIdx.x) + n * static_cast<int>(blockDim.x);
        if (i >= packs)
            continue;
        for (int j = 0; j < pack; ++j)
            partial[static_cast<std::int64_t>(blockIdx.x) * d + i * pack + j] = totals[n][j];
    }
}

template <typename T> using HalfPack = Pack<T, 4>;

/// One thread turns four pairs of one head.
template <typename T>
__global__ void rotateKernel(T* __restrict__ qkv, const float* __restrict__ cosine, const float* __restrict__ sine,
                             std::int64_t items, int rotatedHeads, int allHeads, int headDim)
{
    const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * elementThreads + threadIdx.x;
    if (item >= items)
        return;
    const int half = headDim / 2;
    const int quads = half / 4;
    const int quad = static_cast<int>(item % quads);
    const std::int64_t head = item / quads % rotatedHeads;
    const std::int64_t row = item / quads / rotatedHeads;
    T* place = qkv + (row * allHeads + head) * headDim + 4 * quad;
    HalfPack<T> first = *reinterpret_cast<const HalfPack<T>*>(place);
    HalfPack<T> second = *reinterpret_cast<const HalfPack<T>*>(place + half);
    const float4 c = reinterpret_cast<const float4*>(cosine + row * half)[quad];
    const float4 s = reinterpret_cast<const float4*>(sine + row * half)[quad];
    const float cs[4] = {c.x, c.y, c.z, c.w};
    const float sn[4] = {s.x, s.y, s.z, s.w};
    for (int j = 0; j < 4; ++j) {
        const float x = toFloat(first.values[j]);
        const float y = toFloat(second.values[j]);
        first.values[j] = fromFloat<T>(x * cs[j] - y * sn[j]);
        second.values[j] = fromFloat<T>(y * cs[j] + x * sn[j]);
    }
    *reinterpret_cast<HalfPack<T>*>(place) = first;
    *reinterpret_cast<HalfPack<T>*>(place + half) = second;
}

template <typename T>
__global__ void unrotateKernel(HeadStrides q, HeadStrides k, HeadStrides v, const float* __restrict__ cosine,
                               const float* __restrict__ sine, T* __restrict__ out, RopeShape shape, std::int64_t items)
{
    const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * elementThreads + threadIdx.x;
    if (item >= items)
        return;
    const int half = static_cast<int>(shape.headDim / 2);
    const int quads = half / 4;
    const int quad = static_cast<int>(item % quads);
    const std::int64_t all = shape.heads + 2 * shape.kvHeads;
    const std::int64_t head = item / quads % all;
    const std::int64_t row = item / quads / all;
    const bool isQuery = head < shape.heads;
    const bool isKey = !isQuery && head < shape.heads + shape.kvHeads;
    const HeadStrides& source = isQuery ? q : isKey ? k : v;
    const std::int64_t own = isQuery ? head : head - shape.heads - (isKey ? 0 : shape.kvHeads);
    const T* place = static_cast<const T*>(source.data) + row / shape.length * source.sequence + own * source.head
        + row % shape.length * source.token + 4 * quad;
    HalfPack<T> first = *reinterpret_cast<const HalfPack<T>*>(place);
    HalfPack<T> second = *reinterpret_cast<const HalfPack<T>*>(place + half);
    if (isQuery || isKey) {
        const float4 c = reinterpret_cast<const float4*>(cosine + row * half)[quad];
        const float4 s = reinterpret_cast<const float4*>(sine + row * half)[quad];
        const float cs[4] = {c.x, c.y, c.z, c.w};
        const float sn[4] = {s.x, s.y, s.z, s.w};
        for (int j = 0; j < 4; ++j) {
            const float x = toFloat(first.values[j]);
            const float y = toFloat(second.values[j]);
            first.values[j] = fromFloat<T>(x * cs[j] + y * sn[j]);
            second.values[j] = fromFloat<T>(y * cs[j] - x * sn[j]);
        }
    }
    T* target = out + (row * all + head) * shape.headDim + 4 * quad;
    *reinterpret_cast<HalfPack<T>*>(target) = first;
    *reinterpret_cast<HalfPack<T>*>(target + half) = second;
}

template <typename T>
__global__ void swigluBackwardKernel(const T* __restrict__ gateUp, const T* __restrict__ outGradient,
                                     T* __restrict__ gradient, std::int64_t items, std::int64_t width)
{
    using Packed = Pack<T, pack>;
    const std::int64_t item = static_cast<std::int64_t>(blockIdx.x) * elementThreads + threadIdx.x;
    if (item >= items)
        return;
    const std::int64_t row = item / width;
    const std::int64_t place = 2 * row * width + item % width;
    Packed gates = reinterpret_cast<const Packed*>(gateUp)[place];
    Packed ups = reinterpret_cast<const Packed*>(gateUp)[place + width];
    const Packed outs = reinterpret_cast<const Packed*>(outGradient)[item];
    for (int j = 0; j < pack; ++j) {
        const float gate = toFloat(gates.values[j]);
        const float up = toFloat(ups.values[j]);
        const float out = toFloat(outs.values[j]);
        const float share = 1.0F / (1.0F + __expf(-gate));
        gates.values[j] = fromFloat<T>(out * up * share * (1.0F + gate * (1.0F - share)));
        ups.values[j] = fromFloat<T>(out * share * gate);
    }
    reinterpret_cast<Packed*>(gradient)[place] = gates;
    reinterpret_cast<Packed*>(gradient)[place + width] = ups;
}

/// A block a row, which it reads once into shared memory where it fits.
template <typename T, int N>
__global__ void crossEntropyKernel(T* __restrict__ logits, const std::int64_t* __restrict__ targets,
                                   const float* __restrict__ factor, float* __restrict__ loss, int vocabulary,
                                   bool cached)
{
    extern __shared__ __align__(16) unsigned char buffer[];
    __shared__ float shared[mostThreads / warpSize_];
    using Packed = Pack<T, N>;
    const std::int64_t row = blockIdx.x;
    const std::int64_t target = targets[row];
    auto* values = reinterpret_cast<Packed*>(logits + row * vocabulary);
    auto* copy = cached ? reinterpret_cast<Packed*>(buffer) : values;
    const int packs = vocabulary / N;
    if (target < 0) {
        for (int i = threadIdx.x; i < packs; i += blockDim.x)
            values[i] = Packed{};
        if (threadIdx.x == 0)
            loss[row] = 0;
        return;
    }
    const float picked = toFloat(logits[row * vocabulary + target]);
    float largest = -INFINITY;
    float total = 0;
    for (int i = threadIdx.x; i < packs; i += blockDim.x) {
        const Packed p = values[i];
        if (cached)
            copy[i] = p;
        float most = toFloat(p.values[0]);
        for (int j = 1; j < N; ++j)
            most = fmaxf(most, toFloat(p.values[j]));
        if (most > largest) {
            total *= __expf(largest - most);
            largest = most;
        }
        for (int j = 0; j < N; ++j)
            total += __expf(toFloat(p.values[j]) - largest);
    }
    float most = largest;
    for (int offset = warpSize_ / 2; offset > 0; offset /= 2)
        most = fmaxf(most, __shfl_xor_sync(0xffffffffU, most, offset));
    if (threadIdx.x % warpSize_ == 0)
        shared[threadIdx.x / warpSize_] = most;
    __syncthreads();
    for (int i = 0; i < static_cast<int>(blockDim.x) / warpSize_; ++i)
        most = fmaxf(most, shared[i]);
    const float sum = rowSum(total == 0 ? 0.0F : total * __expf(largest - most), shared);
    if (threadIdx.x == 0)
        loss[row] = logf(sum) + most - picked;
    const float weight = *factor;
    const float inverse = weight / sum;
    for (int i = threadIdx.x; i < packs; i += blockDim.x) {
        Packed p = copy[i];
        for (int j = 0; j < N; ++j) {
            float value = __expf(toFloat(p.values[j]) - most) * inverse;
            if (static_cast<std::int64_t>(i) * N + j == target)
                value -= weight;
            p.values[j] = fromFloat<T>(value);
        }
        values[i] = p;
    }
}

/// Calls launch<N>() with the packs a thread holds.
template <typename Function> void dispatchPacks(std::int64_t d, int threads, Function&& launch)
{
    const auto packs = (d / pack + threads - 1) / threads;
    if (packs <= 1)
        launch(std::integral_constant<int, 1>());
    else if (packs <= 2)
        launch(std::integral_constant<int, 2>());
    else
        launch(std::integral_constant<int, mostPacks>());
}

unsigned blocksFor(std::int64_t items)
{
    return static_cast<unsigned>((items + elementThreads - 1) / elementThreads);
}

} // namespace

void addRmsNorm(Type type, const void* x, const void* added, const void* weight, void* sum, void* out, float* scale,
                std::int64_t rows, std::int64_t d, float eps, Stream stream)
{
    const int threads = threadsFor(d);
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        dispatchPacks(d, threads, [&](auto n) {
            addRmsNormKernel<T, n()><<<static_cast<unsigned>(rows), threads, 0, stream>>>(
                static_cast<const T*>(x), static_cast<const T*>(added), static_cast<const T*>(weight),
                static_cast<T*>(sum), static_cast<T*>(out), scale, static_cast<int>(d), eps);
        });
    });
    checkLaunch("addRmsNorm");
}

std::int64_t normGradientBlocks(std::int64_t rows, std::int64_t)
{
    return std::min<std::int64_t>((rows + rowsPerBlock - 1) / rowsPerBlock, 2048);
}

void addRmsNormBackward(Type type, const void* sumGradient, const void* outGradient, const void* sum, const void* weight,
                        const float* scale, void* gradient, float* partial, std::int64_t rows, std::int64_t d,
                        Stream stream)
{
    const int threads = threadsFor(d);
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        dispatchPacks(d, threads, [&](auto n) {
            addRmsNormBackwardKernel<T, n()><<<static_cast<unsigned>(normGradientBlocks(rows, d)), threads, 0, stream>>>(
                static_cast<const T*>(sumGradient), static_cast<const T*>(outGradient), static_cast<const T*>(sum),
                static_cast<const T*>(weight), scale, static_cast<T*>(gradient), partial, rows, static_cast<int>(d));
        });
    });
    checkLaunch("addRmsNormBackward");
}

void rotate(Type type, void* qkv, const float* cosine, const float* sine, const RopeShape& shape, Stream stream)
{
    const std::int64_t rotated = shape.heads + shape.kvHeads;
    const std::int64_t items = shape.batch * shape.length * rotated * shape.headDim / 8;
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        rotateKernel<T><<<blocksFor(items), elementThreads, 0, stream>>>(
            static_cast<T*>(qkv), cosine, sine, items, static_cast<int>(rotated),
            static_cast<int>(rotated + shape.kvHeads), static_cast<int>(shape.headDim));
    });
    checkLaunch("rotate");
}

void unrotate(Type type, const HeadStrides& q, const HeadStrides& k, const HeadStrides& v, const float* cosine,
              const float* sine, void* out, const RopeShape& shape, Stream stream)
{
    const std::int64_t items =
        shape.batch * shape.length * (shape.heads + 2 * shape.kvHeads) * shape.headDim / 8;
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        unrotateKernel<T><<<blocksFor(items), elementThreads, 0, stream>>>(q, k, v, cosine, sine, static_cast<T*>(out),
                                                                          shape, items);
    });
    checkLaunch("unrotate");
}

void swigluBackward(Type type, const void* gateUp, const void* outGradient, void* gradient, std::int64_t rows,
                    std::int64_t f, Stream stream)
{
    const std::int64_t items = rows * f / pack;
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        swigluBackwardKernel<T><<<blocksFor(items), elementThreads, 0, stream>>>(
            static_cast<const T*>(gateUp), static_cast<const T*>(outGradient), static_cast<T*>(gradient), items, f / pack);
    });
    checkLaunch("swigluBackward");
}

void crossEntropy(Type type, void* logits, const std::int64_t* targets, const float* factor, float* loss,
                  std::int64_t rows, std::int64_t vocabulary, Stream stream)
{
    constexpr std::int64_t sharedBytes = 40 << 10;
    dispatch(type, [&](auto zero) {
        using T = decltype(zero);
        const std::int64_t bytes = vocabulary * static_cast<std::int64_t>(sizeof(T));
        const bool cached = bytes <= sharedBytes;
        const auto launch = [&](auto n) {
            crossEntropyKernel<T, n()>
                <<<static_cast<unsigned>(rows), mostThreads, cached ? static_cast<unsigned>(bytes) : 0, stream>>>(
                    static_cast<T*>(logits), targets, factor, loss, static_cast<int>(vocabulary), cached);
        };
        if (vocabulary % pack == 0)
            launch(std::integral_constant<int, pack>());
        else
            launch(std::integral_constant<int, 1>());
    });
    checkLaunch("crossEntropy");
}

} // namespace icae::cuda
