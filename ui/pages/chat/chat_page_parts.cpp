// The parts of the Chat page, and how they hang together. What it does is in chat_page.cpp and chat_page_turns.cpp.
#include "pages/chat/adapter_offer.h"
#include "pages/chat/answer_origins.h"
#include "pages/chat/answer_popup.h"
#include "pages/chat/blind_menu.h"
#include "pages/chat/chat_exports.h"
#include "pages/chat/chat_list_pane.h"
#include "pages/chat/chat_page.h"
#include "pages/chat/context_meter.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"
#include "pages/chat/rival_side.h"
#include "pages/chat/suggestion_box.h"
#include "pages/chat/vote_label.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/notice_bar.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QMenu>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int planMilliseconds = 150;
constexpr int keepMilliseconds = 1000;

} // namespace

ChatPage::ChatPage(const PageContext& context, QWidget* parent)
    : Page(parent)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_store(context.settings.chatsFolder())
    , m_chat(ChatStore::make())
    , m_run(new AnswerRun(context.client, this))
    , m_origins(new AnswerOrigins(context.client, this))
    , m_rival(new RivalSide(context.client, this))
    , m_blindMenu(new BlindMenu(context.client, context.catalog, this))
    , m_files(new ChatExports(context.client, context.settings, m_store, this))
    , m_notice(new NoticeBar(m_theme))
    , m_memories(new MemoryPane(m_theme, m_client, m_settings, context.catalog))
    , m_chats(new ChatListPane(m_theme, m_store))
    , m_view(new ConversationView(m_theme, m_conversation))
    , m_empty(new EmptyState(m_theme, u"chat"_s, tr("Ask what the slots kept"),
                             tr("Add a text at the left: it is compressed into memory slots. Then ask about it, and "
                                "compare what the model says from the slots, from the full text and from nothing.")))
    , m_suggestions(new SuggestionBox(m_client))
    , m_stack(new QStackedWidget)
    , m_name(new QLabel)
    , m_tally(new VoteLabel)
    , m_composer(new QuestionEdit)
    , m_editing(new QLabel(tr("Editing: what followed stays as another branch. Esc gives it up.")))
    , m_refusal(new QLabel)
    , m_turns(new QWidget)
    , m_turnsLine(new QLabel)
    , m_turnsButton(new QPushButton(tr("Read them as text")))
    , m_offer(new AdapterOffer(m_theme, m_client, context.catalog))
    , m_meter(new ContextMeter(m_theme))
    , m_samplingButton(new QToolButton)
    , m_sampling(new AnswerPopup(this))
    , m_ask(new QPushButton(tr("Ask")))
    , m_exportButton(new QToolButton)
    , m_blind(new QAction(tr("Blind"), this))
    , m_questionSet(new QAction(m_theme.icon(u"study"_s), tr("Run a question set…"), this))
    , m_stepThrough(new QAction(tr("Step through a question set's answers…"), this))
{
    makeActions();
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->addWidget(makeLeft());
    splitter->addWidget(makeRight());
    splitter->setHandleWidth(1);
    splitter->setChildrenCollapsible(false);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({Theme::grid(36), Theme::grid(110)});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_notice);
    layout->addWidget(splitter, 1);
    setFocusProxy(m_composer);
    restoreSettings();
    connectParts();
    showChat();
    m_store.load();
}

