#pragma once

#include "icae/adapter_config.h"

#include <cstdint>
#include <span>
#include <vector>

namespace icae {

/// What the decoder is asked to do with the slots it reads.
enum class Task {
    Autoencode, ///< [slots][AE]: write the text back
    Continue, ///< [slots][LM]: go on
    Instruct, ///< [slots][FT] prompt: answer
};

/// Name of a task's special token: "AE", "LM" or "FT".
std::string_view specialTokenOf(Task task);

/// Size of one compressed span.
struct SpanShape {
    std::int64_t tokens = 0; ///< L
    std::int64_t slots = 0; ///< k
};

/// Encoder positions of a span: L context tokens, then k memory tokens. Sequential: 0 … L+k-1. Spread: memory token i
/// at (i + 0.5)·L/k − 0.5, so that it is nearest to what it is to remember.
std::vector<float> encoderPositions(PositionLayout layout, SpanShape span);

/// Decoder positions.
struct DecoderPositions {
    std::vector<float> prompt; ///< of left tokens, slots and special token, in this order
    float next = 0; ///< of the first token after the special one
};

/// Sequential: 0, 1, 2, … . Spread: slots at their encoder position + 1 + the tokens of earlier spans; the special
/// token at 0 with the text at 1 … L for Autoencode, else behind the last position of the text. Left tokens take the
/// first positions and shift all others.
DecoderPositions decoderPositions(PositionLayout layout, Task task, std::span<const SpanShape> spans,
                                  std::int64_t leftTokens);

} // namespace icae
