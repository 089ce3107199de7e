#include "check/tokenizer_bench.h"

#include "protocol/error.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace icae {

namespace {

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double secondsOf(const std::function<std::size_t()>& work, std::size_t& tokens)
{
    const auto start = std::chrono::steady_clock::now();
    tokens = work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TokenizerBenchResult benchTokenizer(const Tokenizer& tokenizer, std::string_view text, int rounds,
                                    const std::stop_token& stop)
{
    TokenizerBenchResult result{text.size(), 0, 0, 0};
    std::vector<double> one;
    std::vector<double> all;
    tokenizer.parts(text); // refuses what is no UTF-8
    for (int i = 0; i < rounds; ++i) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "The benchmark was stopped.", {});
        one.push_back(secondsOf([&] { return tokenizer.encodePart(text, {0, text.size()}).size(); }, result.tokens));
        all.push_back(secondsOf([&] { return tokenizer.encode(text).size(); }, result.tokens));
    }
    result.oneThread = median(std::move(one));
    result.allThreads = median(std::move(all));
    return result;
}

} // namespace icae