void ChatPage::makeActions()
{
    const auto context = [&](AnswerContext of, const QString& text, Qt::Key key, const QString& tip) {
        auto* action = new QAction(text, this);
        action->setCheckable(true);
        action->setShortcut(QKeySequence(Qt::ALT | key));
        action->setToolTip(u"%1 (%2)"_s.arg(tip, action->shortcut().toString(QKeySequence::NativeText)));
        m_contexts.emplace_back(of, action);
        addAction(action);
    };
    context(AnswerContext::Slots, tr("Slots"), Qt::Key_S, tr("Answer from the slots of the ticked memories"));
    context(AnswerContext::Text, tr("Text"), Qt::Key_T, tr("Answer from their full text"));
    context(AnswerContext::Excerpt, tr("Excerpt"), Qt::Key_X,
            tr("Answer from the begin of each text: as many tokens as there are slots"));
    context(AnswerContext::Nothing, tr("Nothing"), Qt::Key_N, tr("Answer without them"));
    m_blind->setCheckable(true);
    m_blind->setShortcut(QKeySequence(Qt::ALT | Qt::Key_B));
    m_blind->setToolTip(
        tr("Two answers in random order, and nothing that gives a side away until you have voted (Alt+B)"));
    m_questionSet->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Q));
    m_questionSet->setToolTip(tr("Questions with known answers, through all contexts, as a study"));
    m_stepThrough->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_G));
    m_stepThrough->setToolTip(tr("Answers of a questions study, question by question, to be voted on blind"));
    connect(m_stepThrough, &QAction::triggered, this, &ChatPage::chooseQuestionStudy);
    addActions({m_blind, m_questionSet, m_stepThrough});
    const auto turn = [&](TurnAction what, const QString& text, const QKeySequence& keys) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, [this, what] { actOnCurrent(what); });
        m_turnActions.emplace_back(what, action);
        (what == TurnAction::Copy ? static_cast<QWidget*>(m_view) : this)->addAction(action);
        m_view->addAction(action);
    };
    turn(TurnAction::Copy, tr("Copy"), QKeySequence::Copy);
    turn(TurnAction::Edit, tr("Edit, as another branch"), QKeySequence(Qt::CTRL | Qt::Key_E));
    turn(TurnAction::Previous, tr("Previous branch or page"), QKeySequence(Qt::ALT | Qt::Key_Left));
    turn(TurnAction::Next, tr("Next branch or page"), QKeySequence(Qt::ALT | Qt::Key_Right));
    turn(TurnAction::Regenerate, tr("Answer again"), QKeySequence(Qt::CTRL | Qt::Key_R));
    turn(TurnAction::GoOn, tr("Go on with the answer"), QKeySequence(Qt::CTRL | Qt::Key_G));
    turn(TurnAction::WhereFrom, tr("Where is it from?"), QKeySequence(Qt::CTRL | Qt::Key_L));
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    const auto exports = [&](const QString& text, ChatExports::Export what, const QKeySequence& keys) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, [this, what] { m_files->exportAs(what, m_chat); });
        m_exports.append(action);
        addAction(action);
    };
    exports(tr("Export as Markdown…"), ChatExports::Export::Markdown, QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    exports(tr("Export as JSON…"), ChatExports::Export::Json, {});
    exports(tr("Export as JSON with the memories' texts…"), ChatExports::Export::JsonWithTexts, {});
    auto* import = new QAction(tr("Import a chat…"), this);
    connect(import, &QAction::triggered, m_files, &ChatExports::importChat);
    m_exports.append(import);
}

QWidget* ChatPage::makeLeft()
{
    auto* left = new QSplitter(Qt::Vertical);
    left->addWidget(m_memories);
    left->addWidget(m_chats);
    left->setHandleWidth(1);
    left->setChildrenCollapsible(false);
    left->setStretchFactor(0, 3);
    left->setStretchFactor(1, 2);
    left->setSizes({Theme::grid(50), Theme::grid(30)});
    left->setMinimumWidth(Theme::grid(22));
    return left;
}

QWidget* ChatPage::makeHeader()
{
    auto* header = new PaneHeader;
    auto& row = header->row();
    m_name->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row.addWidget(m_name, 1);
    const auto button = [&](QAction* action) {
        auto* made = new QToolButton;
        made->setDefaultAction(action);
        row.addWidget(made);
    };
    for (const auto& [context, action] : m_contexts)
        button(action);
    row.addSpacing(Theme::grid());
    button(m_blind);
    auto* compared = new QToolButton;
    compared->setText(u"▾"_s);
    compared->setMenu(m_blindMenu);
    compared->setPopupMode(QToolButton::InstantPopup);
    compared->setShortcut(QKeySequence(Qt::ALT | Qt::SHIFT | Qt::Key_B));
    compared->setAccessibleName(tr("What blind votes compare"));
    compared->setToolTip(tr("What blind votes compare: contexts, slot counts, adapters or models (Alt+Shift+B)"));
    row.addWidget(compared);
    row.addSpacing(Theme::grid());
    m_exportButton->setIcon(m_theme.icon(u"export"_s));
    m_exportButton->setToolTip(tr("Export or import (Ctrl+Shift+S: as Markdown)"));
    m_exportButton->setAccessibleName(tr("Export or import"));
    m_exportButton->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_exportButton);
    menu->addActions(m_exports);
    menu->addSeparator();
    menu->addActions({m_questionSet, m_stepThrough});
    m_exportButton->setMenu(menu);
    row.addWidget(m_exportButton);
    return header;
}

