#include "pages/chat/chat_page.h"

#include "pages/chat/answer_origins.h"
#include "pages/chat/answer_popup.h"
#include "pages/chat/blind_menu.h"
#include "pages/chat/chat_list_pane.h"
#include "pages/chat/context_meter.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"
#include "pages/chat/rival_side.h"
#include "pages/chat/vote_label.h"
#include "widgets/common/notice_bar.h"

#include <QAction>
#include <QDateTime>
#include <QLabel>
#include <QPushButton>
#include <QRandomGenerator>
#include <QStackedWidget>

#include <algorithm>
#include <utility>

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
    return m_run->isRunning() || m_rival->isPreparing();
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
    m_rival->stop();
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
    m_rival->stop();
    m_chat = *chat;
    m_edited = -1;
    if (const auto path = m_chat.path(); !path.empty())
        m_memories->model().setUsed(m_chat.question(path.back())->memories);
    showChat();
}

void ChatPage::showChat()
{
    m_origins->clear();
    m_memories->setChatTexts(m_chat.texts);
    m_conversation.clear();
    showConversation();
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
    if (!m_blind->isChecked() || !m_blindMenu->rival().isNone())
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
    prompt.turnShare = chat.turnsAsText ? 0 : m_settings.chat().turnShare;
    for (const auto& [asked, answered] : chat.turnsBefore(question)) {
        prompt.turns.push_back(chat.question(asked)->text);
        prompt.turns.push_back(chat.answer(answered)->text);
    }
    return prompt;
}

