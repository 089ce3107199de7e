#include "models/conversation_model.h"

#include "models/byte_text.h"
#include "models/model_tree_model.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("ConversationModel", text);
}

bool isAmong(const std::vector<std::int64_t>& ids, std::int64_t id)
{
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

ConversationRow questionRow(const Conversation& chat, const ChatQuestion& question)
{
    ConversationRow row;
    row.question = question.id;
    row.asks = true;
    row.text = QString::fromStdString(question.text);
    QStringList names;
    for (const auto& memory : question.memories)
        names += QString::fromStdString(memory.name);
    row.line = names.isEmpty() ? tr("without memories") : tr("about %1").arg(names.join(u", "_s));
    const auto branches = chat.branches(question.id);
    row.branches = static_cast<int>(branches.size());
    row.branch = static_cast<int>(std::find(branches.begin(), branches.end(), question.id) - branches.begin()) + 1;
    return row;
}

AnswerCell cellOf(const Conversation& chat, const ChatAnswer& answer, const std::vector<std::int64_t>& writing)
{
    AnswerCell cell;
    cell.answer = answer.id;
    cell.context = answer.context;
    cell.heading = QString::fromStdString(columnTitle(answer));
    cell.text = QString::fromStdString(answer.text);
    cell.line = answerLine(answer);
    QStringList facts{cell.line};
    if (answer.kvBytes > 0)
        facts += tr("%1 of keys and values").arg(byteText(answer.kvBytes));
    if (answer.turnSlots > 0)
        facts += tr("earlier turns as %1 slots").arg(answer.turnSlots);
    if (!answer.model.empty())
        facts += answer.adapter.empty() ? folderName(answer.model)
                                        : u"%1 · %2"_s.arg(folderName(answer.model), folderName(answer.adapter));
    cell.facts = facts.join(u'\n');
    const auto pages = chat.pages(answer.id);
    cell.pages = static_cast<int>(pages.size());
    cell.page = static_cast<int>(std::find(pages.begin(), pages.end(), answer.id) - pages.begin()) + 1;
    cell.writing = isAmong(writing, answer.id);
    cell.traceable = answer.context == AnswerContext::Slots
        && !(answer.memories.empty() && chat.question(answer.question)->memories.empty());
    cell.unfinished = !cell.writing && answer.ended != ReadEnd::Eos;
    return cell;
}

QString verdictOf(const Conversation& chat, const ChatVote& vote)
{
    const auto side = [&](std::int64_t answer) { return QString::fromStdString(columnTitle(*chat.answer(answer))); };
    auto text = vote.preference == Preference::Tie
        ? tr("You found them as good as each other.")
        : tr("You found %1 better.")
              .arg(vote.preference == Preference::First ? tr("A: %1").arg(side(vote.first))
                                                        : tr("B: %1").arg(side(vote.second)));
    const auto& first = *chat.answer(vote.first);
    const auto& second = *chat.answer(vote.second);
    if (const auto& expected = chat.question(first.question)->expected; !expected.empty())
        text += u' ' + tr("Expected: %1.").arg(QString::fromStdString(expected));
    if (first.loss && second.loss)
        text += u' '
            + tr("Measured: %1 and %2 nats a token in their own contexts.")
                  .arg(QLocale().toString(*first.loss, 'f', 2), QLocale().toString(*second.loss, 'f', 2));
    return text;
}

/// Two answers that are, or were, to be told apart: in the order drawn, and before the vote without what tells them.
void blind(const Conversation& chat, const ChatVote& vote, ConversationRow& row)
{
    const auto place = [&](const AnswerCell& cell) {
        return cell.answer == vote.first ? 0 : cell.answer == vote.second ? 1 : 2;
    };
    std::stable_sort(row.cells.begin(), row.cells.end(),
                     [&](const AnswerCell& a, const AnswerCell& b) { return place(a) < place(b); });
    const bool writing =
        std::any_of(row.cells.begin(), row.cells.end(), [](const AnswerCell& cell) { return cell.writing; });
    // Where a side was given up before its first word there is nothing to vote on.
    const bool givenUp = !writing && std::any_of(row.cells.begin(), row.cells.end(), [&](const AnswerCell& cell) {
        return place(cell) < 2 && cell.unfinished && cell.text.isEmpty();
    });
    const bool pending = vote.preference == Preference::Pending && !givenUp;
    if (pending)
        std::erase_if(row.cells, [&](const AnswerCell& cell) { return place(cell) == 2; });
    for (auto& cell : row.cells) {
        if (place(cell) == 2)
            continue;
        const auto letter = place(cell) == 0 ? tr("A") : tr("B");
        if (!pending) {
            cell.heading = u"%1: %2"_s.arg(letter, cell.heading);
            continue;
        }
        cell.heading = letter;
        cell.line.clear();
        cell.facts.clear();
        cell.page = cell.pages = 1;
        cell.unfinished = false;
        cell.writing = writing;
        if (writing) // its length while it grows would tell
            cell.text.clear();
    }
    row.toVote = pending && !writing;
    if (vote.preference != Preference::Pending)
        row.verdict = verdictOf(chat, vote);
}

} // namespace

