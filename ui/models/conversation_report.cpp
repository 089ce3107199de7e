// What a chat is for others: Markdown, and how votes stand.
#include "models/conversation.h"
#include "models/model_tree_model.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Conversation", text);
}

/// A quotation: whatever Markdown stands in a text stays inside it.
QString quoted(const std::string& text)
{
    return u"> "_s + QString::fromStdString(text).replace(u'\n', u"\n> "_s);
}

QString memoriesOf(const ChatQuestion& question)
{
    QStringList names;
    for (const auto& memory : question.memories) {
        auto name = QString::fromStdString(memory.name);
        if (!memory.spans.empty()) {
            QStringList spans;
            for (const auto span : memory.spans)
                spans.append(QString::number(span + 1));
            name += tr(", spans %1").arg(spans.join(u' '));
        }
        if (!memory.expanded.empty())
            name += tr(" (%n of them as text)").replace(u"%n"_s, QString::number(memory.expanded.size()));
        names.append(name);
    }
    return names.join(u"; "_s);
}

QString answerLine(const Conversation& chat, const ChatAnswer& answer)
{
    QStringList line{QString::fromStdString(columnTitle(answer))};
    if (!answer.model.empty())
        line.append(answer.adapter.empty() ? folderName(answer.model)
                                           : u"%1 · %2"_s.arg(folderName(answer.model), folderName(answer.adapter)));
    const auto pages = chat.pages(answer.id);
    if (pages.size() > 1) {
        const auto page = std::find(pages.begin(), pages.end(), answer.id) - pages.begin() + 1;
        line.append(tr("%1 of %2").arg(page).arg(pages.size()));
    }
    if (answer.tokens > 0)
        line.append(tr("%1 tokens").arg(answer.tokens));
    if (answer.loss)
        line.append(tr("%1 nats a token").arg(*answer.loss, 0, 'f', 2));
    if (answer.ended == ReadEnd::Stopped)
        line.append(tr("stopped"));
    return line.join(u" · "_s);
}

void finish(VoteTally& tally)
{
    constexpr double z = 1.959964; // 97.5 % of the normal distribution
    const auto n = static_cast<double>(tally.votes());
    tally.share = (static_cast<double>(tally.firstBetter) + 0.5 * static_cast<double>(tally.ties)) / n;
    const auto middle = tally.share + z * z / (2 * n);
    const auto half = z * std::sqrt(tally.share * (1 - tally.share) / n + z * z / (4 * n * n));
    tally.low = std::max(0.0, (middle - half) / (1 + z * z / n));
    tally.high = std::min(1.0, (middle + half) / (1 + z * z / n));
}

} // namespace

std::string sideOf(const ChatAnswer& of, const ChatAnswer& against)
{
    if (of.context != against.context)
        return columnTitle(of);
    if (of.variant != against.variant && !of.variant.empty())
        return of.variant;
    if (of.slotsPerSpan != against.slotsPerSpan)
        return tr("%1 slots").arg(of.slotsPerSpan).toStdString();
    return folderName(of.adapter == against.adapter ? of.model : of.adapter).toStdString();
}

std::string Conversation::toMarkdown() const
{
    auto text = u"# %1\n"_s.arg(QString::fromStdString(title()));
    QString memoriesBefore;
    for (const auto shownQuestion : path()) {
        const auto& asked = *question(shownQuestion);
        if (const auto memories = memoriesOf(asked); memories != memoriesBefore) {
            text +=
                u"\n"_s + (memories.isEmpty() ? tr("Without memories") : tr("Memories: %1").arg(memories)) + u"\n"_s;
            memoriesBefore = memories;
        }
        text += u"\n**%1**\n\n%2\n"_s.arg(tr("You"), quoted(asked.text));
        if (!asked.expected.empty())
            text += u"\n*%1*\n\n%2\n"_s.arg(tr("Expected"), quoted(asked.expected));
        for (const auto& column : columns(shownQuestion)) {
            const auto& given = *answer(shown(shownQuestion, column));
            text += u"\n**%1**\n\n%2\n"_s.arg(answerLine(*this, given), quoted(given.text));
        }
        for (const auto& one : m_votes) {
            const auto& first = *answer(one.first);
            const auto& second = *answer(one.second);
            if (first.question != shownQuestion || one.preference == Preference::Pending)
                continue;
            const auto sides =
                std::pair(QString::fromStdString(sideOf(first, second)), QString::fromStdString(sideOf(second, first)));
            text += u"\n"_s
                + (one.preference == Preference::Tie
                       ? tr("Blind vote: %1 and %2 are as good.").arg(sides.first, sides.second)
                       : one.preference == Preference::First
                       ? tr("Blind vote: %1 is better than %2.").arg(sides.first, sides.second)
                       : tr("Blind vote: %1 is better than %2.").arg(sides.second, sides.first))
                + u"\n"_s;
        }
    }
    return text.toStdString();
}

std::vector<VoteTally> tallies(const std::vector<ConversationPtr>& chats)
{
    std::vector<VoteTally> all;
    for (const auto& chat : chats)
        for (const auto& vote : chat->votes()) {
            if (vote.preference == Preference::Pending)
                continue;
            const auto& left = *chat->answer(vote.first);
            const auto& right = *chat->answer(vote.second);
            auto first = sideOf(left, right);
            auto second = sideOf(right, left);
            const bool swapped = left.context != right.context ? left.context > right.context : first > second;
            if (swapped)
                std::swap(first, second);
            auto found = std::find_if(all.begin(), all.end(),
                                      [&](const VoteTally& one) { return one.first == first && one.second == second; });
            if (found == all.end())
                found = all.insert(all.end(), VoteTally{first, second});
            if (vote.preference == Preference::Tie)
                ++found->ties;
            else
                ++((vote.preference == Preference::First) != swapped ? found->firstBetter : found->secondBetter);
        }
    std::for_each(all.begin(), all.end(), finish);
    std::stable_sort(all.begin(), all.end(),
                     [](const VoteTally& a, const VoteTally& b) { return a.votes() > b.votes(); });
    return all;
}

} // namespace icae