QWidget* ChatPage::makeComposer()
{
    auto* composer = new QWidget;
    composer->setObjectName(u"metrics"_s);
    composer->setAttribute(Qt::WA_StyledBackground);
    m_composer->setPlaceholderText(tr("Ask about the memories… (Enter asks, Shift+Enter begins a line)"));
    m_composer->setAccessibleName(tr("Question"));
    m_composer->setTabChangesFocus(true);
    m_composer->setFixedHeight(Theme::grid(9));
    m_composer->installEventFilter(this);
    m_ask->setProperty("primary", true);
    m_ask->setToolTip(tr("Ask (Enter); stop while it is answered (Esc)"));
    m_samplingButton->setToolTip(tr("How tokens are chosen"));
    for (auto* label : {m_editing, m_refusal})
        label->hide();
    m_editing->setProperty("secondary", true);
    m_refusal->setProperty("kind", u"error"_s);
    m_refusal->setWordWrap(true);
    m_refusal->setObjectName(u"refusal"_s);
    m_turnsLine->setProperty("secondary", true);
    m_turnsButton->setProperty("small", true);
    auto* turns = new QHBoxLayout(m_turns);
    turns->setContentsMargins(0, 0, 0, 0);
    turns->addWidget(m_turnsLine);
    turns->addWidget(m_turnsButton);
    turns->addStretch();
    m_turns->hide();
    auto* below = new QHBoxLayout;
    below->setSpacing(Theme::grid());
    below->addWidget(m_samplingButton);
    below->addWidget(m_tally, 1);
    below->addWidget(m_meter);
    below->addWidget(m_ask);
    auto* layout = new QVBoxLayout(composer);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(), Theme::grid(2), Theme::grid());
    layout->setSpacing(Theme::grid(0.5));
    layout->addWidget(m_editing);
    layout->addWidget(m_refusal);
    layout->addWidget(m_turns);
    layout->addWidget(m_offer);
    layout->addWidget(m_composer);
    layout->addLayout(below);
    return composer;
}

QWidget* ChatPage::makeRight()
{
    auto* right = new QWidget;
    auto* nothing = new QWidget;
    nothing->setAutoFillBackground(true);
    nothing->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(nothing);
    column->addWidget(m_empty, 1);
    column->addWidget(m_suggestions);
    m_stack->addWidget(nothing);
    m_stack->addWidget(m_view);
    const auto restyle = [this] {
        auto semibold = m_theme.font(TypeRole::Body);
        semibold.setWeight(QFont::DemiBold);
        m_name->setFont(semibold);
        m_composer->setFont(m_theme.font(TypeRole::Reading));
        for (QLabel* label : {static_cast<QLabel*>(m_tally), m_editing, m_refusal, m_turnsLine})
            label->setFont(m_theme.font(TypeRole::Caption));
    };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
    auto* layout = new QVBoxLayout(right);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHeader());
    layout->addWidget(m_stack, 1);
    layout->addWidget(makeComposer());
    return right;
}

void ChatPage::restoreSettings()
{
    const auto kept = m_settings.chat();
    for (const auto& [context, action] : m_contexts)
        action->setChecked(kept.contexts.contains(QString::fromLatin1(nameOf(context))));
    m_blind->setChecked(kept.blind);
    Settings::Compression values;
    values.temperature = kept.temperature;
    values.topK = kept.topK;
    values.topP = kept.topP;
    values.seed = kept.seed;
    m_sampling->setValues(values);
    m_sampling->setAnswers(kept.maxTokens, kept.turnShare);
    m_samplingButton->setText(m_sampling->summary() + u" ▾"_s);
}

void ChatPage::keepSettings()
{
    auto kept = m_settings.chat();
    kept.contexts.clear();
    for (const auto& [context, action] : m_contexts)
        if (action->isChecked())
            kept.contexts += QString::fromLatin1(nameOf(context));
    kept.blind = m_blind->isChecked();
    const auto values = m_sampling->values({});
    kept.temperature = values.temperature;
    kept.topK = values.topK;
    kept.topP = values.topP;
    kept.seed = values.seed;
    kept.maxTokens = m_sampling->maxTokens();
    kept.turnShare = m_sampling->turnShare();
    if (m_opened)
        kept.current = QString::fromStdString(m_chat.id);
    m_settings.setChat(kept);
}

