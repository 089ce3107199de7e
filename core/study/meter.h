#pragma once

#include "icae/compressor.h"
#include "icae/reader.h"
#include "protocol/study.h"
#include "study/questions.h"
#include "study/windows.h"

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <vector>

namespace icae {

/// What all models of a study read.
struct StudyData {
    std::vector<StudyText> texts;
    std::vector<Question> questions;
};

/// Measures cells of a study with one model. Equal calls give equal samples, but for seconds.
class StudyMeter {
public:
    /// @param reference the first model of the study, whose windows say which bytes all models read
    StudyMeter(const StudySpec& spec, const StudyData& data, std::shared_ptr<const Model> model,
               std::shared_ptr<const Model> reference);

    /// Samples first … first + count - 1 of a cell, fewer where the texts give fewer.
    /// @param between called between forwards: where a run gives way
    /// @throws Error (Cancelled, InvalidInput, OutOfMemory)
    std::vector<StudySample> measure(const StudyCell& cell, std::int64_t first, std::int64_t count,
                                     const std::function<void()>& between, const std::stop_token& stop);

private:
    using Windows = std::vector<StudyWindow>;
    struct Written {
        std::vector<TokenIds> ids; ///< a window
        std::vector<std::vector<TokenScore>> scores; ///< a window: its tokens, and an EOS a prompt
    };

    const Windows& windowsOf(const StudyCell& cell);
    std::vector<StudySample> reconstruct(const StudyCell& cell, const Windows& windows, std::int64_t first,
                                         std::int64_t count);
    Written writeBack(const StudyCell& cell, std::span<const StudyWindow> windows);
    std::vector<StudySample> continueText(const StudyCell& cell, std::int64_t first, std::int64_t count);
    std::vector<StudySample> answer(const StudyCell& cell, std::int64_t first, std::int64_t count);
    std::vector<StudySample> time(const StudyCell& cell, std::int64_t first, std::int64_t count);
    /// Slots of each window, span by span: shapes and [slots of all spans, d].
    std::pair<std::vector<std::vector<SpanShape>>, std::vector<at::Tensor>>
    compress(std::span<const StudyWindow> windows, std::int64_t spans, std::int64_t slots);
    void pause();

    const StudySpec& m_spec;
    const StudyData& m_data;
    std::shared_ptr<const Model> m_model;
    std::shared_ptr<const Model> m_reference;
    Compressor m_compressor;
    Reader m_reader;
    std::map<std::pair<std::int64_t, StudyContent>, Windows> m_windows; ///< by tokens and content
    std::vector<StudyWindow> m_stream; ///< texts behind each other, BOS in front of each
    std::function<void()> m_between;
    std::stop_token m_stop;
};

} // namespace icae