QString answerLine(const ChatAnswer& answer)
{
    const QLocale locale;
    QStringList parts;
    if (answer.model.empty() && answer.ended == ReadEnd::Eos)
        return tr("your own words");
    if (answer.firstTokenSeconds > 0)
        parts += tr("%1 s to first token").arg(locale.toString(answer.firstTokenSeconds, 'f', 2));
    if (answer.tokens > 1 && answer.seconds > 0)
        parts += tr("%1 tokens/s").arg(locale.toString(static_cast<double>(answer.tokens) / answer.seconds, 'f', 0));
    if (answer.positions > 0)
        parts += tr("%1 positions").arg(locale.toString(qint64(answer.positions)));
    if (answer.sampling.temperature > 0)
        parts += tr("sampled at %1, seed %2")
                     .arg(locale.toString(answer.sampling.temperature, 'g', 3))
                     .arg(answer.sampling.seed);
    if (answer.ended == ReadEnd::Stopped)
        parts += tr("stopped");
    else if (answer.ended == ReadEnd::Length)
        parts += tr("ended at the most tokens");
    return parts.join(u" · "_s);
}

void ConversationModel::setConversation(const Conversation& chat, const std::vector<std::int64_t>& writing)
{
    std::vector<ConversationRow> rows;
    for (const auto id : chat.path()) {
        rows.push_back(questionRow(chat, *chat.question(id)));
        ConversationRow answers;
        answers.question = id;
        const ChatVote* vote = nullptr;
        for (const auto& column : chat.columns(id)) {
            const auto& answer = *chat.answer(chat.shown(id, column));
            answers.cells.push_back(cellOf(chat, answer, writing));
            if (const auto* one = chat.voteOn(answer.id); one != nullptr)
                vote = one;
        }
        if (vote != nullptr) {
            const auto has = [&](std::int64_t wanted) {
                return std::any_of(answers.cells.begin(), answers.cells.end(),
                                   [&](const AnswerCell& cell) { return cell.answer == wanted; });
            };
            if (has(vote->first) && has(vote->second))
                blind(chat, *vote, answers);
        }
        if (!answers.cells.empty())
            rows.push_back(std::move(answers));
    }
    const auto same = [&](std::size_t i) {
        return m_rows[i].question == rows[i].question && m_rows[i].asks == rows[i].asks;
    };
    std::size_t common = 0;
    while (common < std::min(rows.size(), m_rows.size()) && same(common)) {
        if (m_rows[common] != rows[common]) {
            m_rows[common] = rows[common];
            const auto changed = index(static_cast<int>(common));
            Q_EMIT dataChanged(changed, changed);
        }
        ++common;
    }
    if (common < m_rows.size()) {
        beginRemoveRows({}, static_cast<int>(common), rowCount() - 1);
        m_rows.resize(common);
        endRemoveRows();
    }
    if (common < rows.size()) {
        beginInsertRows({}, static_cast<int>(common), static_cast<int>(rows.size()) - 1);
        m_rows = std::move(rows);
        endInsertRows();
    }
}

void ConversationModel::setText(std::int64_t answer, const QString& text, const QString& line)
{
    const auto row = rowOfAnswer(answer);
    if (row < 0)
        return;
    for (auto& cell : m_rows[static_cast<std::size_t>(row)].cells)
        if (cell.answer == answer) {
            cell.text = text;
            cell.line = line;
        }
    Q_EMIT dataChanged(index(row), index(row));
}

void ConversationModel::clear()
{
    beginResetModel();
    m_rows.clear();
    endResetModel();
}

const ConversationRow* ConversationModel::at(const QModelIndex& index) const
{
    return index.isValid() && index.row() < rowCount() ? &m_rows[static_cast<std::size_t>(index.row())] : nullptr;
}

int ConversationModel::rowOf(std::int64_t question, bool asks) const
{
    for (std::size_t i = 0; i < m_rows.size(); ++i)
        if (m_rows[i].question == question && m_rows[i].asks == asks)
            return static_cast<int>(i);
    return -1;
}

int ConversationModel::rowOfAnswer(std::int64_t answer) const
{
    for (std::size_t i = m_rows.size(); i-- > 0;)
        for (const auto& cell : m_rows[i].cells)
            if (cell.answer == answer)
                return static_cast<int>(i);
    return -1;
}

int ConversationModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant ConversationModel::data(const QModelIndex& index, int role) const
{
    const auto* row = at(index);
    if (row == nullptr)
        return {};
    if (role != Qt::DisplayRole && role != Qt::AccessibleTextRole)
        return {};
    QStringList lines;
    if (row->asks)
        lines += tr("You: %1").arg(row->text);
    for (const auto& cell : row->cells)
        lines += u"%1: %2"_s.arg(cell.heading, cell.text);
    if (!row->verdict.isEmpty())
        lines += row->verdict;
    return lines.join(u'\n');
}

} // namespace icae
