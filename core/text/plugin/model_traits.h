#pragma once

#include <string_view>

/// Whether a sentencepiece model (the bytes of a tokenizer.model) encodes words and lines independently of each other:
/// byte-pair merges on the text as it is, a space written as the first character of a piece and one set before the
/// text, no piece with a space behind another character or with a line break, and characters that have no piece as
/// bytes. Llama's and Mistral's are such models. False also where the bytes cannot be read.
bool encodesWordsAlone(std::string_view model);
