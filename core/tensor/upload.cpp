#include "tensor/upload.h"

#include "tensor/tensor_data.h"

#include <algorithm>
#include <cstring>

namespace icae {

namespace {

constexpr std::int64_t bytesAThread = std::int64_t{1} << 20U;

void copyOnAllCores(void* to, const std::byte* from, std::int64_t bytes)
{
    at::parallel_for(0, bytes, bytesAThread, [&](std::int64_t begin, std::int64_t end) {
        std::memcpy(static_cast<std::byte*>(to) + begin, from + begin, static_cast<std::size_t>(end - begin));
    });
}

} // namespace

Upload::Upload(const at::Device& device)
    : Upload(device, device.is_cuda() ? pieceBytes : 0)
{
}

Upload::Upload(const at::Device& device, std::int64_t piece)
    : m_piece(piece)
{
    if (m_piece == 0)
        return;
    for (auto& each : m_pieces) {
        each.bytes = at::empty({m_piece}, at::TensorOptions().dtype(at::kByte).pinned_memory(device.is_cuda()));
        each.free = std::make_unique<DeviceMoment>(device);
    }
}

Upload::~Upload()
{
    for (auto& each : m_pieces)
        if (each.free)
            each.free->wait();
}

void Upload::copy(const TensorView& view, const at::Tensor& to)
{
    if (m_piece == 0) {
        to.copy_(toTensor(view));
        return;
    }
    const auto size = static_cast<std::int64_t>(view.data.size());
    if (size == 0)
        return;
    const auto type = scalarType(view.dtype);
    const auto arrived =
        to.scalar_type() == type && to.is_contiguous() ? to : at::empty(view.shape, to.options().dtype(type));
    const auto bytes = arrived.view({-1}).view(at::kByte);
    for (std::int64_t offset = 0; offset < size; offset += m_piece) {
        auto& piece = m_pieces[m_next];
        m_next = (m_next + 1) % m_pieces.size();
        const auto count = std::min(m_piece, size - offset);
        piece.free->wait();
        copyOnAllCores(piece.bytes.data_ptr(), view.data.data() + offset, count);
        bytes.narrow(0, offset, count).copy_(piece.bytes.narrow(0, 0, count), true);
        piece.free->mark();
    }
    if (!arrived.is_same(to))
        to.copy_(arrived);
}

} // namespace icae
