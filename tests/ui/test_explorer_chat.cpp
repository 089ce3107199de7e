#include "../slowness.h"
#include "models/sample_texts.h"
#include "pages/all_pages.h"
#include "pages/chat/adapter_offer.h"
#include "pages/chat/blind_menu.h"
#include "pages/chat/chat_page.h"
#include "pages/chat/conversation_view.h"
#include "pages/chat/memory_pane.h"
#include "pages/chat/question_edit.h"
#include "pages/compress/sampling_popup.h"
#include "watchdog.h"
#include "widgets/common/notice_bar.h"
#include "window/main_window.h"

#include <QDir>
#include <QFileDialog>
#include <QInputDialog>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QTreeView>
#include <QtTest>

#include <csignal>
#include <memory>
#include <utility>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

constexpr int patience = 150'000 * slowness; // milliseconds, on a busy machine
constexpr qint64 longestStall = qint64{50} * slowness;
constexpr double untilTheEnd = 5; ///< so hot that an answer does not end before its most tokens

QString standardModel()
{
    return qEnvironmentVariable("ICAE_MODEL", QStringLiteral(ICAE_BUNDLED_MODEL));
}

/// A window on the Chat page with the real engine, and what a test does with it.
class ChatWindow {
public:
    explicit ChatWindow(const QString& folder)
        : m_settings(folder + u"/settings.ini"_s)
    {
        m_settings.setTheme(Settings::Theme::Light);
        m_settings.setPage(u"chat"_s);
        auto chat = m_settings.chat();
        chat.maxTokens = 96;
        m_settings.setChat(chat);
        m_theme.apply();
        m_client.setCommand(u"%1 serve"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        m_window =
            std::make_unique<MainWindow>(m_theme, m_client, m_settings, QStringList{standardModel()}, allPages());
        m_window->resize(1280, 800);
        m_window->show();
    }

    bool start()
    {
        if (!QTest::qWaitForWindowExposed(m_window.get()))
            return false;
        QApplication::setActiveWindow(m_window.get()); // a bare display has no window manager to do it
        m_client.start();
        return QTest::qWaitFor([this] { return m_client.model().has_value() && page().memories().isListed(); },
                               patience);
    }

    MainWindow& window() { return *m_window; }
    EngineClient& client() { return m_client; }
    Theme& theme() { return m_theme; }
    ChatPage& page() { return *m_window->findChild<ChatPage*>(); }
    MemoryTreeModel& memories() { return page().memories().model(); }
    ConversationRow row(int at) { return *page().conversation().at(page().conversation().index(at)); }
    int rows() { return page().conversation().rowCount(); }
    void current(int at)
    {
        page().view().setFocus();
        page().view().setCurrentIndex(page().conversation().index(at));
    }
    void key(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(m_window.get(), key, modifiers);
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = Qt::NoModifier)
    {
        QTest::keyClick(&page().view(), key, modifiers);
    }
    void setTemperature(double temperature)
    {
        Settings::Compression values;
        values.temperature = temperature;
        values.topP = 1;
        page().findChild<SamplingPopup*>()->setValues(values);
    }
    void ask(const QString& text)
    {
        page().composer().setPlainText(text);
        QTest::keyClick(&page().composer(), Qt::Key_Return);
    }
    bool waitForAnswer()
    {
        return QTest::qWaitFor([this] { return !page().isAnswering(); }, patience);
    }
    /// Whether text of an answer has come, and more is to come.
    bool isGrowing() { return page().isAnswering() && rows() > 1 && !row(rows() - 1).cells.front().text.isEmpty(); }

private:
    Settings m_settings;
    Theme m_theme;
    EngineClient m_client;
    std::unique_ptr<MainWindow> m_window;
};

/// The window that is killed: asks, and writes until it ends.
int beKilled(const QString& folder)
{
    ChatWindow window(folder);
    if (!window.start() || !QTest::qWaitFor([&] { return window.rows() > 0; }, patience))
        return 1;
    window.setTemperature(untilTheEnd);
    window.ask(u"And what happened then?"_s);
    return QApplication::exec();
}

} // namespace

