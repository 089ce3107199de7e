#include "pages/chat/chat_page.h"

#include "pages/chat/answer_run.h"
#include "pages/chat/chat_list_pane.h"
#include "pages/chat/context_meter.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"
#include "pages/chat/vote_label.h"
#include "pages/compress/sampling_popup.h"
#include "widgets/common/notice_bar.h"

#include <QAction>
#include <QDateTime>
#include <QLabel>
#include <QPushButton>
#include <QRandomGenerator>
#include <QStackedWidget>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr double againTemperature = 0.7; ///< where greedy would give the same answer again

} // namespace

ChatPage::~ChatPage()
{
    keepSettings();
}

bool ChatPage::isAnswering() const
{
    return m_run->isRunning();
}

void ChatPage::change(const std::string& chat, const std::function<void(Conversation&)>& change)
{
    if (chat == m_chat.id) {
        change(m_chat);
        keep();
    } else if (const auto other = m_store.list().find(chat)) {
        auto changed = *other;
        change(changed);
        m_store.put(changed);
    }
}

void ChatPage::rename(const std::string& chat, const std::string& name)
{
    change(chat, [&](Conversation& of) { of.name = name; });
    m_name->setText(QString::fromStdString(m_chat.title()));
}

void ChatPage::keep()
{
    m_chat.changed = QDateTime::currentSecsSinceEpoch();
    m_store.put(m_chat);
}

void ChatPage::newChat()
{
    m_chat = ChatStore::make();
    m_edited = -1;
    m_composer->clear();
    m_chats->select({});
    showChat();
    m_composer->setFocus(Qt::OtherFocusReason);
}

void ChatPage::open(const std::string& id)
{
    const auto chat = m_store.list().find(id);
    if (!chat || id == m_chat.id)
        return;
    m_chat = *chat;
    m_edited = -1;
    if (const auto path = m_chat.path(); !path.empty())
        m_memories->model().setUsed(m_chat.question(path.back())->memories);
    showChat();
}

void ChatPage::showChat()
{
    m_attributions.clear();
    showWhereFrom(-1);
    m_conversation.clear();
    m_conversation.setConversation(
        m_chat, isAnswering() && m_run->chat() == m_chat.id ? m_run->answers() : std::vector<std::int64_t>());
    m_name->setText(QString::fromStdString(m_chat.title()));
    m_stack->setCurrentIndex(m_conversation.rowCount() == 0 ? 0 : 1);
    m_view->goToEnd();
    updateActions();
    planSoon();
}

std::vector<AnswerContext> ChatPage::contexts() const
{
    std::vector<AnswerContext> ticked;
    for (const auto& [context, action] : m_contexts)
        if (action->isChecked())
            ticked.push_back(context);
    if (ticked.empty())
        ticked.push_back(AnswerContext::Slots);
    if (!m_blind->isChecked())
        return ticked;
    if (ticked.size() == 1) // two to tell apart
        ticked.push_back(ticked.front() == AnswerContext::Slots ? AnswerContext::Text : AnswerContext::Slots);
    ticked.resize(2);
    return ticked;
}

SamplingParams ChatPage::sampling() const
{
    const auto values = m_sampling->values({});
    return {values.temperature, values.topK, values.topP, values.seed};
}

ChatPrompt ChatPage::promptFor(const Conversation& chat, std::int64_t question) const
{
    ChatPrompt prompt;
    const auto& of = *chat.question(question);
    prompt.memories = of.memories;
    prompt.question = of.text;
    for (const auto& [asked, answered] : chat.turnsBefore(question)) {
        prompt.turns.push_back(chat.question(asked)->text);
        prompt.turns.push_back(chat.answer(answered)->text);
    }
    return prompt;
}

/// As if it were asked now: the meter is right before it is.
ChatPrompt ChatPage::promptToAsk() const
{
    auto asked = m_chat;
    auto text = m_composer->toPlainText().toStdString();
    if (text.empty())
        text = "?"; // the meter is right before anything is written
    auto used = m_memories->model().used();
    return promptFor(asked,
                     m_edited >= 0 ? asked.edit(m_edited, text) : asked.ask(asked.last(), text, std::move(used)));
}

void ChatPage::planSoon()
{
    m_planSoon.start();
}

void ChatPage::plan()
{
    if (m_planning >= 0)
        m_client.cancel(m_planning);
    m_planning = -1;
    if (!m_client.model() || !isVisible()) {
        m_plan.reset();
        m_meter->setPlan(m_plan);
        updateActions();
        return;
    }
    m_planning = m_client.call(protocol::chatPlan, {promptToAsk(), contexts(), {}, m_settings.chat().maxTokens}, this,
                               {.done =
                                    [this](const ChatPlan& plan) {
                                        m_planning = -1;
                                        m_plan = plan;
                                        m_meter->setPlan(m_plan);
                                        m_refusal->setText(QString::fromStdString(
                                            plan.problem.empty() ? std::string() : plan.problem + " " + plan.remedy));
                                        m_refusal->setVisible(!plan.problem.empty());
                                        updateActions();
                                    },
                                .failed =
                                    [this](const Error& why) {
                                        if (why.kind() == ErrorKind::Cancelled)
                                            return; // overtaken
                                        m_planning = -1;
                                        m_plan.reset();
                                        m_meter->setPlan(m_plan);
                                        updateActions();
                                    }});
}

