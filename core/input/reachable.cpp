#include "input/reachable.h"

#include "protocol/error.h"

namespace icae {

void requireReachable(const std::filesystem::path& path)
{
    std::error_code fault;
    const auto status = std::filesystem::status(path, fault);
    if (!fault || status.type() == std::filesystem::file_type::not_found)
        return;
    constexpr std::size_t most = 200;
    const auto name = path.string();
    throw Error(ErrorKind::Io,
                (name.size() > most ? name.substr(0, most) + "…" : name) + " cannot be used: " + fault.message() + ".",
                "Correct the path, or what you may do there.");
}

bool isCutShort(std::string_view path)
{
    return path.find('\0') != std::string_view::npos;
}

} // namespace icae
