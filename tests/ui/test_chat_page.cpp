#include "chat_fixture.h"
#include "pages/chat/adapter_offer.h"
#include "pages/chat/context_meter.h"
#include "watchdog.h"

#include <QClipboard>
#include <QFileDialog>
#include <QInputDialog>
#include <QLineEdit>
#include <QListView>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

} // namespace

/// The Chat page with a scripted engine: the library, questions and their pages and branches, the meter, blind votes,
/// where answers are from, and what is there again after an end.
class TestChatPage : public QObject, private ChatFixture {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(isReady()); }
    void init() { begin(); }
    void cleanup() { end(); }

    void emptySaysWhatBelongsHere()
    {
        QVERIFY(FakeExplorer::shows(page(), u"Ask what the slots kept"_s));
        QVERIFY(FakeExplorer::shows(page(), u"No memory yet"_s));
        write(u"Anybody there?"_s);
        enter();
        QVERIFY(FakeExplorer::shows(page(), u"No model is loaded. Choose one above (Ctrl+M)."_s));
        QCOMPARE(page().composer().toPlainText(), u"Anybody there?"_s); // nothing lost
        QVERIFY(m_explorer->start());
        page().composer().clear();
        enter();
        QVERIFY(FakeExplorer::shows(page(), u"There is no question yet."_s));
        QVERIFY(page().chat().questions().empty());
    }

    /// Who opens the page for the first time has done nothing wrong.
    void beforeTheFirstTextNothingIsRefused()
    {
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(page().memories().isListed());
        QTest::qWait(400); // longer than a plan waits for the last key
        const auto& refusal = *page().findChild<QLabel*>(u"refusal"_s);
        QVERIFY(!refusal.isVisible());
        write(u"Who carried the clock?"_s);
        QTRY_VERIFY(refusal.isVisible());
        page().composer().clear();
        QTRY_VERIFY(!refusal.isVisible());
    }

    void fitsTheSmallestWindow()
    {
        m_explorer->window->resize(m_explorer->window->minimumSize());
        QTest::qWait(20);
        QVERIFY2(page().minimumSizeHint().width() <= page().width(),
                 qPrintable(QString::number(page().minimumSizeHint().width())));
        QVERIFY2(page().minimumSizeHint().height() <= page().height(),
                 qPrintable(QString::number(page().minimumSizeHint().height())));
        for (const auto* button : page().findChildren<QAbstractButton*>())
            QVERIFY2(!button->isVisible() || button->width() >= button->minimumSizeHint().width(),
                     qPrintable(button->text()));
    }

    void textsBecomeMemories()
    {
        QVERIFY(m_explorer->start());
        QGuiApplication::clipboard()->setText(ferry);
        page().memories().setFocus();
        QTest::keyClick(&page().memories(), Qt::Key_V, Qt::ControlModifier);
        QTRY_COMPARE(memories().rowCount(), 1);
        QCOMPARE(memories().index(0, 0).data(MemoryTreeModel::LineRole).toString(), u"1,240 tokens → 384 · 3.2×"_s);
        QCOMPARE(memories().used().size(), 1U); // compressed at once, and used
        page().memories().addText(report, u"report"_s);
        QTRY_COMPARE(memories().rowCount(), 2);
        page().memories().addText(u" \n"_s, {});
        QVERIFY(FakeExplorer::shows(page(), u"There is no text to compress."_s));
        page().memories().addText(u"{full}"_s, {});
        QTRY_VERIFY(FakeExplorer::shows(page(), u"The disk is full. Make room, and add it again."_s));
        // Order, ticks and spans.
        tree().setFocus();
        tree().setCurrentIndex(memories().index(1, 0));
        QTest::keyClick(&tree(), Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(memories().used().front().name, "report");
        QTest::keyClick(&tree(), Qt::Key_Space);
        QCOMPARE(memories().used().size(), 1U);
        tree().expand(memories().index(1, 0));
        tree().setCurrentIndex(memories().index(1, 0, memories().index(1, 0)));
        QTest::keyClick(&tree(), Qt::Key_T, Qt::ControlModifier);
        QCOMPARE(memories().used().front().expanded, std::vector<std::int64_t>{1});
        QTest::keyClick(&tree(), Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(memories().used().front().spans, (std::vector<std::int64_t>{1, 0, 2}));
        QTest::keyClick(&tree(), Qt::Key_Space);
        QCOMPARE(memories().used().front().spans, (std::vector<std::int64_t>{0, 2}));
        // Dragged before the first one.
        const std::unique_ptr<QMimeData> dragged(memories().mimeData({memories().index(1, 0)}));
        memories().dropMimeData(dragged.get(), Qt::MoveAction, 0, 0, {});
        QCOMPARE(memories().used().front().name, memories().index(0, 0).data().toString().toStdString());
        // The preview has the text; a search looks into texts.
        auto& preview = *page().memories().findChild<QPlainTextEdit*>();
        tree().setCurrentIndex(memories().indexOf(QString::fromStdString(memories().used().front().id)));
        QTRY_COMPARE(preview.toPlainText(), ferry);
        page().memories().findChild<QLineEdit*>()->setText(u"nobody saw"_s);
        QTRY_VERIFY(tree().isRowHidden(0, {}));
        QVERIFY(!tree().isRowHidden(1, {}));
        page().memories().findChild<QLineEdit*>()->clear();
        QTRY_VERIFY(!tree().isRowHidden(0, {}));
        // Deleted, and back.
        tree().setCurrentIndex(memories().index(1, 0));
        QTest::keyClick(&tree(), Qt::Key_Delete, Qt::ControlModifier);
        QTRY_COMPARE(memories().rowCount(), 1);
        QTest::keyClick(&tree(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(memories().rowCount(), 2);
    }

    void theAdapterForQuestionsIsOffered()
    {
        QVERIFY(m_explorer->start());
        auto& offer = *page().findChild<AdapterOffer*>();
        QTRY_VERIFY(offer.isVisible());
        QVERIFY(FakeExplorer::shows(page(), u"This adapter was not trained to answer questions; chat was."_s));
        QCOMPARE(offer.button().text(), u"Load chat"_s);
        QTest::mouseClick(&offer.button(), Qt::LeftButton);
        QTRY_COMPARE(m_explorer->client.model()->adapter, "/models/nano/chat");
        QTRY_VERIFY(!offer.isVisible());
    }

    /// Where the catalogue has a larger model that was trained to answer, that one.
    void theBetterModelForQuestionsIsOffered()
    {
        QVERIFY(m_explorer->start());
        m_explorer->settings.setModelFolders({u"/models/answers"_s});
        auto& offer = *page().findChild<AdapterOffer*>();
        QTRY_COMPARE(offer.button().text(), u"Load answers"_s);
        QVERIFY(FakeExplorer::shows(page(), u"This adapter was not trained to answer questions; answers was."_s));
        m_explorer->window->resize(m_explorer->window->minimumSize());
        QTest::qWait(20);
        QVERIFY(page().minimumSizeHint().width() <= page().width());
        QVERIFY(offer.button().width() >= offer.button().minimumSizeHint().width());
        QTest::mouseClick(&offer.button(), Qt::LeftButton);
        QTRY_COMPARE(m_explorer->client.model()->base, "/models/answers/base");
        QTRY_VERIFY(!offer.isVisible());
    }

    void aQuestionOverTwoMemories()
    {
        QVERIFY(prepare());
        ask(u"Who carried the clock?"_s);
        QTRY_COMPARE(answer(1, 0), u"From slots: Who carried the clock? about ferry, report, after 0 turns, seed 0."_s);
        const auto& cell = row(1).cells.front();
        QVERIFY2(cell.line.startsWith(u"0.20 s to first token · "), qPrintable(cell.line));
        QVERIFY(cell.line.contains(u"200 positions"));
        ask(u"And then?"_s);
        QTRY_COMPARE(answer(3, 0), u"From slots: And then? about ferry, report, after 1 turns, seed 0."_s);
        // Again: a page beside it, drawn anew; the pages turn.
        current(3);
        QTest::keyClick(&page().view(), Qt::Key_R, Qt::ControlModifier);
        QTRY_VERIFY(answer(3, 0).endsWith(u"seed 1."));
        QCOMPARE(row(3).cells.front().page, 2);
        QCOMPARE(row(3).cells.front().pages, 2);
        QTest::keyClick(&page().view(), Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(row(3).cells.front().page, 1);
        // An edited question is a branch; what followed the first one is a key away.
        current(0);
        QTest::keyClick(&page().view(), Qt::Key_E, Qt::ControlModifier);
        QVERIFY(FakeExplorer::shows(page(), u"Editing"_s));
        QCOMPARE(page().composer().toPlainText(), u"Who carried the clock?"_s);
        QTest::keyClick(&page().composer(), Qt::Key_Escape);
        QVERIFY(page().composer().toPlainText().isEmpty());
        current(0);
        QTest::keyClick(&page().view(), Qt::Key_E, Qt::ControlModifier);
        ask(u"Who carried the lamp?"_s);
        QTRY_VERIFY(answer(1, 0).contains(u"lamp"));
        QCOMPARE(page().conversation().rowCount(), 2);
        QCOMPARE(row(0).branches, 2);
        current(0);
        QTest::keyClick(&page().view(), Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(page().conversation().rowCount(), 4);
        // Copied as it is shown.
        current(1);
        QTest::keyClick(&page().view(), Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"From slots: Who carried the clock?"));
        // An answer in one's own words, from which the chat goes on.
        current(3);
        QTest::keyClick(&page().view(), Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(page().findChild<QInputDialog*>() != nullptr);
        page().findChild<QInputDialog*>()->setTextValue(u"Nobody."_s);
        page().findChild<QInputDialog*>()->accept();
        QTRY_COMPARE(answer(3, 0), u"Nobody."_s);
        QCOMPARE(row(3).cells.front().line, u"your own words"_s);
    }

    void sideBySide()
    {
        QVERIFY(prepare());
        for (const auto key : {Qt::Key_T, Qt::Key_N})
            m_explorer->key(key, Qt::AltModifier);
        ask(u"Who?"_s);
        QTRY_COMPARE(row(1).cells.size(), 3U);
        QTRY_VERIFY(answer(1, 2).startsWith(u"From nothing"));
        QVERIFY(answer(1, 0).startsWith(u"From slots"));
        QVERIFY(answer(1, 1).startsWith(u"From text"));
        QCOMPARE(row(1).cells[1].heading, u"Full text"_s);
        ask(u"And?"_s); // goes on from the slots' answer
        QTRY_VERIFY(answer(3, 2).startsWith(u"From nothing"));
        QVERIFY(page().chat().answer(page().chat().question(row(3).question)->parent)->context == AnswerContext::Slots);
    }

    void theMeterIsRight()
    {
        QVERIFY(prepare());
        write(u"12345"_s);
        QTRY_COMPARE(page().meter().text(), u"517 of 4,096 positions · 1,437 with the full text"_s);
        m_explorer->key(Qt::Key_T, Qt::AltModifier);
        QTRY_COMPARE(page().meter().text(), u"1,437 of 4,096 positions"_s);
        memories().setData(memories().index(0, 0), Qt::Unchecked, Qt::CheckStateRole);
        QTRY_COMPARE(page().meter().text(), u"197 of 4,096 positions"_s);
        write(u"a {long} one"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"more positions than the base has. Use fewer memories."_s));
        enter();
        QVERIFY(page().chat().questions().empty()); // refused before it happens
        QCOMPARE(page().composer().toPlainText(), u"a {long} one"_s);
    }

    void stoppedAnswersGoOn()
    {
        QVERIFY(prepare());
        ask(u"{hang} on"_s);
        QTRY_VERIFY(answer(1, 0).startsWith(u"From slots"));
        QVERIFY(row(1).cells.front().writing);
        m_explorer->key(Qt::Key_Escape);
        QTRY_VERIFY(!page().isAnswering());
        const auto half = answer(1, 0);
        QVERIFY(row(1).cells.front().unfinished);
        QVERIFY(row(1).cells.front().line.contains(u"stopped"));
        current(1);
        QTest::keyClick(&page().view(), Qt::Key_G, Qt::ControlModifier);
        QTRY_VERIFY(answer(1, 0).size() > half.size());
        QVERIFY(answer(1, 0).startsWith(half));
        QVERIFY(answer(1, 0).endsWith(u"seed 0."));
        QCOMPARE(row(1).cells.front().pages, 1); // the same answer
        ask(u"{fail}"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"The memory ran out while answering. Ask for less."_s));
        QVERIFY(row(3).cells.front().unfinished);
    }

    /// The engine in mid-answer, and then the window as a kill leaves it: all is there.
    void nothingIsLost()
    {
        QVERIFY(prepare());
        ask(u"{hang} here"_s);
        QTRY_VERIFY(answer(1, 0).startsWith(u"From slots"));
        const auto half = answer(1, 0);
        m_explorer->client.call(protocol::textPlan, {"die", {}, {}}, m_explorer->window.get());
        QTRY_VERIFY(!page().isAnswering());
        QTRY_VERIFY(m_explorer->client.model().has_value() && page().memories().isListed());
        const auto id = page().chat().id;
        const QString file = m_explorer->settings.chatsFolder() + u'/' + QString::fromStdString(id) + u".json"_s;
        QTRY_VERIFY(QFile::exists(file));
        QTRY_VERIFY([&] {
            QFile kept(file);
            return kept.open(QIODevice::ReadOnly) && kept.readAll().contains("From slots");
        }());
        m_testers.clear();
        m_explorer.reset();
        open();
        QTRY_COMPARE(page().chat().id, id);
        QCOMPARE(answer(1, 0), half);
        QVERIFY(row(1).cells.front().unfinished);
        // What the library no longer has is said.
        QFile::remove(m_settings + u"-library"_s);
        QVERIFY(m_explorer->start());
        QTRY_COMPARE(memories().index(0, 0).data(MemoryTreeModel::LineRole).toString(), u"missing"_s);
        ask(u"Still there?"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"Add its text again."_s));
    }

    void blindVotes()
    {
        QVERIFY(prepare());
        m_explorer->key(Qt::Key_B, Qt::AltModifier);
        ask(u"{hang} which?"_s);
        QTRY_COMPARE(row(1).cells.size(), 2U);
        QTest::qWait(100);
        for (const auto& cell : row(1).cells) { // nothing gives a side away, not even its length
            QVERIFY(cell.text.isEmpty());
            QVERIFY(cell.line.isEmpty());
            QVERIFY(cell.heading == u"A" || cell.heading == u"B");
        }
        QVERIFY(!row(1).toVote);
        m_explorer->key(Qt::Key_Escape);
        QTRY_VERIFY(row(1).toVote);
        QVERIFY(!row(1).cells.front().text.isEmpty());
        QVERIFY(row(1).cells.front().line.isEmpty());
        const auto listed = [&] { return page().store().list().index(0).data(ChatListModel::LineRole).toString(); };
        QTRY_COMPARE(listed(), u"1 question · 2 memories"_s); // nobody has voted yet
        const auto first = page().chat().votes().front().first;
        QCOMPARE(row(1).cells.front().answer, first);
        current(1);
        QTest::keyClick(&page().view(), Qt::Key_1);
        QVERIFY(!row(1).toVote);
        QVERIFY(page().chat().votes().front().preference == Preference::First);
        QVERIFY(row(1).verdict.startsWith(u"You found A: "));
        QTRY_VERIFY(row(1).verdict.contains(u"nats a token"));
        QTRY_COMPARE(listed(), u"1 question · 2 memories · 1 vote"_s);
        QVERIFY(row(1).cells.front().heading.startsWith(u"A: "));
        QTRY_VERIFY(FakeExplorer::shows(page(), u"Slots against Full text"_s));
        // Sides are drawn: not always the same one is at the left.
        std::set<AnswerContext> left;
        for (int i = 0; i < 20 && left.size() < 2; ++i) {
            ask(u"once more"_s);
            const auto last = page().conversation().rowCount() - 1;
            QTRY_VERIFY(row(last).toVote);
            left.insert(page().chat().answer(page().chat().votes().back().first)->context);
            current(last);
            QTest::keyClick(&page().view(), Qt::Key_2);
        }
        QCOMPARE(left.size(), 2U);
        QVERIFY(page().chat().votes().back().preference == Preference::Tie);
    }

    void whereAnAnswerIsFrom()
    {
        QVERIFY(prepare());
        ask(u"Who carried the clock?"_s);
        QTRY_VERIFY(answer(1, 0).endsWith(u"."));
        QTRY_VERIFY(!page().isAnswering());
        current(1);
        QTest::keyClick(&page().view(), Qt::Key_L, Qt::ControlModifier);
        auto& preview = *page().memories().findChild<QPlainTextEdit*>();
        QTRY_VERIFY(!preview.extraSelections().isEmpty());
        const auto span = memories().index(0, 0, memories().index(0, 0));
        QCOMPARE(span.data(MemoryTreeModel::LitRole).toDouble(), 1.0);
        const auto groups = span.data(MemoryTreeModel::SlotsRole).toList();
        QCOMPARE(groups.size(), 24);
        QCOMPARE(groups[6].toInt(), 32);
        QCOMPARE(groups[8].toDouble(), 1.0);
        // The words that the lit slots hold, by the offsets of the text.
        const auto lit = preview.extraSelections().front().cursor;
        QCOMPARE(lit.selectionStart(), 512 * 32 / 128);
        QCOMPARE(lit.selectionEnd(), 512 * 48 / 128);
        QTest::keyClick(&page().view(), Qt::Key_L, Qt::ControlModifier); // off again
        QTRY_VERIFY(preview.extraSelections().isEmpty());
    }

    void chatsAreNamedSearchedAndExported()
    {
        QVERIFY(prepare());
        ask(u"About the clock?"_s);
        QTRY_VERIFY(!page().isAnswering());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QVERIFY(page().chat().questions().empty());
        ask(u"About the lamp?"_s);
        QTRY_VERIFY(!page().isAnswering());
        auto& chats = *page().findChild<QListView*>(u"chats"_s);
        QCOMPARE(chats.model()->rowCount(), 2);
        QLineEdit* search = nullptr;
        for (auto* edit : page().findChildren<QLineEdit*>())
            if (edit->accessibleName() == u"Search in all chats"_s)
                search = edit;
        search->setText(u"CLOCK"_s);
        QCOMPARE(chats.model()->rowCount(), 1);
        search->clear();
        chats.setCurrentIndex(chats.model()->index(1, 0));
        QVERIFY(answer(1, 0).contains(u"clock"));
        chats.setFocus();
        QTest::keyClick(&chats, Qt::Key_F2);
        QTRY_VERIFY(page().findChild<QInputDialog*>() != nullptr);
        page().findChild<QInputDialog*>()->setTextValue(u"Clockwork"_s);
        page().findChild<QInputDialog*>()->accept();
        QTRY_COMPARE(chats.model()->index(1, 0).data().toString(), u"Clockwork"_s);
        m_explorer->key(Qt::Key_S, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY(page().findChild<QFileDialog*>() != nullptr);
        const auto file = m_folder.filePath(u"chat.md"_s);
        Q_EMIT page().findChild<QFileDialog*>()->fileSelected(file);
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        QVERIFY(written.readAll().startsWith("# Clockwork\n"));
        page().findChild<QFileDialog*>()->close();
        chats.setFocus();
        QTest::keyClick(&chats, Qt::Key_Delete, Qt::ControlModifier);
        QCOMPARE(chats.model()->rowCount(), 1);
        QTest::keyClick(&chats, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(chats.model()->rowCount(), 2);
    }

    /// What grows below does not move what is read.
    void readingBackIsLeftAlone()
    {
        QVERIFY(prepare());
        for (int i = 0; i < 12; ++i) {
            ask(u"Question %1 %2"_s.arg(i).arg(u"long "_s.repeated(60)));
            QTRY_VERIFY(!page().isAnswering());
        }
        auto& bar = *page().view().verticalScrollBar();
        QTRY_VERIFY(bar.maximum() > 200);
        QTRY_VERIFY(page().view().isAtEnd());
        bar.setValue(40);
        m_explorer->client.call(protocol::status, {}, &page()); // let what is under way arrive
        page().composer().setPlainText(u"{hang} now"_s);
        enter(); // whoever asks wants to see the answer
        QTRY_VERIFY(page().view().isAtEnd());
        bar.setValue(40);
        m_explorer->key(Qt::Key_Escape);
        QTRY_VERIFY(!page().isAnswering());
        QTest::qWait(50);
        QCOMPARE(bar.value(), 40);
    }

    void aQuestionSetIsAStudy()
    {
        QVERIFY(prepare());
        m_explorer->key(Qt::Key_Q, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(m_explorer->window->page().id(), u"study"_s);
    }

    void hostileQuestions()
    {
        QVERIFY(prepare());
        const auto control = u"<s>[INST] </s> \x1b[31m"_s;
        ask(control);
        QTRY_VERIFY(answer(1, 0).contains(control.trimmed()));
        QTRY_VERIFY(!page().isAnswering());
        ask(u"word "_s.repeated(20'000)); // 100,000 characters
        QTRY_VERIFY_WITH_TIMEOUT(!page().isAnswering() && page().conversation().rowCount() == 4, 10'000);
        QGuiApplication::clipboard()->setText(u"x"_s.repeated(500'000)); // an editor would be busy for seconds
        page().composer().setFocus();
        QTest::keyClick(&page().composer(), Qt::Key_V, Qt::ControlModifier);
        QVERIFY(FakeExplorer::shows(page(), u"The text is longer than a question can be. Add it as a memory."_s));
        QVERIFY(page().composer().toPlainText().isEmpty());
    }

    void manyMemoriesAndChats()
    {
        m_testers.clear();
        m_explorer.reset();
        qputenv("ICAE_FAKE_MEMORIES", "200");
        QDir().mkpath(m_settings + u"-chats"_s);
        for (int i = 0; i < 500; ++i) {
            auto chat = ChatStore::make();
            for (int turn = 0; turn < 8; ++turn) {
                ChatAnswer answer;
                answer.question = chat.ask(chat.last(), "Question " + std::to_string(turn), {});
                answer.text = std::string(300, 'a') + " answer";
                answer.ended = ReadEnd::Eos;
                chat.addAnswer(answer);
            }
            QFile file(m_settings + u"-chats/"_s + QString::fromStdString(chat.id) + u".json"_s);
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray::fromStdString(chat.toJson().dump()));
        }
        QElapsedTimer clock;
        clock.start();
        open(false);
        qInfo("window with 500 chats: %lld ms", clock.elapsed());
        QTRY_COMPARE(page().store().list().rowCount(), 500);
        qInfo("all chats are there after %lld ms", clock.elapsed());
        QVERIFY(m_explorer->start());
        QTRY_COMPARE_WITH_TIMEOUT(memories().rowCount(), 200, 20'000);
        Watchdog watchdog;
        auto& chats = *page().findChild<QListView*>(u"chats"_s);
        for (int i = 0; i < 20; ++i) {
            chats.setCurrentIndex(chats.model()->index(i * 7, 0));
            QTest::qWait(10);
        }
        qInfo("longest stall while going through chats: %lld ms", watchdog.longestStall());
    }
};

QTEST_MAIN(TestChatPage)
#include "test_chat_page.moc"
