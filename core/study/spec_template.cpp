#include "study/spec.h"

#include "protocol/fields.h"

namespace icae {

namespace {

constexpr auto modelsPart = R"(
  "models": [ { "base": "nano" } ], // a folder, or a model that comes with the program; also "adapter" and "name")";

constexpr auto severalModels = R"(
  "models": [ // adapters, bases, or a training run, of which every model that it kept is measured
    { "base": "nano", "adapter": "reconstruct", "name": "reconstruct" },
    { "base": "nano", "adapter": "chat", "name": "chat" }
    // { "run": "runs/first" }
  ],)";

constexpr auto textsPart = R"(
  "texts": [ "samples" ], // files (.txt, .md, .jsonl), "samples", or one of them such as "samples/code")";

std::string partsOf(StudyKind kind)
{
    const auto texts = std::string(textsPart);
    switch (kind) {
    case StudyKind::Length:
    case StudyKind::Slots:
        return texts + R"(
  "lengths": [ 64, 128, 256, 512 ], // tokens a window
  "slots": [ 16, 32, 64, 128 ], // slots a window
  "windows": 24, // samples a cell
  "temperature": 0, // greedy)";
    case StudyKind::Content:
        return texts + R"(
  "contents": [ "normal", "patterned", "random", "shuffled", "code", "table", "numbers", "language" ],
  "lengths": [ 512 ],
  "slots": [ 128 ],
  "windows": 24,)";
    case StudyKind::Continuation:
        return texts + R"(
  "spans": [ 1, 2, 4 ], // spans before the continuation
  "lengths": [ 512 ], // tokens a span
  "slots": [ 128 ], // a span; the text is also cut to as many tokens
  "tokens": 128, // to continue
  "windows": 24,)";
    case StudyKind::Models:
        return texts + R"(
  "lengths": [ 512 ], // of the first model; the others read the same bytes
  "slots": [ 128 ],
  "windows": 24,)";
    case StudyKind::Latency:
        return texts + R"(
  "batches": [ 1, 8 ], // texts at once
  "lengths": [ 512, 2048 ], // tokens a text
  "slots": [ 128 ], // a span
  "tokens": 128, // to decode
  "windows": 3, // repetitions)";
    case StudyKind::Questions:
        return R"(
  "questions": "questions.jsonl", // lines with "input", "prompt" and "answer"
  "windows": 64, // questions, at equal distances in the file)";
    case StudyKind::Position:
        return texts + R"(
  "lengths": [ 512 ],
  "slots": [ 128 ],
  "windows": 24,)";
    }
    return {};
}

} // namespace

std::string studyTemplate(StudyKind kind)
{
    const bool several = kind == StudyKind::Models;
    return std::string("{\n  \"kind\": \"") + nameOf(kind) + "\"," + (several ? severalModels : modelsPart)
        + partsOf(kind) + R"(
  "seed": 0,
  "device": "auto",
  "dtype": "auto"
}
)";
}

} // namespace icae
