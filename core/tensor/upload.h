#pragma once

#include "tensor/device.h"
#include "tensor/safetensors.h"
#include "tensor/torch.h"

#include <array>
#include <cstdint>
#include <memory>

namespace icae {

/// Copies tensors of files to a device. On the way to a GPU all cores copy a piece into page-locked memory while the
/// piece before travels: the driver, given a file's pages as they are, does both in turn and on one core.
class Upload {
public:
    static constexpr std::int64_t pieceBytes = std::int64_t{1} << 25U;

    explicit Upload(const at::Device& device);
    /// @param piece bytes at once; 0: each tensor whole, as is enough for the CPU's own memory
    Upload(const at::Device& device, std::int64_t piece);
    ~Upload(); ///< waits for the device
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    /// @param to of the view's shape, on the device; of any dtype, which the numbers are converted to there
    void copy(const TensorView& view, const at::Tensor& to);

private:
    struct Piece {
        at::Tensor bytes;
        std::unique_ptr<DeviceMoment> free; ///< when what was in it has arrived
    };

    std::int64_t m_piece = 0;
    std::array<Piece, 2> m_pieces;
    std::size_t m_next = 0;
};

} // namespace icae
