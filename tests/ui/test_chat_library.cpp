#include "chat_fixture.h"
#include "pages/chat/answer_popup.h"
#include "pages/chat/blind_menu.h"
#include "pages/chat/context_meter.h"
#include "pages/chat/memory_dialogs.h"
#include "pages/chat/memory_preview.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QHelpEvent>
#include <QInputDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>
#include <QToolTip>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

} // namespace

/// What the Chat page does with memories of the library, with a scripted engine: tags, compressing again, files, undo,
/// what is missing, what text gains, and where words and slots meet.
class TestChatLibrary : public QObject, private ChatFixture {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(isReady()); }
    void init() { begin(); }
    void cleanup() { end(); }

    void memoriesHaveTags()
    {
        QVERIFY(prepare());
        auto& tags = *page().memories().findChild<QComboBox*>();
        QVERIFY(!tags.isVisible());
        select(0);
        QTest::keyClick(&tree(), Qt::Key_F2);
        auto* dialog = page().findChild<MemoryLabelDialog*>();
        QVERIFY(dialog != nullptr);
        field(*dialog, u"Name"_s).setText(u"The ferry"_s);
        field(*dialog, u"Tags"_s).setText(u"story, sea , story,,"_s);
        dialog->accept();
        QTRY_COMPARE(memories().index(0, 0).data().toString(), u"The ferry"_s);
        QCOMPARE(memories().index(0, 0).data(MemoryTreeModel::TagsRole).toStringList(),
                 (QStringList{u"story"_s, u"sea"_s}));
        QVERIFY(memories().index(0, 0).data(MemoryTreeModel::LineRole).toString().endsWith(u"story, sea"));
        QVERIFY(tags.isVisible());
        tags.setCurrentIndex(tags.findText(u"sea"_s));
        QVERIFY(!tree().isRowHidden(0, {}) && tree().isRowHidden(1, {}));
        page().memories().findChild<QLineEdit*>()->setText(u"nobody saw"_s); // and what is searched for
        QTRY_VERIFY(tree().isRowHidden(0, {}) && tree().isRowHidden(1, {}));
        tags.setCurrentIndex(0);
        QVERIFY(!tree().isRowHidden(1, {}));
    }

    void textsAreCompressedAgain()
    {
        QVERIFY(prepare());
        select(0);
        QTest::keyClick(&tree(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = page().findChild<RecompressDialog*>();
        QVERIFY(dialog != nullptr);
        auto& slotBox = box(*dialog, u"Slots a span"_s);
        QCOMPARE(slotBox.count(), 3);
        slotBox.setCurrentIndex(slotBox.findText(u"32"_s));
        dialog->accept();
        QTRY_COMPARE(memories().rowCount(), 3);
        QCOMPARE(memories().used().size(), 2U); // the old one stays in use
        QTRY_COMPARE(memories().at(tree().currentIndex())->slots, 96);
        // In place of the old one, with another adapter.
        select(1);
        QTest::keyClick(&tree(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY((dialog = page().findChild<RecompressDialog*>()) != nullptr);
        auto& adapters = box(*dialog, u"Adapter"_s);
        QVERIFY(adapters.findText(u"chat"_s) > 0);
        adapters.setCurrentIndex(adapters.findText(u"chat"_s));
        dialog->findChild<QCheckBox*>()->setChecked(true);
        dialog->accept();
        QTRY_COMPARE(memories().at(tree().currentIndex())->adapterName, "/models/nano/chat");
        QTRY_COMPARE(memories().rowCount(), 3);
        QCOMPARE(m_explorer->client.model()->adapter, "/models/nano/reconstruct"); // the page's own stays
        QTest::keyClick(&tree(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(memories().rowCount(), 4);
    }

    void aMemoryIsOneFile()
    {
        QVERIFY(prepare());
        select(0);
        QTest::keyClick(&tree(), Qt::Key_S, Qt::ControlModifier);
        auto* dialog = page().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        const auto path = m_folder.filePath(u"ferry.memory"_s);
        Q_EMIT dialog->fileSelected(path);
        dialog->close();
        QTRY_VERIFY(QFileInfo(path).size() > 0);
        QFile file(m_folder.filePath(u"other.memory"_s)); // what safetensors begin with
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray("\x02\0\0\0\0\0\0\0{}", 10));
        file.close();
        page().memories().addFiles({file.fileName()});
        QTRY_COMPARE(memories().rowCount(), 3);
        QCOMPARE(memories().used().size(), 3U);
    }

    void severalDeletionsAreUndone()
    {
        QVERIFY(prepare());
        for (int left = 1; left >= 0; --left) {
            select(0);
            QTest::keyClick(&tree(), Qt::Key_Delete, Qt::ControlModifier);
            QTRY_COMPARE(memories().rowCount(), left);
        }
        page().memories().setFocus();
        for (int back = 1; back <= 2; ++back) {
            QTest::keyClick(&page().memories(), Qt::Key_Z, Qt::ControlModifier);
            QTRY_COMPARE(memories().rowCount(), back);
        }
        QCOMPARE(memories().used().size(), 2U); // in use again, as before
    }

    void whatIsMissingComesBack()
    {
        QVERIFY(prepare());
        tree().expand(memories().index(0, 0));
        tree().setCurrentIndex(memories().index(1, 0, memories().index(0, 0)));
        tree().setFocus();
        QTest::keyClick(&tree(), Qt::Key_Up, Qt::AltModifier);
        ask(u"Who carried the clock?"_s);
        QTRY_VERIFY(answer(1, 0).endsWith(u"."));
        QTRY_VERIFY(!page().isAnswering());
        const auto id = page().chat().id;
        m_testers.clear();
        m_explorer.reset();
        QFile::remove(m_settings + u"-library"_s);
        open();
        QVERIFY(m_explorer->start());
        QTRY_COMPARE(page().chat().id, id);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"2 memories are missing: bring them back"_s));
        QCOMPARE(memories().missing().size(), 2U);
        // Nobody has its text: it is asked for, and another one is refused.
        page().memories().revive(memories().missing().front());
        QTRY_VERIFY(page().findChild<QInputDialog*>() != nullptr);
        page().findChild<QInputDialog*>()->setTextValue(u"Another text."_s);
        page().findChild<QInputDialog*>()->accept();
        QVERIFY(FakeExplorer::shows(page(), u"This is another text than the one that ferry was made of."_s));
        // A chat that brought its texts needs no question.
        page().memories().setChatTexts({{memories().missing().front().id, ferry.toStdString()}});
        tree().setCurrentIndex(memories().index(0, 0));
        QTest::keyClick(&tree(), Qt::Key_Return);
        QTRY_COMPARE(memories().missing().size(), 1U);
        QCOMPARE(memories().used().front().spans, (std::vector<std::int64_t>{1, 0, 2})); // as the chat read it
        QTRY_VERIFY(FakeExplorer::shows(page(), u"report is missing: bring it back"_s));
    }

    void anExpandedSpanSaysWhatItCostsAndGains()
    {
        QVERIFY(prepare());
        ask(u"Who carried the clock?"_s);
        QTRY_VERIFY(answer(1, 0).endsWith(u"."));
        QTRY_VERIFY(!page().isAnswering());
        tree().expand(memories().index(0, 0));
        const auto span = memories().index(0, 0, memories().index(0, 0));
        QVERIFY(span.data(Qt::ToolTipRole).toString().contains(u"384 positions more"));
        tree().setFocus();
        tree().setCurrentIndex(span);
        QTest::keyClick(&tree(), Qt::Key_T, Qt::ControlModifier);
        QTRY_COMPARE(span.data(MemoryTreeModel::LineRole).toString(),
                     u"as text: 512 tokens, 384 more · answer −0.50 nats"_s);
    }

    void wordsAndSlotsPointAtEachOther()
    {
        QVERIFY(prepare());
        ask(u"Who carried the clock?"_s);
        QTRY_VERIFY(answer(1, 0).endsWith(u"."));
        QTRY_VERIFY(!page().isAnswering());
        current(1);
        QTest::keyClick(&page().view(), Qt::Key_L, Qt::ControlModifier);
        auto& preview = page().memories().preview();
        QTRY_VERIFY(!preview.extraSelections().isEmpty());
        QSignalSpy pointed(&preview, &MemoryPreview::pointed);
        const auto lit = preview.extraSelections().front().cursor;
        auto words = lit;
        words.setPosition(lit.selectionStart() + 3);
        QTest::mouseMove(preview.viewport(), preview.cursorRect(words).center());
        QTRY_VERIFY(!pointed.isEmpty());
        const auto place = pointed.back().front().value<std::optional<SlotPlace>>();
        QVERIFY(place && place->slot == 32 && place->span == 0);
        QTRY_VERIFY(measured(preview, lit.selectionStart() + 3)); // words were looked up meanwhile
        const auto at = preview.cursorRect(words).center();
        QHelpEvent help(QEvent::ToolTip, at, preview.viewport()->mapToGlobal(at));
        QLocale::setDefault(QLocale(QLocale::German));
        QApplication::sendEvent(preview.viewport(), &help);
        QLocale::setDefault(QLocale::c());
        static const QRegularExpression rise(u"rises by \\d+,\\d\\d nats"_s); // with the language's comma
        QVERIFY2(QToolTip::text().contains(rise), qPrintable(QToolTip::text()));
        // And the other way: slots under the pointer mark their words.
        const auto before = preview.extraSelections().size();
        const auto row = tree().visualRect(memories().index(0, 0, memories().index(0, 0)));
        QTest::mouseMove(tree().viewport(), {row.right() - 12, row.bottom() - 6});
        QTRY_COMPARE(preview.extraSelections().size(), before + 1);
        QCOMPARE(preview.extraSelections().back().cursor.selectionEnd(), 512);
    }

    /// Slots against slots: the same texts in other slots, or by another model.
    void blindVotesOverSlotCountsAndModels()
    {
        QVERIFY(prepare());
        choose(u"32 slots a span"_s);
        QVERIFY(page().findChild<BlindMenu*>()->caption().contains(u"32 slots"));
        ask(u"Who?"_s);
        QTRY_VERIFY(page().conversation().rowCount() == 2 && row(1).toVote);
        QCOMPARE(memories().rowCount(), 4); // both texts in 32 slots a span
        QCOMPARE(memories().used().size(), 2U); // but these are not what is used
        for (const auto& cell : row(1).cells)
            QVERIFY(cell.heading == u"A" || cell.heading == u"B");
        const auto vote = page().chat().votes().front();
        const auto theirs = page().chat().answers().back();
        QCOMPARE(theirs.slotsPerSpan, 32);
        QCOMPARE(theirs.memories.size(), 2U);
        QVERIFY(QString::fromStdString(theirs.memories.front().id).endsWith(u"-32"));
        current(1);
        QTest::keyClick(&page().view(), Qt::Key_1);
        QTRY_VERIFY(row(1).verdict.contains(u"nats a token"));
        QVERIFY(row(1).cells.front().heading.contains(u"slots"));
        QTRY_VERIFY(FakeExplorer::shows(page(), u"128 slots against 32 slots"_s));
        ask(u"And who else?"_s); // the memories are there already
        QTRY_VERIFY(page().conversation().rowCount() == 4 && row(3).toVote);
        QCOMPARE(memories().rowCount(), 4);
        current(3);
        QTest::keyClick(&page().view(), Qt::Key_3);
        choose(u"nano · chat"_s);
        ask(u"Who by another model?"_s);
        QTRY_VERIFY(page().conversation().rowCount() == 6 && row(5).toVote);
        QVERIFY(page().chat().votes().size() == 3U && vote.seed != page().chat().votes().back().seed);
        const auto other = page().chat().answers().back();
        QVERIFY(QString::fromStdString(other.text).endsWith(u"by /models/nano/chat."));
        QCOMPARE(m_explorer->client.model()->adapter, "/models/nano/reconstruct"); // the page's own stays
        current(5);
        QTest::keyClick(&page().view(), Qt::Key_2);
        QTRY_VERIFY(row(5).verdict.contains(u"nats a token"));
        // A side that cannot be had is said, and nothing is to be voted on.
        const auto finished = page().chat().answers()[0];
        page().memories().addText(u"{unmade} text"_s, u"unmade"_s);
        QTRY_COMPARE(memories().used().size(), 3U);
        ask(u"Who at all?"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"The text cannot be compressed again."_s));
        QTRY_VERIFY(page().conversation().rowCount() == 8 && !page().isAnswering());
        QVERIFY(!row(7).toVote && row(7).verdict.isEmpty());
        QVERIFY(page().chat().answers()[0].ended == finished.ended); // the others are as they were
        // Another page of the other side is by the other side.
        const auto cell = static_cast<int>(row(5).cells.front().answer == other.id ? 0 : 1);
        page().view().setCurrentCell(cell);
        QTest::keyClick(&page().view(), Qt::Key_R, Qt::ControlModifier);
        QTRY_VERIFY(!page().isAnswering() && page().chat().answers().back().sampling.temperature > 0);
        QVERIFY(QString::fromStdString(page().chat().answers().back().text).endsWith(u"by /models/nano/chat."));
    }

    void answersAreBoundAndTurnsBecomeSlots()
    {
        QVERIFY(prepare());
        auto& popup = *page().findChild<AnswerPopup*>();
        popup.setAnswers(32, 0.05);
        Q_EMIT popup.changed();
        QCOMPARE(m_explorer->settings.chat().maxTokens, 32);
        ask(u"Question? "_s.repeated(30));
        QTRY_VERIFY(!page().isAnswering() && page().conversation().rowCount() == 2);
        write(u"And?"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"Earlier turns are read as 128 slots."_s));
        press(u"Read them as text"_s); // undone
        QTRY_VERIFY(FakeExplorer::shows(page(), u"Earlier turns are read as text, however long they are."_s));
        QVERIFY(page().chat().turnsAsText);
        press(u"Let them become slots"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"Earlier turns are read as 128 slots."_s));
    }

