#include "models/conversation.h"

#include "protocol/error.h"

#include <QCoreApplication>

#include <algorithm>
#include <set>
#include <utility>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestTitle = 60;

QString tr(const char* text)
{
    return QCoreApplication::translate("Conversation", text);
}

/// By id, in lists that are sorted by it.
template <typename List> auto find(List& list, std::int64_t id) -> decltype(list.data())
{
    const auto found = std::lower_bound(list.begin(), list.end(), id,
                                        [](const auto& one, std::int64_t other) { return one.id < other; });
    return found == list.end() || found->id != id ? nullptr : &*found;
}

/// The one that was turned to last of those that fit; −1 where none does.
template <typename List, typename Fits> std::int64_t latest(const List& list, Fits fits)
{
    std::int64_t id = -1;
    std::int64_t turnedTo = -1;
    for (const auto& one : list)
        if (one.turnedTo > turnedTo && fits(one)) {
            id = one.id;
            turnedTo = one.turnedTo;
        }
    return id;
}

template <typename List, typename Fits> std::vector<std::int64_t> idsOf(const List& list, Fits fits)
{
    std::vector<std::int64_t> ids;
    for (const auto& one : list)
        if (fits(one))
            ids.push_back(one.id);
    return ids;
}

} // namespace

std::string contextTitle(AnswerContext context)
{
    switch (context) {
    case AnswerContext::Slots:
        return tr("Slots").toStdString();
    case AnswerContext::Text:
        return tr("Full text").toStdString();
    case AnswerContext::Excerpt:
        return tr("Excerpt").toStdString();
    case AnswerContext::Nothing:
        return tr("Nothing").toStdString();
    }
    return {};
}

std::string columnTitle(const ChatAnswer& answer)
{
    return answer.variant.empty() ? contextTitle(answer.context)
                                  : contextTitle(answer.context) + " · " + answer.variant;
}

const ChatQuestion* Conversation::question(std::int64_t wanted) const
{
    return find(m_questions, wanted);
}

const ChatAnswer* Conversation::answer(std::int64_t wanted) const
{
    return find(m_answers, wanted);
}

std::string Conversation::title() const
{
    if (!name.empty())
        return name;
    if (m_questions.empty())
        return tr("New chat").toStdString();
    auto text = QString::fromStdString(m_questions.front().text).simplified();
    if (text.size() > longestTitle)
        text = text.left(longestTitle - 1).trimmed() + u'…';
    return text.toStdString();
}

std::vector<AnswerColumn> Conversation::columns(std::int64_t question) const
{
    std::set<AnswerColumn> columns;
    for (const auto& one : m_answers)
        if (one.question == question)
            columns.emplace(one.context, one.variant);
    return {columns.begin(), columns.end()};
}

std::int64_t Conversation::shown(std::int64_t question, const AnswerColumn& column) const
{
    return latest(m_answers, [&](const ChatAnswer& one) {
        return one.question == question && one.context == column.context && one.variant == column.variant;
    });
}

void Conversation::expect(std::int64_t question, std::string answer)
{
    if (auto* of = find(m_questions, question))
        of->expected = std::move(answer);
}

std::vector<std::int64_t> Conversation::path() const
{
    std::vector<std::int64_t> path;
    auto next = latest(m_questions, [](const ChatQuestion& one) { return one.parent < 0; });
    while (next >= 0) {
        path.push_back(next);
        std::set<std::int64_t> answers;
        for (const auto& column : columns(next))
            answers.insert(shown(next, column));
        next = latest(m_questions, [&](const ChatQuestion& one) { return answers.contains(one.parent); });
    }
    return path;
}

std::vector<std::int64_t> Conversation::branches(std::int64_t question) const
{
    const auto* of = this->question(question);
    if (of == nullptr)
        return {};
    return idsOf(m_questions, [&](const ChatQuestion& one) { return one.parent == of->parent; });
}

std::vector<std::int64_t> Conversation::pages(std::int64_t answer) const
{
    const auto* of = this->answer(answer);
    if (of == nullptr)
        return {};
    return idsOf(m_answers, [&](const ChatAnswer& one) {
        return one.question == of->question && one.context == of->context && one.variant == of->variant;
    });
}

std::int64_t Conversation::last() const
{
    const auto shownPath = path();
    if (shownPath.empty())
        return -1;
    // Slots before text before nothing, whichever came first: what goes on is what this app is about.
    const auto all = columns(shownPath.back());
    return all.empty() ? -1 : shown(shownPath.back(), all.front());
}

std::vector<std::pair<std::int64_t, std::int64_t>> Conversation::turnsBefore(std::int64_t question) const
{
    std::vector<std::pair<std::int64_t, std::int64_t>> turns;
    for (const auto* one = this->question(question); one != nullptr && one->parent >= 0;) {
        const auto* before = answer(one->parent);
        turns.emplace_back(before->question, before->id);
        one = this->question(before->question);
    }
    std::reverse(turns.begin(), turns.end());
    return turns;
}

std::int64_t Conversation::ask(std::int64_t parent, std::string text, std::vector<UsedMemory> memories)
{
    const auto made = next();
    m_questions.push_back({made, parent, std::move(text), std::move(memories), made, {}});
    return made;
}

