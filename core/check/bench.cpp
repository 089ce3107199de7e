#include "check/bench.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "measure/statistics.h"
#include "protocol/error.h"
#include "tensor/cpu_kernels.h"
#include "tensor/cpu_math.h"

#include <algorithm>
#include <chrono>
#include <functional>

namespace icae {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t copyBytes = std::int64_t{1} << 30U;

/// Seconds that an action takes on the device, in the mean over a few repetitions.
double timed(const at::Device& device, int repetitions, const std::function<void()>& action)
{
    synchronize(device);
    const auto start = Clock::now();
    for (int i = 0; i < repetitions; ++i)
        action();
    synchronize(device);
    return std::chrono::duration<double>(Clock::now() - start).count() / repetitions;
}

double cpuBandwidth(const at::Tensor& buffer)
{
    const float* data = buffer.data_ptr<float>();
    float total = 0;
    const auto read = [&] {
#pragma omp parallel reduction(+ : total)
        {
            const auto [begin, end] = threadShare(buffer.numel());
            total += cpu::sum(data + begin, end - begin);
        }
    };
    read(); // what a large cache keeps of the weights between tokens, it keeps of this buffer
    const auto seconds = timed(at::kCPU, 10, read);
    return static_cast<double>(buffer.nbytes()) / seconds + static_cast<double>(total) * 0.0;
}

double cudaBandwidth(const at::Tensor& from, at::Tensor& to)
{
    const auto seconds = timed(from.device(), 10, [&] { to.copy_(from); });
    return 2.0 * static_cast<double>(from.nbytes()) / seconds;
}

/// The four products of a layer, at the rows that one compressing forward has.
class Products {
public:
    Products(const Model& model, std::int64_t rows)
        : m_model(model)
        , m_rows(rows)
    {
        const auto& layer = model.adapter().encoder.layers.front();
        for (const auto& weight : {layer.qkv, layer.o, layer.gateUp, layer.down})
            m_inputs.emplace_back(at::empty({rows, weight.size(1)}, weight.options()).normal_(), weight);
    }

    double operations() const
    {
        double total = 0;
        for (const auto& [x, weight] : m_inputs)
            total += 2.0 * static_cast<double>(m_rows) * static_cast<double>(weight.numel());
        return total;
    }

    /// The faster of the library's own way to spread a product over the cores and ours.
    double seconds() const
    {
        const auto device = m_model.device().device;
        const int repetitions = device.is_cpu() ? 1 : 20;
        double library = 0;
        double ours = 0;
        for (const auto& [x, weight] : m_inputs) {
            library += timed(device, repetitions, [&, &a = x, &b = weight] { at::linear(a, b); });
            ours += timed(device, repetitions, [&, &a = x, &b = weight] { m_model.decoder().kernels().linear(a, b); });
        }
        return std::min(library, ours);
    }

private:
    const Model& m_model;
    std::int64_t m_rows;
    std::vector<std::pair<at::Tensor, at::Tensor>> m_inputs;
};

double median(const std::vector<double>& values)
{
    return quantile(values, 0.5);
}

} // namespace

LlmConfig namedShape(const std::string& name)
{
    if (name != "mistral-7b")
        throw Error(ErrorKind::InvalidInput, "\"" + name + "\" is not a known shape.", "Use mistral-7b.");
    LlmConfig config;
    config.architecture = "MistralForCausalLM";
    config.vocabSize = 32000;
    config.hiddenSize = 4096;
    config.intermediateSize = 14336;
    config.layers = 32;
    config.heads = 32;
    config.kvHeads = 8;
    config.headDim = 128;
    config.maxPositions = 32768;
    config.rmsEps = 1e-5;
    return config;
}

AdapterConfig publishedAdapterConfig()
{
    AdapterConfig config;
    config.rank = 512;
    config.targets = {"q_proj", "v_proj"};
    config.slots = 128;
    config.spanTokens = 512;
    config.contextBos = true;
    return config;
}

BenchResult bench(const Model& model, const BenchOptions& options, const std::stop_token& stop)
{
    const c10::InferenceMode noGradients;
    const auto device = model.device().device;
    const auto& config = model.config();
    const auto elementSize = static_cast<std::int64_t>(c10::elementSize(model.weights().dtype()));
    const auto weightBytes = config.parametersReadPerToken() * elementSize;
    const Compressor compressor(model);
    const Reader reader(model);

    const auto length = std::min(model.adapter().config.spanTokens, options.contextTokens);
    const auto spans = std::max<std::int64_t>(1, options.contextTokens / length);
    const auto slots = model.adapter().config.slots;
    const auto ids = at::randint(3, config.vocabSize, {spans, length}, at::kLong);
    const auto atOnce = std::min(spans, compressor.spansAtOnce(length, slots));
    const Products products(model, atOnce * (length + slots));
    const auto floats = std::max(weightBytes, std::int64_t{1} << 26U) / 4;
    auto buffer = device.is_cpu() ? at::ones({floats}, at::kFloat)
                                  : at::ones({copyBytes}, at::TensorOptions().device(device).dtype(at::kByte));
    auto copy = device.is_cpu() ? at::Tensor() : at::empty_like(buffer);

    const auto memory = compressor.encode(ids.narrow(0, 0, 1), slots);
    const SpanShape shape{length, slots};
    auto prompt = reader.prompt(Task::Autoencode, std::span(&shape, 1), memory[0], {}, {});
    prompt.maxTokens = options.decodeTokens;

    std::vector<double> bandwidth;
    std::vector<double> productSeconds;
    std::vector<double> compressSeconds;
    std::vector<double> stepSeconds;
    for (int round = -1; round < options.rounds; ++round) { // the first one warms up
        const double rate = device.is_cpu() ? cpuBandwidth(buffer) : cudaBandwidth(buffer, copy);
        const auto generation = reader.generate(std::span(&prompt, 1), {}, {}, stop);
        const double gemm = products.seconds();
        const double seconds = timed(device, 1, [&] { compressor.encode(ids, slots, {}, stop); });
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The benchmark was stopped.", {});
        if (round < 0)
            continue;
        bandwidth.push_back(rate);
        stepSeconds.push_back(generation.decodeSeconds / static_cast<double>(generation.steps));
        productSeconds.push_back(gemm);
        compressSeconds.push_back(seconds);
    }

    BenchResult result;
    result.device = describeDevice(device);
    result.dtype = dtypeName(model.weights().dtype());
    const auto contextTokens = static_cast<double>(spans * length);
    result.bandwidth = median(bandwidth);
    result.gemmFlops = products.operations() / median(productSeconds);
    result.decodeTokensPerSecond = 1.0 / median(stepSeconds);
    result.compressTokensPerSecond = contextTokens / median(compressSeconds);
    result.decodeCeiling = result.bandwidth / static_cast<double>(weightBytes);
    const double layerOperations = products.operations() / static_cast<double>(atOnce) * static_cast<double>(spans);
    result.compressCeiling = contextTokens / (layerOperations * static_cast<double>(config.layers) / result.gemmFlops);
    return result;
}

} // namespace icae
