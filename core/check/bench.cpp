#include "check/bench.h"

#include "icae/compressor.h"
#include "icae/reader.h"
#include "llm/step.h"
#include "measure/statistics.h"
#include "protocol/error.h"
#include "tensor/cpu_kernels.h"
#include "tensor/cpu_math.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <random>

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

/// Drafts what plain decoding wrote, with some of its tokens spoiled.
class ReplayDrafter final : public Drafter {
public:
    ReplayDrafter(std::vector<std::int32_t> ids, double errors, bool imposed, std::int64_t vocabulary)
        : m_ids(std::move(ids))
        , m_spoiled(m_ids.size(), false)
        , m_imposed(imposed)
    {
        std::mt19937_64 random(1); // NOLINT(cert-msc51-cpp): the same places in every round
        std::bernoulli_distribution spoils(errors);
        for (std::size_t i = 0; i < m_ids.size(); ++i)
            if ((m_spoiled[i] = spoils(random)))
                m_ids[i] = static_cast<std::int32_t>((m_ids[i] + 1) % vocabulary);
    }

    std::span<const std::int32_t> draft(std::size_t /*sequence*/) const override
    {
        return std::span(m_ids).subspan(std::min(m_written, m_ids.size()));
    }
    void wrote(std::size_t /*sequence*/, std::int32_t /*token*/) override { ++m_written; }

    std::size_t agreement(std::size_t sequence, std::span<const std::int32_t> drafted,
                          std::span<const std::int32_t> choices) const override
    {
        const auto own = Drafter::agreement(sequence, drafted, choices);
        if (!m_imposed)
            return own;
        std::size_t imposed = 0;
        while (imposed < drafted.size() && !m_spoiled[m_written + imposed])
            ++imposed;
        return imposed;
    }

    void restart() { m_written = 0; }

private:
    std::vector<std::int32_t> m_ids;
    std::vector<bool> m_spoiled;
    std::size_t m_written = 0;
    bool m_imposed = false;
};

/// Forwards over several tokens behind one prompt. Short-lived, since an engine may hold the threads that others need.
class Checking {
public:
    Checking(const Model& model, const Prompt& prompt, const std::vector<std::int32_t>& ids)
        : m_model(model)
        , m_ids(ids)
        , m_prompt(prompt)
        , m_cache(KvCache::allocate(model.config(), 1, prompt.length() + static_cast<std::int64_t>(ids.size()) + 1,
                                    model.device().device, model.weights().dtype()))
    {
        const auto device = model.device().device;
        auto positions = prompt.positions;
        const auto row = at::from_blob(positions.data(), {1, prompt.length()}, at::kFloat).clone().to(device);
        model.decoder().hidden(model.weights(), prompt.embeddings.unsqueeze(0), row, 1, m_cache);
        m_engine = makeStepEngine(model.decoder(), model.weights(), m_cache);
        m_engine->prepare();
    }

    /// Seconds that a forward over the first `count` tokens takes, choices included.
    double seconds(std::int64_t count, int repetitions)
    {
        TokenRows rows;
        rows.begin(0, m_prompt.length());
        for (std::int64_t i = 0; i < count; ++i)
            rows.add(m_ids[static_cast<std::size_t>(i)], m_prompt.nextPosition + static_cast<float>(i));
        Sampler sampler({}, 1, 0);
        const auto forward = [&] {
            sampler.choose(m_engine->read(rows).narrow(0, 0, count)).ids.to(at::kCPU);
            m_cache.lengths.front() = m_prompt.length();
        };
        forward(); // the first use of a size prepares it, the second one captures it
        forward();
        return timed(m_model.device().device, repetitions, forward);
    }

