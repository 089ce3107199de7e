#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace icae {

/// Scalars of one tensorflow.Event (event.proto, summary.proto and tensor.proto of TensorFlow).
struct ScalarEvent {
    double wallTime = 0; ///< seconds since 1970
    std::int64_t step = 0;
    bool restarts = false; ///< what was told of this step and later ones is to be forgotten
    std::vector<std::pair<std::string, double>> values; ///< by tag
};

/// Reads an event: simple_value, and tensors of one number (half, bfloat16, float, double, int32, int64), as PyTorch,
/// tensorboardX and TensorFlow 2 write them. All else in it is passed over.
/// @return nothing where the bytes are no event
std::optional<ScalarEvent> parseScalarEvent(std::string_view bytes);

/// What the beginning of a text of TFRecords holds.
struct TakenRecord {
    enum class State {
        Whole, ///< `data`, and `size` bytes in all
        Torn, ///< its end is missing: it may still be written. `size` is that of the whole, where it is known, else 0
        Damaged, ///< a sum is wrong: what follows cannot be found
    };

    State state = State::Torn;
    std::string_view data;
    std::uint64_t size = 0;
};
TakenRecord takeRecord(std::string_view bytes);

} // namespace icae
