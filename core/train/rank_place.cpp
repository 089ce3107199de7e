#include "train/rank_place.h"

#include "protocol/error.h"
#include "train/rank_launch.h"

#include <array>
#include <charconv>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <unistd.h>

namespace icae {

namespace {

constexpr auto rankNames = "RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT";

std::optional<std::string> variable(const char* name)
{
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing changes it
    if (value == nullptr || *value == '\0')
        return std::nullopt;
    return value;
}

std::int64_t number(const char* name, std::int64_t least, std::int64_t most)
{
    const auto text = variable(name);
    if (!text)
        throw Error(ErrorKind::InvalidInput, std::string("The variable ") + name + " is missing beside WORLD_SIZE.",
                    std::string("Set ") + rankNames + ", or none of them.");
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text->data(), text->data() + text->size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text->data() + text->size() || value < least || value > most)
        throw Error(ErrorKind::InvalidInput,
                    std::string("The variable ") + name + " is \"" + *text + "\"; it must be " + std::to_string(least)
                        + " to " + std::to_string(most) + ".",
                    std::string("Set ") + rankNames + ", or none of them.");
    return value;
}

} // namespace

std::string hostName()
{
    std::array<char, 256> name{};
    gethostname(name.data(), name.size() - 1);
    return name.data();
}

RankPlace rankPlace(std::optional<std::int64_t> asked, std::int64_t wanted)
{
    RankPlace place;
    place.size = asked.value_or(wanted);
    if (!variable("RANK") || !variable("WORLD_SIZE"))
        return place;
    place.size = number("WORLD_SIZE", 1, mostRanks);
    if (asked && *asked != place.size)
        throw Error(ErrorKind::InvalidInput,
                    std::to_string(*asked) + " ranks were asked for, and WORLD_SIZE says " + std::to_string(place.size)
                        + ".",
                    std::string("Leave --gpus out where others start the ranks, or unset ") + rankNames + ".");
    if (place.alone())
        return place;
    place.fromEnvironment = true;
    place.rank = number("RANK", 0, place.size - 1);
    place.localRank = number("LOCAL_RANK", 0, place.size - 1);
    place.port = static_cast<std::uint16_t>(number("MASTER_PORT", 1, std::numeric_limits<std::uint16_t>::max()));
    const auto address = variable("MASTER_ADDR");
    if (!address)
        throw Error(ErrorKind::InvalidInput, "The variable MASTER_ADDR is missing beside WORLD_SIZE.",
                    std::string("Set ") + rankNames + ", or none of them.");
    place.address = *address;
    place.agentStore = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
    place.attempt = variable("TORCHELASTIC_RESTART_COUNT").value_or("0");
    if (variable(parentVariable))
        place.parent = static_cast<pid_t>(number(parentVariable, 1, std::numeric_limits<pid_t>::max()));
    return place;
}

} // namespace icae
