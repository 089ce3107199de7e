#pragma once

#include "protocol/chat_requests.h"
#include "protocol/fields.h"

#include <QString>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace icae {

/// What somebody asked. Questions with the same parent are branches of each other: an edited one is a new one.
struct ChatQuestion {
    std::int64_t id = 0;
    std::int64_t parent = -1; ///< the answer that it follows; −1: the chat begins with it
    std::string text;
    std::vector<UsedMemory> memories;
    std::int64_t turnedTo = 0; ///< of branches, that with the greatest is shown
    std::string expected = {}; ///< answer, where a question set has it; empty: nobody knows

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field.required("parent", value.parent);
        field.required("text", value.text);
        field("memories", value.memories);
        field("turned_to", value.turnedTo);
        field("expected", value.expected);
    }

    bool operator==(const ChatQuestion&) const = default;
};

/// Where an answer stands beside others to the same question.
struct AnswerColumn {
    AnswerColumn(AnswerContext of, std::string what = {}) // NOLINT(google-explicit-constructor): most have no variant
        : context(of)
        , variant(std::move(what))
    {
    }

    AnswerContext context;
    std::string variant; ///< ChatAnswer::variant

    auto operator<=>(const AnswerColumn&) const = default;
};

/// What a model answered in one context. Answers to one question in one column are pages of each other.
struct ChatAnswer {
    std::int64_t id = 0;
    std::int64_t question = 0;
    AnswerContext context = AnswerContext::Slots;
    /// What else tells it from other answers in this context, for people: "32 slots", "nano · other". Empty: nothing.
    std::string variant;
    std::vector<UsedMemory> memories; ///< that it read; empty: those of its question
    std::string modelId; ///< of the engine; empty: whichever is in use
    std::string text;
    ReadEnd ended = ReadEnd::Stopped; ///< Stopped while it is written: what a kill leaves can be gone on with
    std::string model;
    std::string adapter;
    std::string adapterSha256;
    std::int64_t slotsPerSpan = 0; ///< 0: as many as the memories have
    SamplingParams sampling;
    std::int64_t tokens = 0; ///< written
    double firstTokenSeconds = 0; ///< from asking to the first token
    double seconds = 0; ///< from the first token to the last
    std::int64_t positions = 0; ///< of the base that context, turns, question and answer take
    std::int64_t kvBytes = 0;
    std::int64_t turnSlots = 0; ///< that earlier turns were read as; 0: as text
    std::optional<double> loss; ///< nats a token, teacher-forced in its own context
    std::int64_t turnedTo = 0;

    static void describe(auto& value, auto&& field)
    {
        field.required("id", value.id);
        field.required("question", value.question);
        field.required("context", value.context);
        field("variant", value.variant);
        field("memories", value.memories);
        field("model_id", value.modelId);
        field.required("text", value.text);
        field("ended", value.ended);
        field("model", value.model);
        field("adapter", value.adapter);
        field("adapter_sha256", value.adapterSha256);
        field("slots_per_span", value.slotsPerSpan);
        field("sampling", value.sampling);
        field("tokens", value.tokens);
        field("first_token_seconds", value.firstTokenSeconds);
        field("seconds", value.seconds);
        field("positions", value.positions);
        field("kv_bytes", value.kvBytes);
        field("turn_slots", value.turnSlots);
        field("loss", value.loss);
        field("turned_to", value.turnedTo);
    }
};

enum class Preference {
    First,
    Second,
    Tie,
    Pending, ///< nobody has said yet: nothing gives the sides away
};

constexpr std::array<const char*, 4> namesOf(Preference /*type*/)
{
    return {"first", "second", "tie", "pending"};
}

/// A blind vote: which of two answers to one question is better, the first shown at the left.
struct ChatVote {
    std::int64_t first = 0; ///< answer
    std::int64_t second = 0;
    Preference preference = Preference::Tie;
    std::int64_t seed = 0; ///< that the sides were drawn with

    static void describe(auto& value, auto&& field)
    {
        field.required("first", value.first);
        field.required("second", value.second);
        field.required("preference", value.preference);
        field("seed", value.seed);
    }

    bool operator==(const ChatVote&) const = default;
};

/// A chat: a tree of questions and answers, of which one path is shown, and the votes on its answers. A plain value;
/// what is shown beside it holds a ConversationPtr.
class Conversation {
public:
    static constexpr std::int64_t version = 1;

