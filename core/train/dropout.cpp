#include "train/dropout.h"

namespace icae {

namespace {

/// Spreads what differs in few bits over all of them, in place (Wellons, "lowbias32"). int32, whose products wrap.
void mix(at::Tensor& x)
{
    const auto shift = [&](int64_t bits, int64_t mask) { // a logical one
        x.bitwise_xor_(at::bitwise_right_shift(x, at::Scalar(bits)).bitwise_and_(mask));
    };
    shift(16, 0xFFFF);
    x.mul_(int64_t{0x7FEB352D});
    shift(15, 0x1FFFF);
    x.mul_(static_cast<int64_t>(static_cast<std::int32_t>(0x846CA68BU)));
    shift(16, 0xFFFF);
}

} // namespace

at::Tensor dropoutKeys(const at::Tensor& rows, int64_t length)
{
    const at::NoGradGuard guard;
    const auto columns = at::arange(1, length + 1, rows.options()) * std::int64_t{0x9E3779B97F4A7};
    return (rows.unsqueeze(1) + columns.unsqueeze(0)).flatten();
}

at::Tensor dropoutMask(const at::Tensor& keys, int64_t width, int64_t number, double probability, at::ScalarType dtype)
{
    const at::NoGradGuard guard;
    // Both halves of a key, as int32 each, and the place.
    auto low = keys.bitwise_and(0x7FFFFFFF).to(at::kInt);
    const auto high = at::bitwise_right_shift(keys, at::Scalar(31)).bitwise_and(0x7FFFFFFF).to(at::kInt);
    mix(low);
    auto tokens = low.bitwise_xor(high).add_((number + 1) * int64_t{0x3C6EF35} % int64_t{0x7FFFFFFF});
    mix(tokens);
    auto columns = at::arange(width, keys.options().dtype(at::kInt)).mul_(0x61C88647);
    auto hashes = tokens.unsqueeze(1).bitwise_xor(columns.unsqueeze(0));
    mix(hashes);
    constexpr double range = 2147483648.0;
    const auto limit = static_cast<int64_t>(probability * range);
    return hashes.bitwise_and_(0x7FFFFFFF).ge(limit).to(dtype).div_(1 - probability);
}

} // namespace icae
