#pragma once

#include "models/conversation_model.h"
#include "pages/chat/answer_run.h"
#include "pages/page.h"
#include "session/chat_store.h"

#include <QTimer>

#include <functional>
#include <optional>

class QAction;
class QBoxLayout;
class QLabel;
class QPushButton;
class QSplitter;
class QStackedWidget;
class QToolButton;

namespace icae {

class AdapterOffer;
class AnswerOrigins;
class AnswerPopup;
class BlindMenu;
class ChatExports;
class ChatListPane;
class ContextMeter;
class ConversationView;
class EmptyState;
class MemoryPane;
class NoticeBar;
class QuestionEdit;
class RivalSide;
class SuggestionBox;
class VoteLabel;
enum class TurnAction;

/// Ask what the slots kept: a library of memories at the left, a conversation about them at the right, answered from
/// slots, from the full text and from nothing, side by side or blind.
class ChatPage : public Page {
    Q_OBJECT

public:
    explicit ChatPage(const PageContext& context, QWidget* parent = nullptr);
    ~ChatPage() override;

    QString id() const override { return QStringLiteral("chat"); }
    QString title() const override { return tr("Chat"); }
    QString icon() const override { return QStringLiteral("chat"); }
    std::vector<ShortcutGroup> shortcuts() const override;
    std::pair<FindTarget*, QWidget*> findTarget() override;
    void showError(const Error& error) override;

    const Conversation& chat() const { return m_chat; }
    ChatStore& store() { return m_store; }
    MemoryPane& memories() { return *m_memories; }
    ConversationView& view() { return *m_view; }
    ConversationModel& conversation() { return m_conversation; }
    ContextMeter& meter() { return *m_meter; }
    QuestionEdit& composer() { return *m_composer; }
    bool isAnswering() const;

protected:
    void showEvent(QShowEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    // How it is put together, here and shortcuts(): chat_page_parts.cpp.
    QWidget* makeLeft();
    QWidget* makeRight();
    QWidget* makeHeader();
    QWidget* makeComposer();
    void makeActions();
    void connectParts();
    void restoreSettings();
    void keepSettings();

    void open(const std::string& id);
    void newChat();
    void showChat();
    void updateActions();
    void showTurns();
    void planSoon();
    void plan();

    void ask(); ///< what the composer has, or branches where a question is edited
    void answer(std::int64_t question, const std::vector<AnswerContext>& contexts);
    void answerAgain(const ChatAnswer& of);
    void goOn(const ChatAnswer& with);
    void answerBlind(std::int64_t question); ///< against another slot count or model
    void askBothSides();
    void onRivalFailed(const Error& why);
    ChatAskParams paramsFor(std::int64_t question, std::vector<AnswerContext> contexts) const;
    void pair(std::int64_t one, std::int64_t other); ///< to be voted on, the sides drawn
    void begin(std::vector<AnswerRun::Task> tasks);
    void showConversation();
    void onGrew();
    void onFinished(const std::vector<AnswerRun::Written>& answers);
    void onFailed(const Error& why);
    /// Changes a chat, the one that is shown or another, and keeps it.
    void change(const std::string& chat, const std::function<void(Conversation&)>& change);
    void rename(const std::string& chat, const std::string& name);
    void keep();

    // With a turn: chat_page_turns.cpp.
    void act(TurnAction action, const QModelIndex& index, int cell);
    void actOnCurrent(TurnAction action);
    void edit(const ConversationRow& row, int cell);
    void vote(const ConversationRow& row, Preference preference);
    void score(std::int64_t answer);
    void chooseQuestionStudy();
    void stepThrough(const std::string& run);
    void readStudy(const ReadRunParams& params,
                   const std::function<std::optional<ReadRunParams>(const RunContent&)>& take);
    void lookWhereFrom(std::int64_t answer);
    void lookWhatTextGains(const QPersistentModelIndex& span, const std::vector<UsedMemory>& before);

    std::vector<AnswerContext> contexts() const; ///< ticked ones; at least one
    ChatPrompt promptFor(const Conversation& chat, std::int64_t question) const;
    ChatPrompt promptOf(const ChatAnswer& answer) const; ///< that it was written after
    ChatPrompt promptToAsk() const; ///< of what the composer has
    SamplingParams sampling() const;

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ChatStore m_store;
    ConversationModel m_conversation;
    Conversation m_chat;
    AnswerRun* m_run;
    AnswerOrigins* m_origins;
    RivalSide* m_rival;
    BlindMenu* m_blindMenu;
    std::string m_sidesChat; ///< whose they are
    std::vector<std::int64_t> m_sides; ///< answers that wait for the rival: ours, and its
    ChatExports* m_files;
    NoticeBar* m_notice;
    MemoryPane* m_memories;
    ChatListPane* m_chats;
    ConversationView* m_view;
    EmptyState* m_empty;
    SuggestionBox* m_suggestions;
    QStackedWidget* m_stack;
    QLabel* m_name;
    VoteLabel* m_tally;
    QuestionEdit* m_composer;
    QLabel* m_editing;
    QLabel* m_refusal;
    QWidget* m_turns; ///< says where earlier turns are slots
    QLabel* m_turnsLine;
    QPushButton* m_turnsButton;
    AdapterOffer* m_offer;
    ContextMeter* m_meter;
    QToolButton* m_samplingButton;
    AnswerPopup* m_sampling;
    QPushButton* m_ask;
    QToolButton* m_exportButton;
    std::vector<std::pair<AnswerContext, QAction*>> m_contexts;
    QAction* m_blind;
    std::vector<std::pair<TurnAction, QAction*>> m_turnActions;
    QAction* m_questionSet;
    QAction* m_stepThrough;
    QList<QAction*> m_exports;
    std::optional<ChatPlan> m_plan;
    std::int64_t m_planning = -1; ///< request
    QTimer m_planSoon;
    QTimer m_keepSoon; ///< while an answer grows
    std::int64_t m_edited = -1; ///< question that the composer branches from
    bool m_opened = false; ///< the chat of the last time
};

} // namespace icae
