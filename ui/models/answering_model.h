#pragma once

#include "protocol/model_messages.h"

#include <optional>
#include <string>

namespace icae {

/// A model of the catalogue, by its folders.
struct AnsweringModel {
    std::string base;
    std::string adapter;

    bool operator==(const AnsweringModel&) const = default;
};

/// The model to offer for questions in place of the one in use, where that was not trained to answer them. Absent where
/// it was, or where there is none.
///
/// Of what the catalogue says, two facts matter. Only adapters that were trained with questions ("ft") are offered.
/// Among them the largest base that finds room comes first: no file has scores that could be compared between models,
/// and as a rule a larger base answers better; of equals the base in use, which is loaded already.
///
/// Where an adapter's file says nothing of its training, names decide as they did before files said it: "reconstruct"
/// does not answer, and "chat" of the base in use does.
/// @param device that a model would be loaded on; null: unknown, all find room
std::optional<AnsweringModel> modelForQuestions(const ModelList& list, const LoadedModel& inUse,
                                                const DeviceInfo* device);

} // namespace icae
