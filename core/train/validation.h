#pragma once

#include "study/evaluate.h"
#include "study/questions.h"
#include "train/job.h"
#include "train/network.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace icae {

/// What evaluations read.
struct ValidationData {
    std::vector<std::string> texts;
    std::vector<Question> questions;

    bool empty() const { return texts.empty() && questions.empty(); }
    /// @throws Error naming file and line
    static ValidationData read(const TrainJob& job);
};

/// What an evaluation found.
struct ValidationResult {
    nlohmann::json values = nlohmann::json::object(); ///< curve → value
    std::optional<double> autoencoding; ///< loss, mean over the cells
    double accuracy = 0; ///< teacher-forced, mean over the cells
    double bleu = 0; ///< free-running, 0 to 1, mean over the cells
    std::optional<double> continuing; ///< loss of continuing after the text
    std::optional<double> nothing; ///< loss of continuing without any context
    std::vector<nlohmann::json> samples; ///< lines of samples.jsonl, but for the step

    /// The curve by which a run of the job is judged, and its value.
    std::optional<std::pair<std::string, double>> watched(const TrainJob& job) const;
    /// Adds what another rank found.
    void add(const ValidationResult& other);

    /// Bytes, in which numbers that are none stay what they are.
    std::string toBytes() const;
    static ValidationResult fromBytes(const std::string& bytes);
};

/// What a network has learnt by now as a model; it shares what it can with the network.
std::shared_ptr<const Model> modelOf(const TrainNetwork& network, std::shared_ptr<const Tokenizer> tokenizer);

/// The pieces of an evaluation in the order in which ranks take them: what cells take is proportional to these numbers;
/// 0 of others. Of as many parts as there are pieces, validate() does one.
std::vector<double> validationPieces(const TrainJob& job, const ValidationData& data);

/// Losses and free-running reconstructions by cell, what slots are worth for continuing a text, and answers.
/// A rank does its part of the cells, continuations and questions; what all find adds up to the whole.
/// @param part from 0, of so many
/// @throws Error (Cancelled)
ValidationResult validate(const Model& model, const TrainJob& job, const ValidationData& data, const StudyPace& pace,
                          std::int64_t part = 0, std::int64_t parts = 1);

} // namespace icae
