#include "llm/vocabulary.h"

#include "protocol/error.h"

#include <algorithm>

namespace icae {

namespace {

constexpr auto documentEnd = "<|endoftext|>"; // what GPT-2's and Qwen's documents are separated by

std::string named(const Tokenizer& tokenizer, std::int64_t id)
{
    const auto known = static_cast<std::int32_t>(id);
    return std::to_string(id) + (tokenizer.contains(known) ? " (" + tokenizer.piece(known) + ")" : "");
}

} // namespace

std::string describeToken(const Tokenizer* tokenizer, std::int64_t id)
{
    const auto known = static_cast<std::int32_t>(id);
    const bool hasPiece = tokenizer != nullptr && tokenizer->contains(known);
    return hasPiece ? tokenizer->piece(known) + " (" + std::to_string(id) + ")" : std::to_string(id);
}

std::vector<std::string> adoptTokenizer(LlmConfig& config, const Tokenizer& tokenizer)
{
    if (tokenizer.size() > config.vocabSize)
        throw Error(ErrorKind::Mismatch,
                    "The tokenizer has " + std::to_string(tokenizer.size()) + " pieces, and the model a vocabulary of "
                        + std::to_string(config.vocabSize) + ".",
                    "Use the tokenizer that came with these weights.");
    std::vector<std::string> remarks;
    config.tokens = tokenizer.size();
    const auto bos = tokenizer.bosId();
    config.hasBos = bos >= 0;
    if (config.hasBos && bos != config.bosId)
        remarks.push_back("config.json says that texts begin with token " + named(tokenizer, config.bosId)
                          + ", and the tokenizer " + named(tokenizer, bos) + ": that is used.");
    if (config.hasBos) {
        config.bosId = bos;
    } else {
        if (const auto first = tokenizer.find(documentEnd); first >= 0)
            config.bosId = first;
        remarks.push_back("The tokenizer sets no BOS: contexts begin without one. Where something must stand first, it "
                          "is token "
                          + named(tokenizer, config.bosId) + ".");
    }
    for (const auto id : config.eosIds)
        if (!tokenizer.isControl(static_cast<std::int32_t>(id)))
            remarks.push_back("Texts end with token " + named(tokenizer, id) + " by the configuration, which is no "
                              + (tokenizer.contains(static_cast<std::int32_t>(id)) ? "control token" : "token")
                              + " of the tokenizer.");
    const auto eos = tokenizer.eosId();
    if (eos >= 0 && std::find(config.eosIds.begin(), config.eosIds.end(), eos) == config.eosIds.end())
        remarks.push_back("The configuration says that texts end with token " + named(tokenizer, config.eosId())
                          + ", and the tokenizer " + named(tokenizer, eos) + ": the configuration's is used.");
    return remarks;
}

} // namespace icae