private:
    void select(int row)
    {
        tree().setFocus();
        tree().setCurrentIndex(memories().index(row, 0));
    }
    /// Of the menu of blind votes.
    void choose(const QString& what)
    {
        auto& menu = *page().findChild<BlindMenu*>();
        Q_EMIT menu.aboutToShow();
        for (auto* action : menu.actions())
            if (action->text() == what)
                return action->trigger();
        QFAIL(qPrintable(what));
    }
    static QLineEdit& field(QWidget& dialog, const QString& name)
    {
        for (auto* edit : dialog.findChildren<QLineEdit*>())
            if (edit->accessibleName() == name)
                return *edit;
        qFatal("no field %s", qPrintable(name));
    }
    static QComboBox& box(QWidget& dialog, const QString& name)
    {
        for (auto* combo : dialog.findChildren<QComboBox*>())
            if (combo->accessibleName() == name)
                return *combo;
        qFatal("no box %s", qPrintable(name));
    }
    void press(const QString& text)
    {
        for (auto* button : page().findChildren<QPushButton*>())
            if (button->isVisible() && button->text() == text)
                return QTest::mouseClick(button, Qt::LeftButton);
        QFAIL(qPrintable(text));
    }
    /// Whether the tooltip of words says that their slots were measured.
    static bool measured(MemoryPreview& preview, int position)
    {
        auto cursor = preview.textCursor();
        cursor.setPosition(position);
        return preview.isMeasuredAt(preview.cursorRect(cursor).center());
    }
};

QTEST_MAIN(TestChatLibrary)
#include "test_chat_library.moc"
