#pragma once

#include "measure/statistics.h"
#include "protocol/fields.h"
#include "study/window_writer.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace icae {

/// A grid of reconstructions over lengths and slot counts.
struct EvaluateOptions {
    std::vector<std::int64_t> lengths; ///< tokens a window, each at most a span
    std::vector<std::int64_t> slots; ///< slots a window
    std::int64_t samples = 128; ///< windows a cell
    Decoding decoding = Decoding::Drafted;
};

/// One reconstructed window.
struct EvaluatedWindow {
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    std::int64_t index = 0;
    double bleu = 0; ///< 0 to 1
    double em = 0;
    double loss = 0; ///< nats a token, text and EOS, teacher-forced
    double tokenAccuracy = 0; ///< teacher-forced
    std::string reference;
    std::string hypothesis;

    static void describe(auto& value, auto&& field)
    {
        field.required("tokens", value.tokens);
        field.required("slots", value.slots);
        field.required("index", value.index);
        field("bleu", value.bleu);
        field("em", value.em);
        field("loss", value.loss);
        field("token_accuracy", value.tokenAccuracy);
        field("reference", value.reference);
        field("hypothesis", value.hypothesis);
    }
};

struct EvaluatedCell {
    std::int64_t tokens = 0;
    std::int64_t slots = 0;
    Summary bleu;
    Summary em;
    Summary loss;
    WriteCosts costs; ///< of all windows

    static void describe(auto& value, auto&& field)
    {
        field.required("tokens", value.tokens);
        field.required("slots", value.slots);
        field("n", value.bleu.n);
        field("bleu_mean", value.bleu.mean);
        field("bleu_median", value.bleu.median);
        field("bleu_low", value.bleu.low);
        field("bleu_high", value.bleu.high);
        field("em_mean", value.em.mean);
        field("em_median", value.em.median);
        field("loss_mean", value.loss.mean);
        field("compress_seconds", value.costs.compressSeconds);
        field("score_seconds", value.costs.scoreSeconds);
        field("decode_seconds", value.costs.decodeSeconds);
        field("generated_tokens", value.costs.generatedTokens);
        field("forwards", value.costs.forwards);
        field("drafted", value.costs.drafted);
        field("accepted", value.costs.accepted);
    }
};

/// Texts of a JSON-lines file: the field "text" of each line, which must be an object.
/// @throws Error (InvalidInput) naming the line
std::vector<std::string> readTexts(const std::filesystem::path& file);

/// Throws Error (InvalidInput) where the adapter cannot compress so many tokens into so many slots.
void checkCell(const Model& model, std::int64_t tokens, std::int64_t slots);

/// Cuts each text, encoded as the adapter's contexts are, into consecutive windows of exactly `tokens` tokens, at most
/// the first 4 a text, and takes the first `most` of all.
std::vector<std::vector<std::int32_t>> windowsOf(const std::vector<std::vector<std::int32_t>>& texts,
                                                 std::int64_t tokens, std::int64_t most);

/// Reconstructs greedily every window of every cell, one span a window, in batches.
/// @param window called for each window, in order of the cells
/// @throws Error (InvalidInput) for a length or slot count that the adapter cannot do; (Cancelled)
std::vector<EvaluatedCell> evaluate(const Model& model, const std::vector<std::string>& texts,
                                    const EvaluateOptions& options,
                                    const std::function<void(const EvaluatedWindow&)>& window,
                                    const ProgressCallback& progress, const StudyPace& pace);

/// Header and one line a cell: tokens,slots,n,bleu_mean,bleu_median,bleu_low,bleu_high,em_mean,em_median,loss_mean.
std::string toCsv(const std::vector<EvaluatedCell>& cells);

} // namespace icae
