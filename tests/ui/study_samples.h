#pragma once

#include "models/study_document.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace icae {

/// Made-up samples of a study: values follow from cell and index alone.
class StudySamples {
public:
    static StudyConfig config(StudyKind kind, const std::vector<std::string>& models = {"nano"})
    {
        StudyConfig config;
        config.spec.kind = kind;
        config.spec.seed = 3;
        for (const auto& model : models)
            config.models.push_back({model, "base", "adapter", "0123456789abcdef", "fedcba9876543210", 0});
        config.device = "CPU (2 threads)";
        config.dtype = "float32";
        config.version = "0.1.0";
        return config;
    }

    static StudyCell cell(std::int64_t tokens, std::int64_t slots, const std::string& model = "nano")
    {
        StudyCell cell;
        cell.model = model;
        cell.tokens = tokens;
        cell.slots = slots;
        return cell;
    }

    static StudySample sample(const StudyCell& cell, std::int64_t index)
    {
        StudySample sample;
        sample.cell = cell;
        sample.index = index;
        sample.text = "samples/story";
        sample.begin = index * 100;
        sample.end = sample.begin + 80;
        const auto noise = std::fmod(static_cast<double>(index) * 0.6180339887, 1.0);
        const auto ratio =
            static_cast<double>(cell.tokens) / static_cast<double>(std::max<std::int64_t>(1, cell.slots));
        sample.bleu = 1 / (1 + ratio * ratio * 0.01 * noise);
        sample.em = *sample.bleu * noise;
        sample.loss = 0.01 + ratio * 0.02 * noise;
        sample.tokenAccuracy = *sample.bleu;
        sample.seconds = 0.1;
        sample.offset = index * 1000;
        return sample;
    }

    /// Reconstructions by length, a line a slot count.
    static std::vector<StudySample> grid(std::int64_t windows, const std::string& model = "nano",
                                         const std::vector<std::int64_t>& lengths = {64, 128, 256, 512},
                                         const std::vector<std::int64_t>& slots = {16, 32, 64, 128})
    {
        std::vector<StudySample> samples;
        for (const auto length : lengths)
            for (const auto count : slots)
                for (std::int64_t i = 0; i < windows; ++i)
                    samples.push_back(sample(cell(length, count, model), i));
        return samples;
    }

    static StudyDocumentPtr byLength(std::int64_t windows = 6)
    {
        return makeStudyDocument(QStringLiteral("/runs/by-length"), config(StudyKind::Length), grid(windows));
    }
};

} // namespace icae
