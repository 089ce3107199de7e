// The parts of the Chat page, how they hang together, and what leaves it. What it does is in chat_page.cpp.
#include "pages/chat/answer_run.h"
#include "pages/chat/chat_list_pane.h"
#include "pages/chat/chat_page.h"
#include "pages/chat/context_meter.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"
#include "pages/compress/sampling_popup.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/notice_bar.h"
#include "widgets/common/pane_header.h"

#include "pages/file_dialog.h"

#include <QAction>
#include <QFile>
#include <QFileDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QListView>
#include <QLocale>
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
constexpr qsizetype mostSuggestions = 4;
constexpr qint64 largestSuggestions = 1 << 16;

/// What a model's folder suggests to ask of it, and what it says of itself.
struct Suggestions {
    QString note;
    QStringList questions;
};

/// Only where the engine is on this machine; there is none elsewhere, and none where the file is not understood.
Suggestions suggestionsOf(const LoadedModel& model)
{
    for (const auto& folder : {model.adapter, model.base}) {
        QFile file(QString::fromStdString(folder) + u"/suggestions.json"_s);
        if (folder.empty() || !file.open(QIODevice::ReadOnly))
            continue;
        try {
            const auto json = JsonReader::parse(file.read(largestSuggestions).toStdString(), "suggestions.json");
            Suggestions found;
            found.note = QString::fromStdString(json.text("note", {}));
            for (const auto& question : json.texts("questions"))
                found.questions += QString::fromStdString(question);
            return found;
        } catch (const Error&) {
            continue;
        }
    }
    return {};
}

} // namespace

ChatPage::ChatPage(const PageContext& context, QWidget* parent)
    : Page(parent)
    , m_context(context)
    , m_theme(context.theme)
    , m_client(context.client)
    , m_settings(context.settings)
    , m_store(context.settings.chatsFolder())
    , m_chat(ChatStore::make())
    , m_run(new AnswerRun(context.client, this))
    , m_notice(new NoticeBar(m_theme))
    , m_memories(new MemoryPane(m_theme, m_client, m_settings))
    , m_chats(new ChatListPane(m_theme, m_store))
    , m_view(new ConversationView(m_theme, m_conversation))
    , m_empty(new EmptyState(m_theme, u"chat"_s, tr("Ask what the slots kept"),
                             tr("Add a text at the left: it is compressed into memory slots. Then ask about it, and "
                                "compare what the model says from the slots, from the full text and from nothing.")))
    , m_suggestions(new QWidget)
    , m_stack(new QStackedWidget)
    , m_name(new QLabel)
    , m_tally(new QLabel)
    , m_composer(new QuestionEdit)
    , m_editing(new QLabel(tr("Editing: what followed stays as another branch. Esc gives it up.")))
    , m_refusal(new QLabel)
    , m_useChat(new QPushButton(tr("Load the adapter for questions")))
    , m_meter(new ContextMeter(m_theme))
    , m_samplingButton(new QToolButton)
    , m_sampling(new SamplingPopup(this))
    , m_ask(new QPushButton(tr("Ask")))
    , m_exportButton(new QToolButton)
    , m_blind(new QAction(tr("Blind"), this))
    , m_questionSet(new QAction(m_theme.icon(u"study"_s), tr("Run a question set…"), this))
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
    showSuggestions();
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
    context(AnswerContext::Nothing, tr("Nothing"), Qt::Key_N, tr("Answer without them"));
    m_blind->setCheckable(true);
    m_blind->setShortcut(QKeySequence(Qt::ALT | Qt::Key_B));
    m_blind->setToolTip(
        tr("Two answers in random order, and nothing that gives a side away until you have voted (Alt+B)"));
    m_questionSet->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Q));
    m_questionSet->setToolTip(tr("Questions with known answers, through all contexts, as a study"));
    addActions({m_blind, m_questionSet});
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
    const auto exports = [&](const QString& text, Export what, const QKeySequence& keys) {
        auto* action = new QAction(text, this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, [this, what] { exportAs(what); });
        m_exports.append(action);
        addAction(action);
    };
    exports(tr("Export as Markdown…"), Export::Markdown, QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    exports(tr("Export as JSON…"), Export::Json, {});
    exports(tr("Export as JSON with the memories' texts…"), Export::JsonWithTexts, {});
    auto* import = new QAction(tr("Import a chat…"), this);
    connect(import, &QAction::triggered, this, &ChatPage::importChat);
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
    row.addSpacing(Theme::grid());
    m_exportButton->setIcon(m_theme.icon(u"export"_s));
    m_exportButton->setToolTip(tr("Export or import (Ctrl+Shift+S: as Markdown)"));
    m_exportButton->setAccessibleName(tr("Export or import"));
    m_exportButton->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(m_exportButton);
    menu->addActions(m_exports);
    menu->addSeparator();
    menu->addAction(m_questionSet);
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
    m_useChat->setProperty("small", true);
    m_useChat->hide();
    m_refusal->setWordWrap(true);
    m_refusal->setObjectName(u"refusal"_s);
    m_tally->setProperty("secondary", true);
    m_tally->setObjectName(u"tally"_s);
    m_tally->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
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
    layout->addWidget(m_useChat, 0, Qt::AlignLeft);
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
        for (auto* label : {m_tally, m_editing, m_refusal})
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
    connect(m_useChat, &QPushButton::clicked, this, [this] {
        if (const auto* adapter = chatAdapter(); adapter != nullptr)
            m_context.catalog.load(m_client.model()->base, adapter->path);
    });
    connect(&m_context.catalog, &ModelCatalog::listed, this, &ChatPage::offerChatAdapter);
    connect(m_composer, &QuestionEdit::refused, this, [this] {
        showError(Error(ErrorKind::InvalidInput, tr("The text is longer than a question can be.").toStdString(),
                        tr("Add it as a memory.").toStdString()));
    });
    connect(m_run, &AnswerRun::grew, this, &ChatPage::onGrew);
    connect(m_run, &AnswerRun::finished, this, &ChatPage::onFinished);
    connect(m_run, &AnswerRun::failed, this, &ChatPage::onFailed);
    connect(m_view, &ConversationView::triggered, this, &ChatPage::act);
    connect(m_memories, &MemoryPane::usedChanged, this, &ChatPage::planSoon);
    connect(m_memories, &MemoryPane::failed, this, &ChatPage::showError);
    connect(m_memories, &MemoryPane::reported, this, &ChatPage::reported);
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
        showTally();
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
    connect(m_sampling, &SamplingPopup::changed, this, [this] {
        m_samplingButton->setText(m_sampling->summary() + u" ▾"_s);
        keepSettings();
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
        showSuggestions();
        offerChatAdapter();
        updateActions();
        planSoon();
    });
}

