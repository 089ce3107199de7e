// What is done with a question or an answer where it stands: pages and branches, votes, where it is from.
#include "pages/chat/answer_run.h"
#include "pages/chat/chat_page.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"
#include "pages/chat/vote_label.h"

#include <QInputDialog>

#include <algorithm>

namespace icae {

namespace {

constexpr std::int64_t slotsAGroup = 8; ///< that are left out together: an answer of words, not of tokens

} // namespace

void ChatPage::act(TurnAction action, const QModelIndex& index, int cell)
{
    const auto* row = m_conversation.at(index);
    if (row == nullptr || (!row->asks && (cell < 0 || cell >= std::ssize(row->cells))))
        return;
    const auto id = row->asks ? row->question : row->cells[static_cast<std::size_t>(cell)].answer;
    switch (action) {
    case TurnAction::Copy:
        m_view->copy(row->asks ? row->text : row->cells[static_cast<std::size_t>(cell)].text);
        Q_EMIT reported(row->asks ? tr("Copied the question") : tr("Copied the answer"));
        return;
    case TurnAction::Previous:
    case TurnAction::Next: {
        const auto all = row->asks ? m_chat.branches(id) : m_chat.pages(id);
        const auto at = std::find(all.begin(), all.end(), id) - all.begin() + (action == TurnAction::Next ? 1 : -1);
        if (row->toVote || at < 0 || at >= std::ssize(all))
            return;
        m_chat.turnTo(all[static_cast<std::size_t>(at)]);
        keep();
        m_conversation.setConversation(m_chat, isAnswering() ? m_run->answers() : std::vector<std::int64_t>());
        planSoon();
        return;
    }
    case TurnAction::FirstBetter:
        return vote(*row, Preference::First);
    case TurnAction::AsGood:
        return vote(*row, Preference::Tie);
    case TurnAction::SecondBetter:
        return vote(*row, Preference::Second);
    default:
        break;
    }
    if (row->toVote)
        return;
    if (action == TurnAction::Edit)
        return edit(*row, cell);
    if (row->asks || isAnswering() || !m_client.model())
        return;
    const auto& of = row->cells[static_cast<std::size_t>(cell)];
    if (action == TurnAction::Regenerate)
        answer(row->question, {of.context}, -1, true);
    else if (action == TurnAction::GoOn && of.unfinished)
        answer(row->question, {of.context}, of.answer, false);
    else if (action == TurnAction::WhereFrom && of.context == AnswerContext::Slots)
        lookWhereFrom(of.answer);
}

void ChatPage::actOnCurrent(TurnAction action)
{
    auto index = m_view->currentIndex();
    if (!index.isValid() && m_conversation.rowCount() > 0)
        index = m_conversation.index(m_conversation.rowCount() - 1);
    act(action, index, m_view->currentCell());
}

/// A question in the composer, an answer in a dialog: either becomes another branch or page.
void ChatPage::edit(const ConversationRow& row, int cell)
{
    if (row.asks) {
        m_edited = row.question;
        m_composer->setPlainText(row.text);
        m_composer->selectAll();
        m_composer->setFocus(Qt::OtherFocusReason);
        updateActions();
        return;
    }
    const auto& of = row.cells[static_cast<std::size_t>(cell)];
    auto* dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setWindowTitle(tr("Edit the answer"));
    dialog->setLabelText(tr("The chat goes on from this; the model's own answer stays as another page."));
    dialog->setTextValue(of.text);
    dialog->resize(Theme::grid(70), Theme::grid(45));
    connect(dialog, &QInputDialog::textValueSelected, this, [this, answer = of.answer](const QString& text) {
        m_chat.rewrite(answer, text.toStdString());
        keep();
        m_conversation.setConversation(m_chat, {});
        planSoon();
    });
    dialog->open();
}

void ChatPage::vote(const ConversationRow& row, Preference preference)
{
    const auto* pending = m_chat.voteOn(row.cells.front().answer);
    if (pending == nullptr || !row.toVote)
        return;
    auto vote = *pending;
    vote.preference = preference;
    m_chat.vote(vote);
    keep();
    m_conversation.setConversation(m_chat, {});
    m_tally->setChats(m_store.list().all());
    const auto& first = *m_chat.answer(vote.first);
    const auto& second = *m_chat.answer(vote.second);
    if (first.text.empty() || second.text.empty() || !m_client.model())
        return;
    m_client.call(protocol::chatScore,
                  {promptFor(m_chat, row.question), {first.context, second.context}, {first.text, second.text}, {}},
                  this, {.done = [this, chat = m_chat.id, vote](const ChatScoreResult& result) {
                      if (result.losses.size() != 2)
                          return;
                      change(chat, [&](Conversation& of) {
                          of.change(vote.first)->loss = result.losses[0].loss;
                          of.change(vote.second)->loss = result.losses[1].loss;
                      });
                      if (chat == m_chat.id)
                          m_conversation.setConversation(m_chat, {});
                  }});
}

void ChatPage::showWhereFrom(std::int64_t answer)
{
    const auto found = m_attributions.find(answer);
    m_litAnswer = found == m_attributions.end() ? -1 : answer;
    m_memories->setLit(m_litAnswer < 0 ? std::nullopt : std::optional(found->second));
    m_view->turns().setLitAnswer(m_litAnswer);
    m_view->viewport()->update();
}

void ChatPage::lookWhereFrom(std::int64_t answer)
{
    if (m_litAnswer == answer)
        return showWhereFrom(-1); // again: off
    if (m_attributions.contains(answer))
        return showWhereFrom(answer);
    const auto& of = *m_chat.answer(answer);
    m_client.call(protocol::chatAttribute, {promptFor(m_chat, of.question), of.text, {}, slotsAGroup}, this,
                  {.done = [this, answer, chat = m_chat.id](const ChatAttribution& result) {
                      if (chat != m_chat.id)
                          return;
                      m_attributions[answer] = result;
                      showWhereFrom(answer);
                  }});
}

} // namespace icae
