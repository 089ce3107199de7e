#include "measure/bleu.h"
#include "measure/match.h"
#include "study/cell_meter.h"
#include "study/position.h"
#include "study/window_writer.h"
#include "study/windows.h"

#include <algorithm>
#include <map>

namespace icae {

namespace {

std::optional<std::int64_t> firstMiss(const TokenIds& reference, const TokenIds& written)
{
    const auto place = std::mismatch(reference.begin(), reference.end(), written.begin(), written.end()).first;
    if (place == reference.end() && written.size() == reference.size())
        return {};
    return place - reference.begin();
}

/// Windows of texts, written back from their slots.
class ReconstructionMeter final : public CellMeter {
public:
    explicit ReconstructionMeter(const MeterInputs& inputs)
        : m_inputs(inputs)
        , m_model(*inputs.model)
        , m_writer(m_model)
        , m_reader(m_model)
    {
        m_options.temperature = inputs.spec.temperature;
        m_options.seed = static_cast<std::uint64_t>(inputs.spec.seed);
    }

    std::vector<StudySample> measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const StudyPace& pace) override
    {
        const auto& windows = windowsOf(cell);
        const auto end = std::min(first + count, std::ssize(windows));
        if (first >= end)
            return {};
        std::vector<TokenIds> ids;
        for (auto i = first; i < end; ++i)
            ids.push_back(windows[static_cast<std::size_t>(i)].ids);
        WriteCosts costs;
        const auto written = m_writer.write(ids, cell.spans, cell.slots / cell.spans, m_options, pace, costs);
        std::vector<StudySample> samples;
        for (std::size_t i = 0; i < ids.size(); ++i)
            samples.push_back(sampleOf(windows[static_cast<std::size_t>(first) + i], written[i], pace));
        return samples;
    }

private:
    const std::vector<StudyWindow>& windowsOf(const StudyCell& cell)
    {
        auto [found, isNew] = m_windows.try_emplace({cell.tokens, cell.content});
        if (isNew) {
            const auto& spec = m_inputs.spec;
            const auto& texts = m_inputs.data.texts;
            auto windows = cutWindows(*m_inputs.reference, texts, cell.tokens, spec.windows);
            if (m_inputs.model != m_inputs.reference)
                windows = sameBytes(m_model, texts, std::move(windows));
            found->second = withContent(m_model, std::move(windows), cell.content, spec.seed);
        }
        return found->second;
    }

    StudySample sampleOf(const StudyWindow& window, const WrittenWindow& written, const StudyPace& pace) const
    {
        StudySample sample;
        sample.text = window.text;
        sample.begin = window.begin;
        sample.end = window.end;
        sample.referenceIds = window.ids;
        sample.writtenIds = written.ids;
        sample.reference = m_model.tokenizer()->decode(window.ids);
        sample.written = m_model.tokenizer()->decode(written.ids);
        sample.bleu = sentenceBleu(sample.written, sample.reference).score;
        sample.em = exactMatchPrefix(window.ids, written.ids);
        sample.freeTokenAccuracy = tokenAccuracy(window.ids, written.ids);
        sample.firstMiss = firstMiss(window.ids, written.ids);
        rateSample(sample, written.scores, sample.reference.size());
        if (m_inputs.spec.kind == StudyKind::Position) {
            pace.pause();
            sample.misses = missesOf(m_model, m_reader, window.ids, written.scores, pace.stop);
        }
        return sample;
    }

    MeterInputs m_inputs;
    const Model& m_model;
    WindowWriter m_writer;
    Reader m_reader;
    WriteOptions m_options;
    std::map<std::pair<std::int64_t, StudyContent>, std::vector<StudyWindow>> m_windows; ///< by tokens and content
};

} // namespace

std::unique_ptr<CellMeter> makeReconstructionMeter(const MeterInputs& inputs)
{
    return std::make_unique<ReconstructionMeter>(inputs);
}

} // namespace icae
