#include "tensor/tensor_data.h"

#include <array>
#include <cstring>
#include <utility>

namespace icae {

namespace {

constexpr std::array types{
    std::pair{DType::F64, at::kDouble},    std::pair{DType::F32, at::kFloat}, std::pair{DType::F16, at::kHalf},
    std::pair{DType::BF16, at::kBFloat16}, std::pair{DType::I64, at::kLong},  std::pair{DType::I32, at::kInt},
    std::pair{DType::I16, at::kShort},     std::pair{DType::I8, at::kChar},   std::pair{DType::U8, at::kByte},
    std::pair{DType::Bool, at::kBool},
};

} // namespace

at::ScalarType scalarType(DType dtype)
{
    for (const auto& [file, torch] : types)
        if (file == dtype)
            return torch;
    return at::ScalarType::Undefined;
}

DType dtypeOf(at::ScalarType type)
{
    for (const auto& [file, torch] : types)
        if (torch == type)
            return file;
    return DType::Other;
}

at::Tensor toTensor(const TensorView& view)
{
    auto tensor = at::empty(view.shape, at::TensorOptions().dtype(scalarType(view.dtype)));
    if (!view.data.empty())
        std::memcpy(tensor.data_ptr(), view.data.data(), view.data.size());
    return tensor;
}

TensorView viewOf(const std::string& name, const at::Tensor& tensor)
{
    return {name,
            dtypeOf(tensor.scalar_type()),
            tensor.sizes().vec(),
            {static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()}};
}

} // namespace icae
