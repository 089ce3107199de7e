#include "text/plugin/plugin.h"

#include "text/plugin/model_traits.h"

#include <sentencepiece_processor.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct IcaeTokenizer {
    sentencepiece::SentencePieceProcessor processor;
    bool wordsAlone = false;
};

namespace {

IcaeTokenizer* load(const char* model, size_t size, void* user, IcaeBytes fault)
{
    auto tokenizer = std::make_unique<IcaeTokenizer>();
    const auto status = tokenizer->processor.LoadFromSerializedProto(std::string(model, size));
    if (status.ok()) {
        tokenizer->wordsAlone = encodesWordsAlone({model, size});
        return tokenizer.release();
    }
    const auto reason = status.ToString();
    fault(user, reason.data(), reason.size());
    return nullptr;
}

void destroy(IcaeTokenizer* tokenizer)
{
    const std::unique_ptr<IcaeTokenizer> owned(tokenizer);
}

bool encode(const IcaeTokenizer* tokenizer, const char* text, size_t size, void* user, IcaePieces receive)
{
    const auto result = tokenizer->processor.EncodeAsImmutableProto(std::string_view(text, size));
    std::vector<IcaePiece> pieces;
    pieces.reserve(result.pieces_size());
    for (size_t i = 0; i < result.pieces_size(); ++i) {
        const auto piece = result.pieces(static_cast<int>(i));
        pieces.push_back({static_cast<int32_t>(piece.id()), piece.begin(), piece.end()});
    }
    receive(user, pieces.data(), pieces.size());
    return true;
}

bool decode(const IcaeTokenizer* tokenizer, const int32_t* ids, size_t count, void* user, IcaeBytes receive)
{
    std::string text;
    if (!tokenizer->processor.Decode(std::vector<int>(ids, ids + count), &text).ok())
        return false;
    receive(user, text.data(), text.size());
    return true;
}

void piece(const IcaeTokenizer* tokenizer, int32_t id, void* user, IcaeBytes receive)
{
    const auto& text = tokenizer->processor.IdToPiece(id);
    receive(user, text.data(), text.size());
}

bool isByte(const IcaeTokenizer* tokenizer, int32_t id)
{
    return tokenizer->processor.IsByte(id);
}

bool isControl(const IcaeTokenizer* tokenizer, int32_t id)
{
    return tokenizer->processor.IsControl(id);
}

bool wordsAlone(const IcaeTokenizer* tokenizer)
{
    return tokenizer->wordsAlone;
}

int32_t vocabulary(const IcaeTokenizer* tokenizer)
{
    return tokenizer->processor.GetPieceSize();
}

int32_t bosId(const IcaeTokenizer* tokenizer)
{
    return tokenizer->processor.bos_id();
}

int32_t eosId(const IcaeTokenizer* tokenizer)
{
    return tokenizer->processor.eos_id();
}

int32_t unknownId(const IcaeTokenizer* tokenizer)
{
    return tokenizer->processor.unk_id();
}

constexpr IcaeTokenizerApi api{load,      destroy,    encode,     decode, piece, isByte,
                               isControl, wordsAlone, vocabulary, bosId,  eosId, unknownId};

} // namespace

__attribute__((visibility("default"))) const IcaeTokenizerApi* icaeTokenizerApi()
{
    return &api;
}
