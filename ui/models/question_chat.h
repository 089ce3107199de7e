#pragma once

#include "models/conversation.h"
#include "protocol/study.h"

#include <cstdint>
#include <vector>

namespace icae {

/// The answers of a questions study as a chat: its questions are branches of each other, one to each that at least one
/// model answered, and the answers of each context stand side by side. Pending votes pair two of them, so that one
/// can step through and vote blind; sides are drawn from the seed.
/// @param id of the chat
Conversation chatOfQuestions(std::string id, const StudyConfig& study, const std::vector<StudySample>& samples,
                             std::int64_t seed);

} // namespace icae