    /// Share of the tokens that a forward over all of them chooses as they are.
    double agreement()
    {
        TokenRows rows;
        rows.begin(0, m_prompt.length());
        for (std::size_t i = 0; i + 1 < m_ids.size(); ++i)
            rows.add(m_ids[i], m_prompt.nextPosition + static_cast<float>(i));
        const auto chosen = m_engine->read(rows).narrow(0, 0, rows.count()).argmax(-1).to(at::kCPU);
        m_cache.lengths.front() = m_prompt.length();
        std::int64_t same = 0;
        for (std::int64_t i = 0; i < rows.count(); ++i)
            same += chosen.data_ptr<int64_t>()[i] == m_ids[static_cast<std::size_t>(i) + 1] ? 1 : 0;
        return static_cast<double>(same) / static_cast<double>(rows.count());
    }

    /// Seconds that a step of one token takes, its choice included.
    double stepSeconds(int repetitions)
    {
        const auto device = m_model.device().device;
        const auto id = at::full({1}, m_ids.front(), at::kLong).to(device);
        const auto position = at::full({1}, m_prompt.nextPosition).to(device);
        Sampler sampler({}, 1, 0);
        return timed(device, repetitions, [&] {
            sampler.choose(m_engine->step(id, position)).ids.to(at::kCPU);
            m_cache.lengths.front() = m_prompt.length();
        });
    }

private:
    const Model& m_model;
    const std::vector<std::int32_t>& m_ids;
    const Prompt& m_prompt;
    KvCache m_cache;
    std::unique_ptr<StepEngine> m_engine;
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

    const auto written = reader.generate(std::span(&prompt, 1), {}, {}, stop).ids.front();
    if (written.empty())
        throw Error(ErrorKind::Cancelled, "The benchmark was stopped.", {});
    ReplayDrafter drafter(written, options.draftErrors, options.imposeAcceptance, config.vocabSize);
    const auto checked = std::min(checkedTokens, static_cast<std::int64_t>(written.size()));
    const int repetitions = device.is_cpu() ? 3 : 20;

    std::vector<double> draftedRates;
    std::vector<double> speedups;
    std::vector<double> forwardSeconds;
    std::vector<double> checkingSteps;
    std::vector<double> bandwidth;
    std::vector<double> productSeconds;
    std::vector<double> compressSeconds;
    std::vector<double> stepSeconds;
    BenchResult result;
    for (int round = -1; round < options.rounds; ++round) { // the first one warms up
        const double rate = device.is_cpu() ? cpuBandwidth(buffer) : cudaBandwidth(buffer, copy);
        const auto generation = reader.generate(std::span(&prompt, 1), {}, {}, stop);
        drafter.restart();
        const auto drafted = reader.generate(std::span(&prompt, 1), {}, {}, stop, &drafter);
        const auto checks = [&] {
            Checking checking(model, prompt, written);
            result.agreement = checking.agreement();
                    return std::pair(checking.seconds(static_cast<std::int64_t>(written.size()), 1),
                             checking.seconds(checked, repetitions) / checking.stepSeconds(repetitions));
        }();
        const double gemm = products.seconds();
        const double seconds = timed(device, 1, [&] { compressor.encode(ids, slots, {}, stop); });
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The benchmark was stopped.", {});
        if (round < 0)
            continue;
        bandwidth.push_back(rate);
        const auto draftedRate = static_cast<double>(drafted.ids.front().size() - 1) / drafted.decodeSeconds;
        draftedRates.push_back(draftedRate);
        speedups.push_back(draftedRate * generation.decodeSeconds / static_cast<double>(generation.forwards));
        forwardSeconds.push_back(checks.first);
        checkingSteps.push_back(checks.second);
        result.accepted =
            static_cast<double>(drafted.accepted) / static_cast<double>(std::max<std::int64_t>(1, drafted.drafted));
        result.forwards = static_cast<double>(drafted.forwards);
        stepSeconds.push_back(generation.decodeSeconds / static_cast<double>(generation.forwards));
        productSeconds.push_back(gemm);
        compressSeconds.push_back(seconds);
    }

    result.draftedTokensPerSecond = median(draftedRates);
    result.draftedSpeedup = median(speedups);
    result.forwardTokensPerSecond = static_cast<double>(written.size()) / median(forwardSeconds);
    result.checkingSteps = median(checkingSteps);
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