ChatPrompt ChatPage::promptOf(const ChatAnswer& answer) const
{
    auto prompt = promptFor(m_chat, answer.question);
    if (!answer.memories.empty())
        prompt.memories = answer.memories;
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
    // Before the first text and question, that there is no memory is no fault: the empty page says what comes first.
    const bool untouched = m_chat.questions().empty() && m_memories->model().used().empty()
        && m_composer->toPlainText().trimmed().isEmpty();
    if (!m_client.model() || !isVisible() || untouched) {
        m_plan.reset();
        m_meter->setPlan(m_plan);
        m_refusal->hide();
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
                                        showTurns();
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

/// Where earlier turns are slots, or would be.
void ChatPage::showTurns()
{
    const bool slotsNow = m_plan && m_plan->turnSlots > 0;
    const bool textByChoice = m_chat.turnsAsText && !m_chat.questions().empty();
    m_turns->setVisible(slotsNow || textByChoice);
    m_turnsLine->setText(slotsNow ? tr("Earlier turns are read as %1 slots.").arg(m_plan->turnSlots)
                                  : tr("Earlier turns are read as text, however long they are."));
    m_turnsButton->setText(slotsNow ? tr("Read them as text") : tr("Let them become slots"));
}

void ChatPage::ask()
{
    if (isAnswering()) {
        m_run->stop();
        m_rival->stop();
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
    m_origins->giveWay();
    auto used = m_memories->model().used();
    const auto question =
        m_edited >= 0 ? m_chat.edit(m_edited, text) : m_chat.ask(m_chat.last(), text, std::move(used));
    m_edited = -1;
    m_composer->clear();
    m_stack->setCurrentIndex(1);
    if (m_blind->isChecked() && !m_blindMenu->rival().isNone())
        answerBlind(question);
    else
        answer(question, contexts());
    m_chats->select(m_chat.id);
    m_view->goToEnd();
}

ChatAskParams ChatPage::paramsFor(std::int64_t question, std::vector<AnswerContext> contexts) const
{
    ChatAskParams params;
    params.prompt = promptFor(m_chat, question);
    params.contexts = std::move(contexts);
    params.sampling = sampling();
    params.maxTokens = m_settings.chat().maxTokens;
    return params;
}

void ChatPage::answer(std::int64_t question, const std::vector<AnswerContext>& contexts)
{
    const auto params = paramsFor(question, contexts);
    std::vector<std::int64_t> ids;
    for (const auto context : contexts) {
        ChatAnswer fresh;
        fresh.question = question;
        fresh.context = context;
        fresh.sampling = params.sampling;
        ids.push_back(m_chat.addAnswer(std::move(fresh)));
    }
    if (m_blind->isChecked() && ids.size() == 2)
        pair(ids[0], ids[1]);
    begin({{ids, params}});
}

/// Greedy, or with the same seed, it would be the same page again.
void ChatPage::answerAgain(const ChatAnswer& of)
{
    auto params = paramsFor(of.question, {of.context});
    params.prompt = promptOf(of);
    params.model = of.modelId;
    if (params.sampling.temperature <= 0)
        params.sampling.temperature = againTemperature;
    params.sampling.seed += static_cast<std::int64_t>(m_chat.pages(of.id).size());
    ChatAnswer fresh;
    fresh.question = of.question;
    fresh.context = of.context;
    fresh.variant = of.variant;
    fresh.memories = of.memories;
    fresh.modelId = of.modelId;
    fresh.slotsPerSpan = of.slotsPerSpan;
    fresh.sampling = params.sampling;
    begin({{{m_chat.addAnswer(std::move(fresh))}, params}});
}

void ChatPage::goOn(const ChatAnswer& with)
{
    auto params = paramsFor(with.question, {with.context});
    params.prompt = promptOf(with);
    params.model = with.modelId;
    params.begun = with.text;
    params.sampling = with.sampling;
    begin({{{with.id}, params}});
}

void ChatPage::pair(std::int64_t one, std::int64_t other)
{
    const auto seed = static_cast<std::int64_t>(QRandomGenerator::global()->generate());
    const bool swapped = (QRandomGenerator(static_cast<quint32>(seed)).generate() & 1U) != 0;
    m_chat.vote({swapped ? other : one, swapped ? one : other, Preference::Pending, seed});
}

void ChatPage::answerBlind(std::int64_t question)
{
    const auto& rival = m_blindMenu->rival();
    const auto& model = *m_client.model();
    const auto memories = m_chat.question(question)->memories;
    std::int64_t own = 0; // slots a span
    for (const auto& used : memories)
        if (const auto* memory = m_memories->model().find(QString::fromStdString(used.id)))
            for (const auto& span : memory->spans)
                own = std::max(own, span.slots);
    const auto name = [](const std::string& base, const std::string& adapter) {
        return tr("%1 · %2").arg(folderName(base), folderName(adapter)).toStdString();
    };
    ChatAnswer ours;
    ours.question = question;
    ours.sampling = sampling();
    ours.slotsPerSpan = own;
    auto theirs = ours;
    if (rival.slots > 0) {
        theirs.slotsPerSpan = rival.slots;
        ours.variant = tr("%1 slots").arg(own).toStdString();
        theirs.variant = tr("%1 slots").arg(rival.slots).toStdString();
    } else {
        ours.variant = name(model.base, model.adapter);
        theirs.variant = name(rival.base, rival.adapter);
    }
    m_sides = {m_chat.addAnswer(ours), m_chat.addAnswer(theirs)};
    pair(m_sides[0], m_sides[1]);
    std::vector<LibraryMemory> library;
    for (int row = 0; row < m_memories->model().rowCount(); ++row)
        if (const auto index = m_memories->model().index(row, 0); m_memories->model().missing(index) == nullptr)
            library.push_back(*m_memories->model().at(index));
    keep();
    m_sidesChat = m_chat.id;
    m_rival->prepare(rival, memories, std::move(library));
    showConversation();
    updateActions();
}

/// The rival is ready.
void ChatPage::askBothSides()
{
    if (m_sides.size() != 2 || m_chat.id != m_sidesChat)
        return;
    const auto question = m_chat.answer(m_sides[0])->question;
    auto& theirs = *m_chat.change(m_sides[1]);
    theirs.memories = m_rival->memories();
    theirs.modelId = m_rival->model();
    auto params = paramsFor(question, {AnswerContext::Slots});
    auto other = params;
    other.prompt = promptOf(theirs);
    other.model = theirs.modelId;
    const auto ids = std::exchange(m_sides, {});
    begin({{{ids[0]}, params}, {{ids[1]}, other}});
}

/// The sides stay as they are, without words.
void ChatPage::onRivalFailed(const Error& why)
{
    m_sides.clear();
    showConversation();
    updateActions();
    if (why.kind() != ErrorKind::Cancelled)
        showError(why);
}

void ChatPage::begin(std::vector<AnswerRun::Task> tasks)
{
    m_run->start(m_chat.id, std::move(tasks));
    keep();
    showConversation();
    m_name->setText(QString::fromStdString(m_chat.title()));
    updateActions();
}

/// With what is being written marked as such.
void ChatPage::showConversation()
{
    std::vector<std::int64_t> writing;
    if (m_run->isRunning() && m_run->chat() == m_chat.id)
        writing = m_run->answers();
    if (m_rival->isPreparing() && m_sidesChat == m_chat.id)
        writing.insert(writing.end(), m_sides.begin(), m_sides.end());
    m_conversation.setConversation(m_chat, writing);
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

void ChatPage::onFinished(const std::vector<AnswerRun::Written>& answers)
{
    m_keepSoon.stop();
    change(m_run->chat(), [&](Conversation& chat) {
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const auto& [id, part, model, adapter, adapterSha256] = answers[i];
            auto* answer = chat.change(id);
            if (answer == nullptr)
                continue;
            answer->text = m_run->text(i);
            answer->ended = part.ended;
            answer->model = model;
            answer->adapter = adapter;
            answer->adapterSha256 = adapterSha256;
            answer->tokens += part.tokens;
            answer->seconds += part.seconds;
            answer->firstTokenSeconds = part.firstTokenSeconds;
            answer->positions = part.positions;
            answer->kvBytes = part.kvBytes;
            answer->turnSlots = part.turnSlots;
        }
    });
    showConversation();
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
    showConversation();
    updateActions();
    if (why.kind() != ErrorKind::Cancelled)
        showError(why);
}

void ChatPage::showError(const Error& error)
{
    m_notice->showError(error);
}

} // namespace icae
