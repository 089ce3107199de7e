#pragma once

#include "protocol/study.h"

namespace icae {

/// The fields of a spec that a kind of study reads, beside kind, title, models, windows, seed, device and dtype, which
/// all do. The others must be empty.
struct StudyFields {
    bool texts = true;
    bool questions = false;
    bool contents = false;
    bool lengths = true;
    bool slots = true;
    bool spans = true;
    bool batches = false;
    bool tokens = false;
    bool temperature = true;
};

constexpr StudyFields fieldsOf(StudyKind kind)
{
    StudyFields fields;
    switch (kind) {
    case StudyKind::Content:
        fields.contents = true;
        break;
    case StudyKind::Continuation:
        fields.tokens = true;
        fields.temperature = false;
        break;
    case StudyKind::Latency:
        fields.spans = false;
        fields.batches = true;
        fields.tokens = true;
        fields.temperature = false;
        break;
    case StudyKind::Questions:
        fields = {.texts = false, .questions = true, .lengths = false, .slots = false, .spans = false,
                  .temperature = false};
        break;
    case StudyKind::Position:
        fields.spans = false;
        fields.temperature = false;
        break;
    case StudyKind::Length:
    case StudyKind::Slots:
    case StudyKind::Models:
        break;
    }
    return fields;
}

} // namespace icae
