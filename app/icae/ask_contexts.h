#pragma once

#include "command.h"

#include "protocol/chat_requests.h"

namespace icae {

/// What `icae ask` does beside answering from slots.
struct AskArguments {
    std::string context = "slots";
    std::string answer; ///< given: rated, and nothing is written
    std::string without; ///< slots that are left out while it is rated: "3" or "3-7", over all slots that are read
    bool attribute = false; ///< which slots the answer comes from
    std::int64_t group = 1; ///< neighbouring slots that are left out together

    void addTo(CLI::App& command);
    /// Whether anything but a plain answer from slots is wanted.
    bool isMore() const { return context != "slots" || !answer.empty() || !without.empty() || attribute; }
};

/// A question as `icae ask` has it.
struct AskedQuestion {
    std::vector<std::string> paths; ///< of the inputs
    std::string question;
    std::int64_t maxTokens = 128;
    SamplingOptions sampling;
    bool json = false;
};

/// Answers in a context, or rates an answer that is given, and says which slots it comes from where that is asked for.
int askInContext(const Model& model, std::vector<Source>& inputs, const AskedQuestion& asked,
                 const AskArguments& arguments, CommandContext& context);

} // namespace icae
