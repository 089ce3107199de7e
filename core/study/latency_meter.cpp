#include "study/cell_meter.h"
#include "study/window_writer.h"
#include "tensor/device.h"

#include <algorithm>
#include <chrono>
#include <set>

namespace icae {

namespace {

/// How long reading and writing take, and how much memory, after text and after slots.
class LatencyMeter final : public CellMeter {
public:
    explicit LatencyMeter(const MeterInputs& inputs)
        : m_spec(inputs.spec)
        , m_texts(inputs.data.texts)
        , m_model(inputs.model)
        , m_writer(*m_model)
        , m_reader(*m_model)
    {
    }

    std::vector<StudySample> measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const StudyPace& pace) override
    {
        if (m_warm.insert(cell).second) // the first forwards of a shape also set up what later ones reuse
            sampleOf(cell, pace);
        std::vector<StudySample> samples;
        for (auto i = first; i < std::min(first + count, m_spec.windows); ++i)
            samples.push_back(sampleOf(cell, pace));
        return samples;
    }

private:
    /// What is read decides nothing about how long it takes; texts that are too short are read again.
    std::vector<TokenIds> windowsOf(const StudyCell& cell) const
    {
        TokenIds all;
        for (std::size_t t = 0; std::ssize(all) < cell.tokens * cell.batch; t = (t + 1) % m_texts.size()) {
            const auto ids = m_model->tokenizer()->encodeIds(m_texts[t].content);
            all.insert(all.end(), ids.begin(), ids.end());
            if (all.empty() && t + 1 == m_texts.size())
                throw Error(ErrorKind::InvalidInput, "There is no text to read.", "Give a text.");
        }
        std::vector<TokenIds> windows;
        for (auto at = all.begin(); std::ssize(windows) < cell.batch; at += cell.tokens)
            windows.emplace_back(at, at + cell.tokens);
        return windows;
    }

    StudySample sampleOf(const StudyCell& cell, const StudyPace& pace) const
    {
        const auto device = m_model->device().device;
        const auto windows = windowsOf(cell);
        StudySample sample;
        std::vector<Prompt> prompts;
        if (cell.context == StudyContext::Slots) {
            synchronize(device);
            const auto start = std::chrono::steady_clock::now();
            const auto compressed = m_writer.compress(windows, cell.spans, cell.slots / cell.spans, pace);
            synchronize(device);
            sample.compressSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            for (const auto& window : compressed)
                prompts.push_back(m_reader.prompt(Task::Continue, window.shapes, window.slots, {}, {}));
        } else {
            for (const auto& window : windows)
                prompts.push_back(m_reader.plain(window));
        }
        for (auto& prompt : prompts)
            prompt.maxTokens = m_spec.tokens;
        pace.pause();
        const GenerationOptions options; // no stop token: every sequence has the same length
        const auto generation = m_reader.generate(prompts, options, {}, pace.stop);
        pace.pause();
        sample.prefillSeconds = generation.prefillSeconds;
        sample.decodeSeconds = generation.prepareSeconds + generation.decodeSeconds;
        sample.kvBytes = KvCache::bytes(m_model->config(), cell.batch, prompts.front().length() + m_spec.tokens,
                                        m_model->weights().dtype());
        if (const auto peak = peakTensorBytes(device); peak > 0)
            sample.peakBytes = peak;
        return sample;
    }

    const StudySpec& m_spec;
    const std::vector<StudyText>& m_texts;
    std::shared_ptr<const Model> m_model;
    WindowWriter m_writer;
    Reader m_reader;
    std::set<StudyCell> m_warm;
};

} // namespace

std::unique_ptr<CellMeter> makeLatencyMeter(const MeterInputs& inputs)
{
    return std::make_unique<LatencyMeter>(inputs);
}

} // namespace icae
