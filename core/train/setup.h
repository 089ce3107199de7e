#pragma once

#include "tensor/captured.h"
#include "train/corpus.h"
#include "train/network.h"
#include "train/trainer.h"
#include "train/validation.h"

#include <memory>
#include <stop_token>
#include <string>

namespace icae {

/// What a job reads: corpora and validation texts.
struct TrainData {
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<const TextCorpus> texts;
    std::shared_ptr<const QuestionCorpus> questions;
    ValidationData validation;
};

/// Loads what a job reads, and looks whether its samples can be drawn from it.
/// @throws Error naming the file or field at fault; (Cancelled)
TrainData loadTrainData(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop);

/// config.json of the base that is trained or read.
/// @throws Error (Io)
std::string configTextOf(const TrainJob& job);

/// What of its base a job takes as given: all where it is frozen; what trains it has its own weights. Read anew,
/// whatever is remembered of it.
/// @throws Error as hashBase(); (Cancelled)
BaseHashes fixedBase(const TrainJob& job, const TrainOptions& options, const std::stop_token& stop);

/// An adapter's numbers mean nothing beside another base.
/// @param trainedOn what the run began with; @param base what is there now
/// @throws Error (Mismatch)
void requireSameBase(const TrainJob& job, const std::filesystem::path& run, const BaseHashes& trainedOn,
                     const BaseHashes& base);

/// A checkpoint's numbers stand in the order of its optimizer.
/// @param trainedWith what the checkpoint names
/// @throws Error (Mismatch) where the job has another
void requireSameOptimizer(const TrainJob& job, const std::filesystem::path& run, std::string_view trainedWith);

/// The weights that a job starts from.
/// @param base what fixedBase() gave before
/// @throws Error as loadWeights() and AdapterFile::open(); (Mismatch) where the base is another one by now
TrainNetwork makeTrainNetwork(const TrainJob& job, const BaseHashes& base, const TrainOptions& options,
                              const std::stop_token& stop);

/// What captures a job's steps on a GPU; nothing where LoRA has dropout.
std::unique_ptr<Capturer> capturerFor(const TrainJob& job, const TrainNetwork& network);

} // namespace icae
