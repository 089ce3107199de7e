// What is done with a question or an answer where it stands: pages and branches, votes, where it is from.
#include "pages/chat/answer_origins.h"
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
        showConversation();
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
        answerAgain(ChatAnswer(*m_chat.answer(of.answer)));
    else if (action == TurnAction::GoOn && of.unfinished)
        goOn(ChatAnswer(*m_chat.answer(of.answer)));
    else if (action == TurnAction::WhereFrom && of.traceable)
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
        showConversation();
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
    showConversation();
    m_tally->setChats(m_store.list().all());
    for (const auto answer : {vote.first, vote.second})
        score(answer);
}

/// Its loss in its own context, by the model that wrote it.
void ChatPage::score(std::int64_t answer)
{
    const auto& of = *m_chat.answer(answer);
    if (of.loss || of.text.empty() || !m_client.model())
        return;
    m_client.call(protocol::chatScore, {promptOf(of), {of.context}, {of.text}, of.modelId}, this,
                  {.done = [this, chat = m_chat.id, answer](const ChatScoreResult& result) {
                      if (result.losses.empty())
                          return;
                      change(chat, [&](Conversation& in) { in.change(answer)->loss = result.losses.front().loss; });
                      if (chat == m_chat.id)
                          showConversation();
                  }});
}

void ChatPage::lookWhereFrom(std::int64_t answer)
{
    const auto& of = *m_chat.answer(answer);
    m_origins->toggle(answer, {promptOf(of), of.text, of.modelId, slotsAGroup});
}

/// How much less the last answer from slots costs where a span is read as text.
void ChatPage::lookWhatTextGains(const QPersistentModelIndex& span, const std::vector<UsedMemory>& before)
{
    const auto path = m_chat.path();
    const auto id = path.empty() ? -1 : m_chat.shown(path.back(), AnswerContext::Slots);
    if (id < 0 || isAnswering() || !m_client.model() || m_chat.answer(id)->text.empty())
        return;
    auto prompt = promptFor(m_chat, path.back());
    const auto score = [this, text = m_chat.answer(id)->text](const ChatPrompt& of, auto done) {
        m_client.call(protocol::chatScore, {of, {AnswerContext::Slots}, {text}, {}}, this,
                      {.done =
                           [done](const ChatScoreResult& result) {
                               if (!result.losses.empty())
                                   done(result.losses.front().loss);
                           },
                       .failed = [](const Error& /*the meter says what has no room*/) {}});
    };
    prompt.memories = before;
    score(prompt, [this, span, prompt, score](double asSlots) {
        auto expanded = prompt;
        expanded.memories = m_memories->model().used();
        score(expanded, [this, span, asSlots](double asText) {
            if (span.isValid() && span.data(MemoryTreeModel::ExpandedRole).toBool())
                m_memories->model().setGain(span, asSlots - asText);
        });
    });
}

} // namespace icae