/// The adapter called "chat" of the base that is loaded, where another one is in use that writes texts back; else null.
const AdapterInfo* ChatPage::chatAdapter() const
{
    const auto& model = m_client.model();
    const auto answers = [](const std::vector<std::string>& tokens) {
        return std::find(tokens.begin(), tokens.end(), "FT") != tokens.end();
    };
    if (!model || (answers(model->specialTokens) && folderName(model->adapter) != u"reconstruct"))
        return nullptr;
    const auto& adapters = m_context.catalog.tree().models().adapters;
    const auto found = std::find_if(adapters.begin(), adapters.end(), [&](const AdapterInfo& one) {
        return folderName(one.path) == u"chat" && one.path != model->adapter
            && std::any_of(one.fits.begin(), one.fits.end(),
                           [&](const AdapterFit& fit) { return fit.base == model->base && fit.doesNotFit.empty(); });
    });
    return found == adapters.end() ? nullptr : &*found;
}

void ChatPage::offerChatAdapter()
{
    const auto* adapter = chatAdapter();
    if (adapter != nullptr)
        m_useChat->setText(tr("%1 was not trained to answer: load %2")
                               .arg(folderName(m_client.model()->adapter), folderName(adapter->path)));
    m_useChat->setVisible(adapter != nullptr);
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

void ChatPage::showTally()
{
    QStringList lines;
    const QLocale locale;
    for (const auto& tally : tallies(m_store.list().all()))
        lines += tr("%1 against %2: %3 better, %4 ties, %5 worse (%6 %, 95 % interval %7–%8)")
                     .arg(QString::fromStdString(tally.first), QString::fromStdString(tally.second))
                     .arg(tally.firstBetter)
                     .arg(tally.ties)
                     .arg(tally.secondBetter)
                     .arg(locale.toString(100 * tally.share, 'f', 0), locale.toString(100 * tally.low, 'f', 0),
                          locale.toString(100 * tally.high, 'f', 0));
    m_tally->setText(lines.value(0));
    m_tally->setToolTip(lines.isEmpty() ? QString()
                                        : lines.join(u'\n') + u'\n'
                                + tr("Blind votes over all chats; a tie is half a vote; Wilson's score interval"));
}

void ChatPage::showSuggestions()
{
    delete m_suggestions->layout();
    qDeleteAll(m_suggestions->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    const auto found = m_client.model() ? suggestionsOf(*m_client.model()) : Suggestions();
    auto* layout = new QVBoxLayout(m_suggestions);
    layout->setContentsMargins(Theme::grid(2), 0, Theme::grid(2), Theme::grid(4));
    if (!found.note.isEmpty()) {
        auto* note = new QLabel(found.note);
        note->setProperty("secondary", true);
        note->setWordWrap(true);
        note->setAlignment(Qt::AlignHCenter);
        layout->addWidget(note);
    }
    for (const auto& question : found.questions.mid(0, mostSuggestions)) {
        auto* button = new QPushButton(question);
        button->setProperty("small", true);
        connect(button, &QPushButton::clicked, this, [this, question] {
            m_composer->setPlainText(question);
            m_composer->setFocus(Qt::OtherFocusReason);
        });
        layout->addWidget(button, 0, Qt::AlignHCenter);
    }
    m_suggestions->setVisible(!found.note.isEmpty() || !found.questions.isEmpty());
}

std::vector<ShortcutGroup> ChatPage::shortcuts() const
{
    ShortcutGroup chat{tr("Chat"), {{tr("Enter"), tr("Ask, or open what is current")}, m_chats->newAction()}};
    for (const auto& [context, action] : m_contexts)
        chat.entries.push_back({action->shortcut().toString(QKeySequence::NativeText),
                                tr("Answer from: %1").arg(QString::fromStdString(contextTitle(context)).toLower())});
    chat.entries.push_back({m_blind->shortcut().toString(QKeySequence::NativeText), tr("Blind votes")});
    chat.entries.push_back({u"1 2 3"_s, tr("Vote: A, as good, B")});
    for (const auto& [what, action] : m_turnActions)
        chat.entries.push_back(action);
    chat.entries.push_back(m_exports.front());
    chat.entries.push_back(m_questionSet);
    ShortcutGroup memories{tr("Memories and chats"), {}};
    for (auto* action : m_memories->actions().mid(0, 6)) // what follows is the chats' too
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

void ChatPage::exportAs(Export what)
{
    const bool markdown = what == Export::Markdown;
    auto name = QString::fromStdString(m_chat.title()).replace(u'/', u'-');
    auto* dialog = saveDialog(this, m_settings, tr("Export the chat"), name + (markdown ? u".md"_s : u".json"_s));
    connect(dialog, &QFileDialog::fileSelected, this, [this, what, chat = m_chat](const QString& file) {
        if (what == Export::Markdown)
            return save(file, chat.toMarkdown());
        if (what == Export::Json)
            return save(file, jsonText(chat.toJson(), 1) + "\n");
        exportWithTexts(chat, file);
    });
    dialog->open();
}

void ChatPage::save(const QString& file, const std::string& content)
{
    try {
        writeFile(file.toStdString(), content);
        Q_EMIT reported(tr("Saved %1").arg(file));
    } catch (const Error& error) {
        showError(error);
    }
}

/// With the texts by the ids that questions name memories by; written once all have come. What is missing is left out.
void ChatPage::exportWithTexts(const Conversation& chat, const QString& file)
{
    struct Gathered {
        nlohmann::json json;
        std::set<std::string> awaited;
    };
    const auto gathered = std::make_shared<Gathered>(Gathered{chat.toJson(), {}});
    gathered->json["texts"] = nlohmann::json::object();
    for (const auto& question : chat.questions())
        for (const auto& memory : question.memories)
            gathered->awaited.insert(memory.id);
    const auto came = [this, gathered, file](const std::string& id) {
        gathered->awaited.erase(id);
        if (gathered->awaited.empty())
            save(file, jsonText(gathered->json, 1) + "\n");
    };
    if (gathered->awaited.empty())
        return came({});
    for (const auto& id : std::set(gathered->awaited))
        m_client.call(protocol::libraryText, {id}, this,
                      {.done =
                           [gathered, came, id](const LibraryText& text) {
                               gathered->json["texts"][id] = text.text;
                               came(id);
                           },
                       .failed = [came, id](const Error& /*missing*/) { came(id); }});
}

void ChatPage::importChat()
{
    auto* dialog = openDialog(this, m_settings, tr("Import a chat"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        try {
            m_chats->select(m_store.import(file));
        } catch (const Error& error) {
            showError(error);
        }
    });
    dialog->open();
}

} // namespace icae