/// A conversation over two texts: real window, real engine, the bundled model. Engine and window are killed in
/// mid-answer, and nothing is lost.
class TestExplorerChat : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(QFile::exists(standardModel() + u"/base/config.json"_s), "the bundled model is missing");
        QVERIFY(m_folder.isValid());
        QVERIFY(QDir().mkpath(pictures()));
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit()); // where the library is
        qputenv("XDG_CONFIG_HOME", m_folder.path().toLocal8Bit());
        m_chat = std::make_unique<ChatWindow>(m_folder.path());
        QVERIFY(m_chat->start());
        shoot(u"chat-empty"_s);
        m_watchdog.reset();
    }

    void init() { m_watchdog.reset(); }

    void cleanup()
    {
        const auto stall = m_watchdog.longestStall();
        qInfo("longest stall of the main thread: %lld ms", stall);
        if (stall <= longestStall)
            return;
        // A virtual machine's host takes its cores away unseen now and then: one hiccup in all scenarios is forgiven.
        QVERIFY2(!std::exchange(m_hiccup, true) && stall <= 2 * longestStall, qPrintable(QString::number(stall)));
    }

    void twoTextsBecomeMemories()
    {
        auto& offer = *page().findChild<AdapterOffer*>();
        QTRY_VERIFY_WITH_TIMEOUT(offer.isVisible(), patience); // the one in use writes texts back
        QTest::mouseClick(&offer.button(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(QString::fromStdString(m_chat->client().model()->adapter).endsWith(u"chat"), patience);
        page().memories().addText(sampleText(u"ferry"_s) + u"\n\n"_s + sampleText(u"technical"_s), u"ferry"_s);
        page().memories().addText(sampleText(u"news"_s).left(1500), u"news"_s);
        QTRY_COMPARE_WITH_TIMEOUT(memories().used().size(), 2U, patience);
        QVERIFY(memories().rowCount(memories().index(0, 0)) > 1);
        shoot(u"chat-memories"_s);
    }

    void aQuestionOverBothStreams()
    {
        m_chat->ask(u"When did the last ferry leave the mainland?"_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->isGrowing() || !page().isAnswering(), patience);
        QVERIFY(m_chat->waitForAnswer());
        const auto cell = m_chat->row(1).cells.front();
        QVERIFY(!cell.text.isEmpty());
        QVERIFY2(cell.line.contains(u"tokens/s"), qPrintable(cell.line));
        qInfo("%s", qPrintable(cell.text));
        // What streams, seen while it does; and stopped within a token.
        m_chat->setTemperature(untilTheEnd);
        m_chat->ask(u"Who was on board?"_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->isGrowing(), patience);
        shoot(u"chat-streaming"_s);
        m_chat->key(Qt::Key_Escape);
        QVERIFY(m_chat->waitForAnswer());
        m_chat->setTemperature(0);
        QVERIFY(m_chat->row(3).cells.front().unfinished);
    }

    void slotsTextAndNothingSideBySide()
    {
        m_chat->key(Qt::Key_T, Qt::AltModifier);
        m_chat->key(Qt::Key_N, Qt::AltModifier);
        m_chat->key(Qt::Key_N, Qt::ControlModifier);
        m_chat->ask(u"What is the name of the mayor?"_s);
        QTRY_COMPARE_WITH_TIMEOUT(m_chat->rows(), 2, patience);
        QVERIFY(m_chat->waitForAnswer());
        QCOMPARE(m_chat->row(1).cells.size(), 3U);
        for (const auto& cell : m_chat->row(1).cells)
            qInfo("%s: %s", qPrintable(cell.heading), qPrintable(cell.text));
        QVERIFY(m_chat->row(1).cells[1].facts.contains(u"keys and values"));
        shoot(u"chat-side-by-side"_s);
    }

    void whereTheAnswerIsFrom()
    {
        m_chat->current(1);
        m_chat->press(Qt::Key_L, Qt::ControlModifier);
        auto& preview = *page().memories().findChild<QPlainTextEdit*>();
        QTRY_VERIFY_WITH_TIMEOUT(!preview.extraSelections().isEmpty(), patience);
        shoot(u"chat-attribution"_s);
        m_chat->press(Qt::Key_L, Qt::ControlModifier);
        QVERIFY(preview.extraSelections().isEmpty());
    }

    void aBlindVote()
    {
        m_chat->key(Qt::Key_N, Qt::AltModifier); // slots against text
        m_chat->key(Qt::Key_B, Qt::AltModifier);
        m_chat->ask(u"How many passengers did the service carry last year?"_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->rows() == 4 && m_chat->row(3).toVote, patience);
        shoot(u"chat-to-vote"_s);
        m_chat->current(3);
        m_chat->press(Qt::Key_2);
        QVERIFY(page().chat().votes().front().preference == Preference::Tie);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->row(3).verdict.contains(u"nats a token"), patience);
        QVERIFY(!page().chat().answers().back().adapterSha256.empty());
        shoot(u"chat-voted"_s);
        m_chat->key(Qt::Key_T, Qt::AltModifier);
    }

    void aBlindVoteOverSlotCounts()
    {
        auto& menu = *page().findChild<BlindMenu*>();
        Q_EMIT menu.aboutToShow();
        for (auto* action : menu.actions())
            if (action->text() == u"32 slots a span")
                action->trigger();
        const auto at = m_chat->rows() + 1;
        m_chat->ask(u"When will the service end?"_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->rows() > at && m_chat->row(at).toVote, patience);
        QCOMPARE(memories().used().size(), 2U);
        QCOMPARE(memories().rowCount(), 4); // the same texts in fewer slots
        m_chat->current(at);
        m_chat->press(Qt::Key_1);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->row(at).verdict.contains(u"nats a token"), patience);
        QVERIFY(m_chat->row(at).cells.front().heading.contains(u"slots"));
        shoot(u"chat-voted-slots"_s);
        m_chat->key(Qt::Key_B, Qt::AltModifier);
    }

    void spansInAnotherOrder()
    {
        auto& tree = page().memories().tree();
        const auto ferry = memories().index(0, 0);
        tree.expand(ferry);
        tree.setFocus();
        tree.setCurrentIndex(memories().index(1, 0, ferry));
        QTest::keyClick(&tree, Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(memories().used().front().spans.front(), 1);
        m_chat->ask(u"Who held a clock in his arms?"_s);
        QVERIFY(m_chat->waitForAnswer());
        QCOMPARE(page().chat().questions().back().memories.front().spans.front(), 1);
        QVERIFY(!page().chat().answers().back().text.empty());
    }

    void anEditedQuestionIsABranch()
    {
        m_chat->current(m_chat->rows() - 2);
        m_chat->press(Qt::Key_E, Qt::ControlModifier);
        m_chat->ask(u"What did the captain wear?"_s);
        QVERIFY(m_chat->waitForAnswer());
        QCOMPARE(m_chat->row(m_chat->rows() - 2).branches, 2);
        shoot(u"chat-branch"_s);
    }

    void theEngineIsKilledInMidAnswer()
    {
        m_chat->setTemperature(untilTheEnd);
        m_chat->ask(u"Tell me about the train."_s);
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->isGrowing(), patience);
        m_watchdog
            .pause(); // a program that is loaded takes both cores; test_explorer looks at what the window does then
        ::kill(static_cast<pid_t>(m_chat->client().process().processId()), SIGKILL);
        QVERIFY(m_chat->waitForAnswer());
        const auto& stopped = m_chat->row(m_chat->rows() - 1).cells.front();
        const auto half = stopped.text;
        QVERIFY(!half.isEmpty() && stopped.unfinished);
        QVERIFY(page().findChild<NoticeBar*>()->showsError());
        QTRY_VERIFY_WITH_TIMEOUT(m_chat->client().model().has_value(), patience);
        m_watchdog.resume();
        m_chat->setTemperature(0);
        m_chat->current(m_chat->rows() - 1);
        m_chat->press(Qt::Key_G, Qt::ControlModifier); // what was written stays
        QVERIFY(m_chat->waitForAnswer());
        QVERIFY(m_chat->row(m_chat->rows() - 1).cells.front().text.startsWith(half));
    }

    void theWindowIsKilledInMidAnswer()
    {
        const auto questions = page().chat().questions().size();
        const auto id = page().chat().id;
        m_watchdog.pause(); // two windows are opened
        m_chat.reset();
        QProcess other;
        other.setProcessChannelMode(QProcess::ForwardedChannels);
        other.start(QCoreApplication::applicationFilePath(), {u"--be-killed"_s, m_folder.path()});
        const QString file = m_folder.filePath(u"settings-chats/%1.json"_s.arg(QString::fromStdString(id)));
        const auto kept = [&] {
            QFile json(file);
            if (!json.open(QIODevice::ReadOnly))
                return Conversation();
            return Conversation::fromJson(JsonReader::parse(json.readAll().toStdString(), "chat"));
        };
        QTRY_VERIFY_WITH_TIMEOUT(kept().questions().size() > questions && !kept().answers().back().text.empty(),
                                 patience);
        ::kill(static_cast<pid_t>(other.processId()), SIGKILL);
        QVERIFY(other.waitForFinished());
        QCOMPARE(other.exitStatus(), QProcess::CrashExit);
        const auto half = QString::fromStdString(kept().answers().back().text);

        m_chat = std::make_unique<ChatWindow>(m_folder.path());
        QVERIFY(m_chat->start());
        QTRY_COMPARE(page().chat().id, id);
        QCOMPARE(page().chat().questions().size(), questions + 1);
        QCOMPARE(page().chat().votes().size(), 2U);
        QCOMPARE(memories().rowCount(), 4);
        QTRY_COMPARE(memories().used().size(), 2U);
        QCOMPARE(memories().used().front().spans.front(), 1); // in the order they were read
        const auto& last = m_chat->row(m_chat->rows() - 1).cells.front();
        QCOMPARE(last.text, half);
        QVERIFY(last.unfinished);
        QVERIFY(QString::fromStdString(m_chat->client().model()->adapter).endsWith(u"chat"));
        m_watchdog.resume();
        shoot(u"chat-restored"_s);
    }

    void darkAndLarge()
    {
        m_watchdog.pause(); // Qt styles all widgets anew in one piece
        m_chat->key(Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QCoreApplication::processEvents();
        m_watchdog.resume();
        QVERIFY(m_chat->theme().isDark());
        shoot(u"chat-dark"_s);
        shoot(u"chat-dark-200"_s, 2);
    }

    void theChatLeavesAsMarkdown()
    {
        const auto path = m_folder.filePath(u"chat.md"_s);
        m_watchdog.pause(); // the dialog is Qt's
        m_chat->key(Qt::Key_S, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = page().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        Q_EMIT dialog->fileSelected(path);
        dialog->close();
        m_watchdog.resume();
        QFile written(path);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const auto text = QString::fromUtf8(written.readAll());
        QVERIFY(text.contains(u"What is the name of the mayor?"));
        QVERIFY(text.contains(u"Blind vote"));
    }

    /// A question set's answers, one after the other.
    void aQuestionSetIsSteppedThrough()
    {
        m_watchdog.pause(); // a study keeps both cores busy
        QFile questions(m_folder.filePath(u"pwc.jsonl"_s));
        QVERIFY(questions.open(QIODevice::WriteOnly));
        for (const auto* question : {"Who is the mayor?", "When will the service end?"})
            questions.write(QJsonDocument(QJsonObject{{u"input"_s, sampleText(u"news"_s)},
                                                      {u"prompt"_s, QLatin1String(question)},
                                                      {u"answer"_s, u"Ingrid Solheim"_s}})
                                .toJson(QJsonDocument::Compact)
                            + '\n');
        questions.close();
        QFile spec(m_folder.filePath(u"pwc.json"_s));
        QVERIFY(spec.open(QIODevice::WriteOnly));
        spec.write(QJsonDocument(QJsonObject{{u"kind"_s, u"questions"_s},
                                             {u"title"_s, u"PwC"_s},
                                             {u"models"_s, QJsonArray{QJsonObject{{u"base"_s, standardModel()}}}},
                                             {u"questions"_s, questions.fileName()}})
                       .toJson());
        spec.close();
        QProcess study;
        study.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        study.start(QStringLiteral(ICAE_PROGRAM),
                    {u"study"_s, spec.fileName(), u"--run"_s, m_folder.filePath(u"icae/runs/pwc"_s)});
        QVERIFY(study.waitForFinished(patience));
        QCOMPARE(study.exitCode(), 0);
        m_watchdog.resume();
        m_chat->key(Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY_WITH_TIMEOUT(page().findChild<QInputDialog*>() != nullptr, patience);
        m_watchdog.pause();
        page().findChild<QInputDialog*>()->accept();
        m_watchdog.resume();
        QTRY_COMPARE_WITH_TIMEOUT(page().chat().title(), "PwC", patience);
        QCOMPARE(m_chat->row(0).branches, 2);
        QVERIFY(m_chat->row(1).toVote);
        m_chat->current(1);
        m_chat->press(Qt::Key_1);
        QVERIFY(m_chat->row(1).verdict.contains(u"Expected: Ingrid Solheim."));
        QCOMPARE(m_chat->row(1).cells.size(), 3U);
        m_chat->current(0);
        m_chat->press(Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(m_chat->row(0).branch, 2);
        QVERIFY(m_chat->row(1).toVote);
        shoot(u"chat-question-set"_s);
    }

    void quits()
    {
        const auto engine = static_cast<pid_t>(m_chat->client().process().processId());
        m_chat->key(Qt::Key_Q, Qt::ControlModifier);
        QTRY_VERIFY(!m_chat->window().isVisible());
        m_watchdog.pause(); // nobody waits any more
        m_chat.reset();
        QTRY_VERIFY(::kill(engine, 0) != 0);
        m_watchdog.reset();
    }

private:
    ChatPage& page() { return m_chat->page(); }
    MemoryTreeModel& memories() { return m_chat->memories(); }

    /// Where they go: one folder for each platform.
    static QString pictures()
    {
        const auto folder = QStringLiteral(ICAE_SCREENSHOTS);
        return QGuiApplication::platformName() == u"offscreen"_s ? folder + u"/offscreen"_s : folder;
    }

    /// @param scale of the screen, 1 or 2
    void shoot(const QString& name, int scale = 1)
    {
        QTest::qWait(40);
        m_watchdog.pause();
        auto& window = m_chat->window();
        QPixmap pixmap(window.size() * scale);
        pixmap.setDevicePixelRatio(scale);
        window.render(&pixmap);
        QVERIFY(pixmap.save(u"%1/%2.png"_s.arg(pictures(), name)));
        m_watchdog.resume();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<ChatWindow> m_chat;
    bool m_hiccup = false;
    Watchdog m_watchdog;
};

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const auto arguments = QApplication::arguments();
    if (arguments.size() == 3 && arguments[1] == u"--be-killed"_s)
        return beKilled(arguments[2]);
    TestExplorerChat test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_explorer_chat.moc"