void ChatPage::connectParts()
{
    m_planSoon.setSingleShot(true);
    m_planSoon.setInterval(planMilliseconds);
    m_keepSoon.setSingleShot(true);
    m_keepSoon.setInterval(keepMilliseconds);
    connect(&m_planSoon, &QTimer::timeout, this, &ChatPage::plan);
    connect(m_ask, &QPushButton::clicked, this, &ChatPage::ask);
    connect(m_composer, &QPlainTextEdit::textChanged, this, &ChatPage::planSoon);
    connect(m_suggestions, &SuggestionBox::chosen, this, [this](const QString& question) {
        m_composer->setPlainText(question);
        m_composer->setFocus(Qt::OtherFocusReason);
    });
    connect(m_composer, &QuestionEdit::refused, this, [this] {
        showError(Error(ErrorKind::InvalidInput, tr("The text is longer than a question can be.").toStdString(),
                        tr("Add it as a memory.").toStdString()));
    });
    connect(m_run, &AnswerRun::grew, this, &ChatPage::onGrew);
    connect(m_run, &AnswerRun::finished, this, &ChatPage::onFinished);
    connect(m_run, &AnswerRun::failed, this, &ChatPage::onFailed);
    connect(m_view, &ConversationView::triggered, this, &ChatPage::act);
    connect(m_memories, &MemoryPane::usedChanged, this, &ChatPage::planSoon);
    connect(m_memories, &MemoryPane::expanded, this, &ChatPage::lookWhatTextGains);
    connect(m_rival, &RivalSide::ready, this, &ChatPage::askBothSides);
    connect(m_rival, &RivalSide::failed, this, &ChatPage::onRivalFailed);
    connect(m_rival, &RivalSide::added, this,
            [this](const LibraryMemory& memory) { m_memories->model().put(memory, false); });
    connect(m_blindMenu, &BlindMenu::changed, this, [this] {
        m_blind->setText(m_blindMenu->caption());
        m_blind->setChecked(true);
        planSoon();
    });
    connect(m_origins, &AnswerOrigins::changed, this, [this] {
        m_memories->setLit(m_origins->attribution());
        m_view->turns().setLitAnswer(m_origins->lit());
        m_view->viewport()->update();
    });
    connect(m_memories, &MemoryPane::failed, this, &ChatPage::showError);
    connect(m_memories, &MemoryPane::reported, this, &ChatPage::reported);
    connect(m_files, &ChatExports::imported, m_chats, &ChatListPane::select);
    connect(m_files, &ChatExports::reported, this, &ChatPage::reported);
    connect(m_files, &ChatExports::failed, this, &ChatPage::showError);
    connect(m_chats, &ChatListPane::newRequested, this, &ChatPage::newChat);
    connect(m_chats, &ChatListPane::reported, this, &ChatPage::reported);
    connect(m_chats, &ChatListPane::currentChanged, this, &ChatPage::open);
    connect(m_chats, &ChatListPane::renamed, this, &ChatPage::rename);
    connect(&m_store, &ChatStore::failed, this, &ChatPage::showError);
    connect(&m_store, &ChatStore::loaded, this, [this] {
        m_opened = true;
        const auto last = m_settings.chat().current.toStdString();
        if (m_chat.questions().empty() && m_store.list().rowOf(last) >= 0)
            m_chats->select(last);
        m_tally->setChats(m_store.list().all());
    });
    connect(&m_store.list(), &QAbstractItemModel::rowsRemoved, this, [this] {
        if (!m_chat.questions().empty() && m_store.list().rowOf(m_chat.id) < 0)
            newChat(); // it was deleted
    });
    for (const auto& [context, action] : m_contexts)
        connect(action, &QAction::toggled, this, [this] {
            keepSettings();
            planSoon();
        });
    connect(m_blind, &QAction::toggled, this, [this] {
        keepSettings();
        planSoon();
    });
    connect(m_samplingButton, &QToolButton::clicked, this, [this] {
        m_sampling->adjustSize();
        m_sampling->move(m_samplingButton->mapToGlobal(QPoint(0, -m_sampling->height() - Theme::grid(0.5))));
        m_sampling->show();
    });
    connect(m_turnsButton, &QPushButton::clicked, this, [this] {
        m_chat.turnsAsText = !m_chat.turnsAsText;
        keep();
        planSoon();
    });
    connect(m_sampling, &SamplingPopup::changed, this, [this] {
        m_samplingButton->setText(m_sampling->summary() + u" ▾"_s);
        keepSettings();
        planSoon();
    });
    connect(m_questionSet, &QAction::triggered, this, [this] {
        StudySpec spec;
        spec.kind = StudyKind::Questions;
        if (const auto& model = m_client.model())
            spec.models = {{{}, model->base, model->adapter, {}}};
        Q_EMIT studyRequested(spec);
    });
    connect(&m_client, &EngineClient::modelChanged, this, [this] {
        if (m_client.model())
            m_memories->refresh();
        updateActions();
        planSoon();
    });
}