std::int64_t Conversation::edit(std::int64_t question, std::string text)
{
    const auto* of = this->question(question);
    return of == nullptr ? -1 : ask(of->parent, std::move(text), std::vector(of->memories));
}

std::int64_t Conversation::addAnswer(ChatAnswer answer)
{
    const auto made = next();
    answer.id = made;
    answer.turnedTo = made;
    m_answers.push_back(std::move(answer));
    return made;
}

ChatAnswer* Conversation::change(std::int64_t answer)
{
    return find(m_answers, answer);
}

void Conversation::turnTo(std::int64_t branchOrPage)
{
    if (auto* question = find(m_questions, branchOrPage))
        question->turnedTo = next();
    else if (auto* answer = find(m_answers, branchOrPage))
        answer->turnedTo = next();
}

std::int64_t Conversation::rewrite(std::int64_t answer, std::string text)
{
    const auto* of = this->answer(answer);
    if (of == nullptr)
        return -1;
    ChatAnswer own;
    own.question = of->question;
    own.context = of->context;
    own.variant = of->variant;
    own.text = std::move(text);
    own.ended = ReadEnd::Eos;
    return addAnswer(std::move(own));
}

void Conversation::vote(const ChatVote& vote)
{
    const auto same = std::find_if(m_votes.begin(), m_votes.end(), [&](const ChatVote& one) {
        return std::minmax(one.first, one.second) == std::minmax(vote.first, vote.second);
    });
    if (same == m_votes.end())
        m_votes.push_back(vote);
    else
        *same = vote;
}

const ChatVote* Conversation::voteOn(std::int64_t answer) const
{
    const auto found = std::find_if(m_votes.begin(), m_votes.end(),
                                    [&](const ChatVote& one) { return one.first == answer || one.second == answer; });
    return found == m_votes.end() ? nullptr : &*found;
}

nlohmann::json Conversation::toJson() const
{
    nlohmann::json json = {{"icae_chat", version},
                           {"id", id},
                           {"name", name},
                           {"changed", changed},
                           {"turns_as_text", turnsAsText},
                           {"next", m_next},
                           {"questions", FieldWriter::encode(m_questions)},
                           {"answers", FieldWriter::encode(m_answers)},
                           {"votes", FieldWriter::encode(m_votes)}};
    if (!texts.empty())
        json["texts"] = texts;
    return json;
}

void Conversation::check(const JsonReader& json) const
{
    const auto refuse = [&](const std::string& what) {
        throw Error(ErrorKind::InvalidInput, json.source() + " is no chat of this program: " + what + ".",
                    "Restore the file from a copy, or remove it.");
    };
    std::int64_t before = -1;
    for (const auto& one : m_questions) {
        if (one.id <= before)
            refuse("its questions are not in order");
        before = one.id;
        if (one.parent != -1 && (answer(one.parent) == nullptr || one.parent >= one.id))
            refuse("question " + std::to_string(one.id) + " follows no answer");
    }
    before = -1;
    for (const auto& one : m_answers) {
        if (one.id <= before)
            refuse("its answers are not in order");
        before = one.id;
        if (question(one.question) == nullptr || one.question >= one.id)
            refuse("answer " + std::to_string(one.id) + " has no question");
        if (question(one.id) != nullptr)
            refuse("number " + std::to_string(one.id) + " is there twice");
    }
    for (const auto& one : m_votes)
        if (answer(one.first) == nullptr || answer(one.second) == nullptr)
            refuse("a vote is on no answer");
}

Conversation Conversation::fromJson(const JsonReader& json)
{
    json.integer("icae_chat", version, version);
    Conversation chat;
    chat.id = json.text("id");
    chat.name = json.text("name", {});
    chat.changed = json.integer("changed", 0, std::int64_t{1} << 53U, 0);
    chat.turnsAsText = json.boolean("turns_as_text", false);
    for (const auto& one : json.objects("questions"))
        chat.m_questions.push_back(icae::fromJson<ChatQuestion>(one));
    for (const auto& one : json.objects("answers"))
        chat.m_answers.push_back(icae::fromJson<ChatAnswer>(one));
    for (const auto& one : json.objects("votes"))
        chat.m_votes.push_back(icae::fromJson<ChatVote>(one));
    if (json.has("texts")) {
        const auto texts = json.object("texts");
        for (const auto& [id, text] : texts.json().items())
            if (text.is_string())
                chat.texts[id] = text.get<std::string>();
    }
    chat.check(json);
    // Ids only grow, whatever the file says.
    chat.m_next = json.integer("next", 0, std::int64_t{1} << 53U, 0);
    const auto behind = [&](const auto& list) {
        for (const auto& one : list)
            chat.m_next = std::max({chat.m_next, one.id + 1, one.turnedTo + 1});
    };
    behind(chat.m_questions);
    behind(chat.m_answers);
    return chat;
}

QString Conversation::searchText() const
{
    auto text = QString::fromStdString(title());
    for (const auto& one : m_questions)
        text += u'\n' + QString::fromStdString(one.text);
    for (const auto& one : m_answers)
        text += u'\n' + QString::fromStdString(one.text);
    return text.toCaseFolded();
}

} // namespace icae
