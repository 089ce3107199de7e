#include "models/recorded_reconstruction.h"

namespace icae {

ReconstructResult RecordedReconstruction::result() const
{
    ReconstructResult result;
    auto& reconstruction = result.reconstruction;
    reconstruction.text = sample.written;
    reconstruction.tokens = sample.cell.tokens > 0 ? sample.cell.tokens : std::ssize(sample.referenceIds);
    reconstruction.slots = sample.cell.slots;
    if (reconstruction.slots > 0)
        reconstruction.ratio = static_cast<double>(reconstruction.tokens) / static_cast<double>(reconstruction.slots);
    reconstruction.generatedTokens = std::ssize(sample.writtenIds);
    reconstruction.adapter = sample.cell.model;
    if (sample.bleu)
        reconstruction.scores =
            ReconstructionScores{*sample.bleu, sample.em.value_or(0), sample.loss.value_or(0),
                                 sample.tokenAccuracy.value_or(0), sample.freeTokenAccuracy.value_or(0)};
    SpanReconstruction whole;
    whole.tokens = reconstruction.tokens;
    whole.slots = reconstruction.slots;
    whole.sourceEnd = std::ssize(sample.reference);
    whole.end = std::ssize(sample.written);
    whole.text = sample.written;
    whole.scores = reconstruction.scores;
    reconstruction.spans = {whole};
    return result;
}

} // namespace icae
