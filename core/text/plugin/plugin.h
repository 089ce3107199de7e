#pragma once

#include <stddef.h> // NOLINT: a C interface
#include <stdint.h> // NOLINT

// The whole boundary to sentencepiece: plain C, so that nothing of its C++ (nor its private protobuf) leaks out.
extern "C" {

struct IcaePiece {
    int32_t id;
    uint32_t begin; // byte range in the text
    uint32_t end;
};

/// A loaded tokenizer; opaque.
struct IcaeTokenizer;

/// Receives bytes; called once or not at all.
using IcaeBytes = void (*)(void* user, const char* bytes, size_t size);
using IcaePieces = void (*)(void* user, const IcaePiece* pieces, size_t count);

struct IcaeTokenizerApi {
    /// nullptr where the model is not valid; the reason goes to fault.
    IcaeTokenizer* (*load)(const char* model, size_t size, void* user, IcaeBytes fault);
    void (*destroy)(IcaeTokenizer* tokenizer);
    bool (*encode)(const IcaeTokenizer* tokenizer, const char* text, size_t size, void* user, IcaePieces pieces);
    bool (*decode)(const IcaeTokenizer* tokenizer, const int32_t* ids, size_t count, void* user, IcaeBytes text);
    void (*piece)(const IcaeTokenizer* tokenizer, int32_t id, void* user, IcaeBytes text);
    bool (*isByte)(const IcaeTokenizer* tokenizer, int32_t id);
    bool (*isControl)(const IcaeTokenizer* tokenizer, int32_t id);
    /// Words and lines are encoded independently of each other; see encodesWordsAlone().
    bool (*encodesWordsAlone)(const IcaeTokenizer* tokenizer);
    int32_t (*size)(const IcaeTokenizer* tokenizer);
    int32_t (*bosId)(const IcaeTokenizer* tokenizer);
    int32_t (*eosId)(const IcaeTokenizer* tokenizer);
    int32_t (*unknownId)(const IcaeTokenizer* tokenizer);
};

/// The one exported symbol.
const IcaeTokenizerApi* icaeTokenizerApi();
}
