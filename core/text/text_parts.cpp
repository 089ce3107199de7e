#include "text/text_parts.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>

namespace icae {

namespace {

constexpr std::size_t shortest = 1024; // bytes: below, the call costs more than it saves
constexpr std::size_t longest = 8192; // from here on every place is good
constexpr std::uint32_t oneIn = 16; // places that are good before
constexpr std::size_t seen = 6; // bytes behind a place that decide
constexpr unsigned mostThreads = 8;
constexpr std::string_view spaceMark = "\u2581"; // what sentencepiece writes for a space

bool isBeforeSpace(std::string_view text, std::size_t at)
{
    if (text[at] == '\n')
        return true;
    return text[at] == ' ' && text[at - 1] != ' ' && at + 1 < text.size() && text[at + 1] != ' ';
}

bool isLetter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// U+5000 to U+8FFF: three bytes, all of them ideographs.
bool endsWithIdeograph(std::string_view text)
{
    return text.size() >= 3 && text[text.size() - 3] >= '\xE5' && text[text.size() - 3] <= '\xE8';
}

bool isBetweenWords(std::string_view text, std::size_t at)
{
    if (text[at] == ' ')
        return isLetter(text[at - 1]) && at + 1 < text.size() && isLetter(text[at + 1]);
    if (text[at] == '\n')
        return isLetter(text[at - 1]);
    const auto rest = text.substr(at);
    return (rest.starts_with("\uFF0C") || rest.starts_with("\u3002")) && endsWithIdeograph(text.substr(0, at));
}

/// FNV-1a over what follows.
bool isChosen(std::string_view text, std::size_t at)
{
    std::uint32_t hash = 2166136261U;
    for (const char byte : text.substr(at + 1, seen))
        hash = (hash ^ static_cast<unsigned char>(byte)) * 16777619U;
    return hash / oneIn % oneIn == 0;
}

} // namespace

std::vector<std::size_t> partBegins(std::string_view text, PartPlaces places)
{
    std::vector<std::size_t> begins{0};
    const auto isPlace = places == PartPlaces::BeforeSpaces ? isBeforeSpace : isBetweenWords;
    if (places == PartPlaces::BeforeSpaces
        && text.find(spaceMark) != std::string_view::npos) // there a space would join what is no space
        return begins;
    for (std::size_t at = shortest; at < text.size();) {
        const bool good = isPlace(text, at) && (at - begins.back() >= longest || isChosen(text, at));
        if (good)
            begins.push_back(at);
        at += good ? shortest : 1;
    }
    return begins;
}

void forEachPart(std::size_t count, const std::function<void(std::size_t)>& work)
{
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto run = [&] {
        try {
            for (auto i = next++; i < count; i = next++)
                work(i);
        } catch (...) {
            next = count;
            const std::scoped_lock lock(mutex);
            failure = std::current_exception();
        }
    };
    const auto threads = std::min<std::size_t>({count, mostThreads, std::max(1U, std::thread::hardware_concurrency())});
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < threads; ++i)
            helpers.emplace_back(run);
        run();
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace icae