void ChatPage::ask()
{
    if (isAnswering()) {
        m_run->stop();
        return;
    }
    const auto text = m_composer->toPlainText().trimmed().toStdString();
    const auto refuse = [&](const QString& what, const QString& remedy) {
        showError(Error(ErrorKind::InvalidInput, what.toStdString(), remedy.toStdString()));
    };
    if (text.empty())
        return refuse(tr("There is no question yet."), tr("Write one and press Enter."));
    if (!m_client.model())
        return refuse(tr("No model is loaded."), tr("Choose one above (Ctrl+M)."));
    if (m_plan && !m_plan->problem.empty() && m_planning < 0 && !m_planSoon.isActive())
        return refuse(QString::fromStdString(m_plan->problem), QString::fromStdString(m_plan->remedy));
    m_notice->clear();
    auto used = m_memories->model().used();
    const auto question =
        m_edited >= 0 ? m_chat.edit(m_edited, text) : m_chat.ask(m_chat.last(), text, std::move(used));
    m_edited = -1;
    m_composer->clear();
    m_stack->setCurrentIndex(1);
    answer(question, contexts(), -1, false);
    m_chats->select(m_chat.id);
    m_view->goToEnd();
}

/// @param goOn an answer to be gone on with; −1: new ones
void ChatPage::answer(std::int64_t question, const std::vector<AnswerContext>& contexts, std::int64_t goOn, bool again)
{
    ChatAskParams params;
    params.prompt = promptFor(m_chat, question);
    params.contexts = contexts;
    params.sampling = sampling();
    params.maxTokens = m_settings.chat().maxTokens;
    std::vector<std::int64_t> ids;
    if (goOn >= 0) {
        params.begun = m_chat.answer(goOn)->text;
        params.sampling = m_chat.answer(goOn)->sampling;
        ids = {goOn};
    } else {
        if (again) { // greedy, or with the same seed, it would be the same page again
            if (params.sampling.temperature <= 0)
                params.sampling.temperature = againTemperature;
            const auto shown = m_chat.shown(question, contexts.front());
            params.sampling.seed += shown < 0 ? 1 : static_cast<std::int64_t>(m_chat.pages(shown).size());
        }
        for (const auto context : contexts) {
            ChatAnswer fresh;
            fresh.question = question;
            fresh.context = context;
            fresh.sampling = params.sampling;
            ids.push_back(m_chat.addAnswer(std::move(fresh)));
        }
        if (m_blind->isChecked() && ids.size() == 2 && !again) {
            const auto seed = static_cast<std::int64_t>(QRandomGenerator::global()->generate());
            const bool swapped = (QRandomGenerator(static_cast<quint32>(seed)).generate() & 1U) != 0;
            m_chat.vote({ids[swapped ? 1 : 0], ids[swapped ? 0 : 1], Preference::Pending, seed});
        }
    }
    m_run->start(m_chat.id, ids, params);
    keep();
    m_conversation.setConversation(m_chat, ids);
    m_name->setText(QString::fromStdString(m_chat.title()));
    updateActions();
}

void ChatPage::onGrew()
{
    const bool shown = m_run->chat() == m_chat.id;
    const auto put = [&](Conversation& chat) {
        for (std::size_t i = 0; i < m_run->answers().size(); ++i)
            if (auto* answer = chat.change(m_run->answers()[i]))
                answer->text = m_run->text(i);
    };
    if (!m_keepSoon.isActive()) { // so that a kill loses a second at most
        m_keepSoon.start();
        change(m_run->chat(), put);
    } else if (shown) {
        put(m_chat);
    }
    if (!shown)
        return;
    for (std::size_t i = 0; i < m_run->answers().size(); ++i) {
        const auto id = m_run->answers()[i];
        const auto* vote = m_chat.voteOn(id);
        if (vote != nullptr && vote->preference == Preference::Pending)
            return; // nothing of it is shown while it grows
        const auto rate = m_run->rate(i);
        m_conversation.setText(id, QString::fromStdString(m_run->text(i)),
                               rate > 0 ? tr("%1 tokens · %2 tokens/s").arg(m_run->tokens(i)).arg(rate, 0, 'f', 0)
                                        : QString());
    }
}

void ChatPage::onFinished(const ChatAskResult& result)
{
    m_keepSoon.stop();
    change(m_run->chat(), [&](Conversation& chat) {
        for (std::size_t i = 0; i < m_run->answers().size() && i < result.parts.size(); ++i) {
            auto* answer = chat.change(m_run->answers()[i]);
            const auto& part = result.parts[i];
            answer->text = m_run->text(i);
            answer->ended = part.ended;
            answer->model = result.model;
            answer->adapter = result.adapter;
            answer->adapterSha256 = result.adapterSha256;
            answer->tokens += part.tokens;
            answer->seconds += part.seconds;
            answer->firstTokenSeconds = part.firstTokenSeconds;
            answer->positions = part.positions;
            answer->kvBytes = part.kvBytes;
        }
    });
    if (m_run->chat() == m_chat.id)
        m_conversation.setConversation(m_chat, {});
    updateActions();
    planSoon();
}

void ChatPage::onFailed(const Error& why)
{
    m_keepSoon.stop();
    change(m_run->chat(), [&](Conversation& chat) {
        for (std::size_t i = 0; i < m_run->answers().size(); ++i)
            if (auto* answer = chat.change(m_run->answers()[i])) {
                answer->text = m_run->text(i);
                answer->ended = ReadEnd::Stopped;
            }
    });
    if (m_run->chat() == m_chat.id)
        m_conversation.setConversation(m_chat, {});
    updateActions();
    if (why.kind() != ErrorKind::Cancelled)
        showError(why);
}

void ChatPage::showError(const Error& error)
{
    m_notice->showError(error);
}

} // namespace icae