    std::string id; ///< of its file
    std::string name; ///< empty: title() makes one of the first question
    std::int64_t changed = 0; ///< seconds since 1970
    bool turnsAsText = false; ///< earlier turns never become slots
    /// Of memories, by id: what an export had with it, so that missing ones can be made again.
    std::map<std::string, std::string> texts;

    const std::vector<ChatQuestion>& questions() const { return m_questions; }
    const std::vector<ChatAnswer>& answers() const { return m_answers; }
    const std::vector<ChatVote>& votes() const { return m_votes; }
    const ChatQuestion* question(std::int64_t id) const; ///< null where there is none
    const ChatAnswer* answer(std::int64_t id) const;

    std::string title() const;

    // What is shown.
    std::vector<std::int64_t> path() const; ///< questions, from the first to the last
    std::vector<std::int64_t> branches(std::int64_t question) const; ///< with it, oldest first
    std::vector<std::int64_t> pages(std::int64_t answer) const; ///< with it, oldest first
    std::vector<AnswerColumn> columns(std::int64_t question) const; ///< that it was answered in
    std::int64_t shown(std::int64_t question, const AnswerColumn& column) const; ///< the answer; −1: there is none
    /// The answer that a next question follows: that of the last question which came last; −1 where there is none.
    std::int64_t last() const;
    /// Questions and answers before a question, oldest first.
    std::vector<std::pair<std::int64_t, std::int64_t>> turnsBefore(std::int64_t question) const;

    // Changes; what they return is the new one's id.
    /// @param parent an answer, or −1
    std::int64_t ask(std::int64_t parent, std::string text, std::vector<UsedMemory> memories);
    void expect(std::int64_t question, std::string answer); ///< notes what should be answered
    /// A branch beside a question, with another text and without answers.
    std::int64_t edit(std::int64_t question, std::string text);
    /// Answers become the new page that is shown.
    std::int64_t addAnswer(ChatAnswer answer);
    ChatAnswer* change(std::int64_t answer); ///< null where there is none; leave id and question as they are
    void turnTo(std::int64_t branchOrPage); ///< id of a question or an answer
    /// An answer's own words in place of the model's: a new page.
    std::int64_t rewrite(std::int64_t answer, std::string text);
    /// Takes the place of an earlier vote on the two.
    void vote(const ChatVote& vote);
    const ChatVote* voteOn(std::int64_t answer) const; ///< null where there is none

    nlohmann::json toJson() const;
    /// @throws Error (InvalidInput) where something is missing, or what is there does not hang together
    static Conversation fromJson(const JsonReader& json);
    /// The path that is shown, for people.
    std::string toMarkdown() const;
    /// Name, questions and answers, case-folded, for searches over chats.
    QString searchText() const;

private:
    void check(const JsonReader& json) const;
    std::int64_t next() { return m_next++; }

    std::vector<ChatQuestion> m_questions; ///< by id
    std::vector<ChatAnswer> m_answers; ///< by id
    std::vector<ChatVote> m_votes;
    std::int64_t m_next = 0; ///< ids, and the order in which branches and pages were turned to
};

using ConversationPtr = std::shared_ptr<const Conversation>;

/// How a comparison stands, over votes of any chats.
struct VoteTally {
    std::string first; ///< what is compared: a context, or models where those differ
    std::string second;
    std::int64_t firstBetter = 0;
    std::int64_t secondBetter = 0;
    std::int64_t ties = 0;
    double share = 0; ///< of votes for the first, a tie being half a vote
    double low = 0; ///< Wilson's score interval of the share, 95 %
    double high = 1;

    std::int64_t votes() const { return firstBetter + secondBetter + ties; }
};

/// A tally a comparison, the most frequent first. A comparison has the same sides whatever side of the page they were
/// on.
std::vector<VoteTally> tallies(const std::vector<ConversationPtr>& chats);

/// A context for people: "Slots", "Full text".
std::string contextTitle(AnswerContext context);

/// An answer's column for people: "Slots", "Slots · 32 slots".
std::string columnTitle(const ChatAnswer& answer);

/// What is compared where two answers are: their contexts, or what else differs.
std::string sideOf(const ChatAnswer& of, const ChatAnswer& against);

} // namespace icae
