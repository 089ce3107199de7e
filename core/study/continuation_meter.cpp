#include "study/cell_meter.h"
#include "study/window_writer.h"

#include <algorithm>

namespace icae {

namespace {

/// Windows of texts, continued after different contexts.
class ContinuationMeter final : public CellMeter {
public:
    explicit ContinuationMeter(const MeterInputs& inputs)
        : m_spec(inputs.spec)
        , m_model(inputs.model)
        , m_writer(*m_model)
        , m_reader(*m_model)
    {
        // The texts follow each other with BOS before each, as continuation() reads them.
        for (const auto& text : inputs.data.texts) {
            m_stream.push_back({&text, 0, 0, static_cast<TokenId>(m_model->config().bosId)});
            for (const auto& token : m_model->tokenizer()->encode(text.content))
                m_stream.push_back(
                    {&text, static_cast<std::int64_t>(token.begin), static_cast<std::int64_t>(token.end), token.id});
        }
    }

    std::vector<StudySample> measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const StudyPace& pace) override
    {
        const auto window = cell.tokens + m_spec.tokens;
        const auto room = std::ssize(m_stream) - window;
        if (room < 0 || m_spec.tokens < 2)
            throw Error(ErrorKind::InvalidInput,
                        "The texts have " + std::to_string(m_stream.size()) + " tokens, and a sample needs "
                            + std::to_string(window) + ".",
                        "Give more text, or fewer spans.");
        std::vector<StudySample> samples;
        for (auto i = first; i < std::min(first + count, m_spec.windows); ++i) { // at equal distances
            const auto start = m_spec.windows > 1 ? room * i / (m_spec.windows - 1) : 0;
            samples.push_back(sampleAt(start, cell, pace));
        }
        return samples;
    }

private:
    struct Place {
        const StudyText* text;
        std::int64_t begin; ///< bytes
        std::int64_t end;
        TokenId id;
    };

    TokenIds ids(std::int64_t begin, std::int64_t end) const
    {
        TokenIds some;
        for (auto i = begin; i < end; ++i)
            some.push_back(m_stream[static_cast<std::size_t>(i)].id);
        return some;
    }

    StudySample sampleAt(std::int64_t start, const StudyCell& cell, const StudyPace& pace) const
    {
        const auto given = ids(start, start + cell.tokens);
        const auto next = start + cell.tokens; // given too, so that all contexts rate the same tokens
        const auto end = next + m_spec.tokens;
        const std::vector<TokenIds> targets(1, ids(next + 1, end));
        const std::vector<Prompt> prompts(1, prompt(cell, given, ids(next, next + 1), pace));
        pace.pause();
        const auto scores = m_reader.score(prompts, targets, {}, pace.stop);
        StudySample sample;
        const auto& begin = m_stream[static_cast<std::size_t>(start)];
        const auto& last = m_stream[static_cast<std::size_t>(end - 1)];
        sample.text = begin.text == last.text ? begin.text->id : begin.text->id + " to " + last.text->id;
        sample.begin = begin.begin;
        sample.end = last.end;
        sample.referenceIds = targets.front();
        sample.reference = m_model->tokenizer()->decode(sample.referenceIds);
        rateSample(sample, scores.front(), sample.reference.size());
        return sample;
    }

    Prompt prompt(const StudyCell& cell, const TokenIds& given, const TokenIds& next, const StudyPace& pace) const
    {
        switch (cell.context) {
        case StudyContext::Text:
            return m_reader.after(m_reader.plain(given), next);
        case StudyContext::Nothing:
            break;
        case StudyContext::Cut: {
            const auto slots = m_spec.slots.empty() ? 0 : m_spec.slots.front() * cell.spans;
            const auto begin = given.end() - std::min<std::int64_t>(slots, std::ssize(given));
            return m_reader.after(m_reader.plain(TokenIds(begin, given.end())), next);
        }
        case StudyContext::Slots: {
            const auto window = m_writer.compress(std::span(&given, 1), cell.spans, cell.slots / cell.spans, pace);
            return m_reader.prompt(Task::Continue, window.front().shapes, window.front().slots, {}, next);
        }
        }
        return m_reader.plain(next);
    }

    const StudySpec& m_spec;
    std::shared_ptr<const Model> m_model;
    WindowWriter m_writer;
    Reader m_reader;
    std::vector<Place> m_stream; ///< texts behind each other
};

} // namespace

std::unique_ptr<CellMeter> makeContinuationMeter(const MeterInputs& inputs)
{
    return std::make_unique<ContinuationMeter>(inputs);
}

} // namespace icae
