#include "check/bench.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "measure/statistics.h"
#include "protocol/error.h"
#include "tensor/cpu_kernels.h"
#include "tensor/cpu_math.h"

#include <algorithm>
#include <array>
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
    // As their config.json says.
    constexpr std::array<std::pair<std::string_view, std::string_view>, 3> shapes{{
        {"mistral-7b",
         R"({"model_type":"mistral","vocab_size":32000,"hidden_size":4096,"intermediate_size":14336,
             "num_hidden_layers":32,"num_attention_heads":32,"num_key_value_heads":8,"rms_norm_eps":1e-5,
             "max_position_embeddings":32768,"sliding_window":null})"},
        {"llama-3.2-1b",
         R"({"model_type":"llama","vocab_size":128256,"hidden_size":2048,"intermediate_size":8192,
             "num_hidden_layers":16,"num_attention_heads":32,"num_key_value_heads":8,"head_dim":64,
             "rms_norm_eps":1e-5,"max_position_embeddings":131072,"tie_word_embeddings":true,"rope_theta":500000.0,
             "rope_scaling":{"rope_type":"llama3","factor":32.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
             "original_max_position_embeddings":8192}})"},
        {"qwen3-0.6b",
         R"({"model_type":"qwen3","vocab_size":151936,"hidden_size":1024,"intermediate_size":3072,
             "num_hidden_layers":28,"num_attention_heads":16,"num_key_value_heads":8,"head_dim":128,
             "rms_norm_eps":1e-6,"max_position_embeddings":40960,"tie_word_embeddings":true,"rope_theta":1000000})"},
    }};
    std::string known;
    for (const auto& [shape, config] : shapes) {
        if (shape == name)
            return parseLlmConfig(config, name);
        known += (known.empty() ? "" : ", ") + std::string(shape);
    }
    throw Error(ErrorKind::InvalidInput, "\"" + name + "\" is not a known shape.", "Known are " + known + ".");
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