void ChatPage::showEvent(QShowEvent* event)
{
    Page::showEvent(event);
    if (m_client.model() && !m_memories->isListed())
        m_memories->refresh();
    planSoon();
}

bool ChatPage::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_composer && (event->type() == QEvent::KeyPress || event->type() == QEvent::ShortcutOverride)) {
        auto* key = static_cast<QKeyEvent*>(event);
        const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        const bool asks = enter && (key->modifiers() & ~Qt::KeypadModifier & ~Qt::ControlModifier) == 0;
        const bool givesUp = key->key() == Qt::Key_Escape && m_edited >= 0;
        if (asks || givesUp) {
            event->accept();
            if (event->type() == QEvent::ShortcutOverride)
                return true;
            if (asks && !isAnswering()) {
                ask();
            } else if (givesUp) {
                m_edited = -1;
                m_composer->clear();
                updateActions();
            }
            return true;
        }
    }
    return Page::eventFilter(watched, event);
}

void ChatPage::updateActions()
{
    const bool answering = isAnswering();
    m_ask->setText(answering ? tr("Stop") : m_edited >= 0 ? tr("Ask again") : tr("Ask"));
    m_editing->setVisible(m_edited >= 0);
    for (auto* action : m_exports.mid(0, 3))
        action->setEnabled(!m_chat.questions().empty());
    for (const auto& [what, action] : m_turnActions)
        if (what == TurnAction::Regenerate || what == TurnAction::GoOn || what == TurnAction::WhereFrom)
            action->setEnabled(!answering && m_client.model() && m_conversation.rowCount() > 0);
}

std::vector<ShortcutGroup> ChatPage::shortcuts() const
{
    ShortcutGroup chat{tr("Chat"), {{tr("Enter"), tr("Ask, or open what is current")}, m_chats->newAction()}};
    for (const auto& [context, action] : m_contexts)
        chat.entries.push_back({action->shortcut().toString(QKeySequence::NativeText),
                                tr("Answer from: %1").arg(QString::fromStdString(contextTitle(context)).toLower())});
    chat.entries.push_back({m_blind->shortcut().toString(QKeySequence::NativeText), tr("Blind votes")});
    chat.entries.push_back({tr("Alt+Shift+B"), tr("What blind votes compare")});
    chat.entries.push_back({u"1 2 3"_s, tr("Vote: A, as good, B")});
    for (const auto& [what, action] : m_turnActions)
        chat.entries.push_back(action);
    chat.entries.push_back(m_exports.front());
    chat.entries.push_back(m_questionSet);
    chat.entries.push_back(m_stepThrough);
    ShortcutGroup memories{tr("Memories and chats"), {}};
    for (auto* action : m_memories->actions().mid(0, 9)) // what follows is the chats' too
        memories.entries.push_back(action);
    memories.entries.push_back({tr("Space"), tr("Use the memory or the span, or not")});
    memories.entries.push_back(m_chats->actions().at(1));
    memories.entries.push_back({u"F2"_s, tr("Rename")});
    memories.entries.push_back({tr("Ctrl+Del"), tr("Delete")});
    memories.entries.push_back({u"Ctrl+Z"_s, tr("Undo delete")});
    return {chat, memories};
}

std::pair<FindTarget*, QWidget*> ChatPage::findTarget()
{
    return {m_view, m_view};
}

} // namespace icae
