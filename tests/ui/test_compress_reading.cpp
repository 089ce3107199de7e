#include "fake_explorer.h"

#include "pages/compress/span_popup.h"

#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

/// Comes back with four differences: a word, a number, a capital, and a sentence that is missing.
const auto story = u"The clock at the pier struck 12 times. Harbour lights went out. Nobody saw it. Then came rain."_s;

} // namespace

/// How a result is read on the Compress page, with a scripted engine: figures, spans, differences and tokens.
class TestCompressReading : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void init()
    {
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(QString::number(++m_windows)));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
    }

    void cleanup() { m_explorer.reset(); }

    /// All that the page has to show with a result of several spans has room in the smallest window.
    void everythingHasRoomInTheSmallestWindow()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story.repeated(12)));
        QVERIFY(m_explorer->run());
        for (const auto& size : {m_explorer->window->minimumSize(), QSize(1040, 640), QSize(1280, 720)}) {
            m_explorer->window->resize(size);
            for (const auto key : {Qt::Key_1, Qt::Key_2, Qt::Key_3, Qt::Key_4}) {
                m_explorer->key(key, Qt::AltModifier);
                QTest::qWait(20);
                const auto parts = m_explorer->page().findChildren<QWidget*>();
                for (const auto* part : parts) {
                    const auto name = u"%1 %2 at %3"_s.arg(QString::fromLatin1(part->metaObject()->className()),
                                                           part->accessibleName(), QString::number(size.width()));
                    if (!part->isVisible() || part->minimumSizeHint().width() <= 0
                        || part->objectName().startsWith("qt_"_L1))
                        continue;
                    QVERIFY2(part->width() >= part->minimumSizeHint().width(), qPrintable(name));
                    QVERIFY2(part->parentWidget()->rect().contains(part->geometry()), qPrintable(name));
                }
            }
        }
    }

    void aTextThatChangedMeanwhileMakesTheResultStale()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"{hang} "_s + story));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(m_explorer->source().column().document());
        m_explorer->page().setSource(story);
        m_explorer->key(Qt::Key_Escape);
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        QVERIFY(m_explorer->run());
        QVERIFY(!FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
    }

    /// While a text streams in, the figures of the one before are gone.
    void figuresAreThoseOfTheTextInSight()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        const auto* bleu = m_explorer->page().findChild<QLabel*>(u"metric0"_s);
        QVERIFY(bleu != nullptr);
        const auto before = bleu->text();
        QVERIFY(m_explorer->write(u"{hang} "_s + story));
        QCOMPARE(bleu->text(), before);
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(bleu->text() != before);
        QVERIFY(m_explorer->source().column().document()->source.startsWith(u"{hang}"));
        m_explorer->key(Qt::Key_Escape);
        QVERIFY(m_explorer->waitForEnd());
    }

    /// The spans that are chosen for the next run are none of this one's.
    void spansOfTheNextRunStayThere()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"{mute} "_s + story));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY(m_explorer->page().isRunning());
        QVERIFY(m_explorer->write(story.repeated(12)));
        m_explorer->controls().findChild<SpanPopup*>()->findChild<QLineEdit*>()->setText(u"3"_s);
        QCOMPARE(m_explorer->controls().source().spans, std::vector<std::int64_t>{2});
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        m_explorer->key(Qt::Key_Escape);
        QVERIFY(m_explorer->waitForEnd());
        QCOMPARE(m_explorer->page().result().diff->spans.size(), 1U);
        QCOMPARE(m_explorer->source().column().topRow(), 0);
    }

    /// Any of many spans, by ranges; the one at the cursor; all.
    void spansAreChosenByRanges()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story.repeated(300)));
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        const auto count = static_cast<int>(m_explorer->page().plan()->spans.size());
        QVERIFY(count > 50);
        m_explorer->source().editor().setSourcePosition(512 * 4 + 10); // a token a byte
        m_explorer->key(Qt::Key_P, Qt::AltModifier);
        auto& popup = *m_explorer->controls().findChild<SpanPopup*>();
        QVERIFY(popup.isVisible());
        auto* ranges = popup.findChild<QLineEdit*>();
        const auto chosen = [&] { return m_explorer->controls().source().spans; };
        ranges->setText(u"50-%1; 3, 1 – 2"_s.arg(count));
        QCOMPARE(std::ssize(chosen()), 3 + count - 49);
        QCOMPARE(chosen().front(), 0);
        QCOMPARE(chosen().back(), count - 1);
        const auto before = chosen();
        for (const auto& wrong : {u"0"_s, u"7-5"_s, u"x"_s, u"%1"_s.arg(count + 1)}) {
            ranges->setText(wrong);
            QCOMPARE(chosen(), before);
            QVERIFY(FakeExplorer::shows(popup, u"ranges from 1 to"_s));
        }
        const auto buttons = popup.findChildren<QPushButton*>();
        const auto press = [&](const QString& text) {
            for (auto* button : buttons)
                if (button->text() == text)
                    button->click();
        };
        press(u"This span, 5"_s);
        QCOMPARE(chosen(), std::vector<std::int64_t>{4});
        QVERIFY(FakeExplorer::shows(m_explorer->controls(), u"Span 5"_s));
        press(u"All spans"_s);
        QVERIFY(chosen().empty());
        QVERIFY(FakeExplorer::shows(m_explorer->controls(), u"All spans"_s));
        popup.close();
    }

    void stepsThroughDifferences()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        auto& pane = m_explorer->result();
        for (const auto& place : {u"1 of 4"_s, u"2 of 4"_s, u"3 of 4"_s, u"4 of 4"_s, u"1 of 4"_s}) {
            m_explorer->key(Qt::Key_F8);
            QVERIFY2(FakeExplorer::shows(pane, place), qPrintable(place));
        }
        m_explorer->key(Qt::Key_F8, Qt::ShiftModifier);
        QVERIFY(FakeExplorer::shows(pane, u"4 of 4"_s));
        m_explorer->key(Qt::Key_F8, Qt::ControlModifier); // the first miss
        QVERIFY(FakeExplorer::shows(pane, u"1 of 4"_s));
    }

    void theFilterPassesOver()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        auto& pane = m_explorer->result();
        const auto& differences = m_explorer->page().result().diff->differences;
        const auto shown = differences.front().errorClass;
        QList<QAction*> others;
        for (auto* menu : pane.findChildren<QMenu*>())
            for (auto* action : menu->actions())
                if (action->isCheckable() && action->isEnabled() && action->text().contains(u"  "_s)
                    && !action->text().contains(differenceClassName(shown)))
                    others += action;
        QVERIFY(!others.isEmpty());
        for (auto* action : others)
            action->setChecked(false);
        const auto left = std::count_if(differences.begin(), differences.end(),
                                        [&](const Difference& one) { return one.errorClass == shown; });
        QVERIFY(left < 4);
        m_explorer->key(Qt::Key_F8);
        QVERIFY(FakeExplorer::shows(pane, u"1 of %1"_s.arg(left)));
        m_explorer->key(Qt::Key_F8);
        QVERIFY(FakeExplorer::shows(pane, u"%1 of %1"_s.arg(left)));
        m_explorer->key(Qt::Key_3, Qt::AltModifier); // the list
        QCOMPARE(pane.mode(), ResultPane::Mode::List);
        QCOMPARE(pane.findChild<QTreeView*>()->model()->rowCount(), left);
        QVERIFY(m_explorer->run()); // the filter stays for the next result
        QCOMPARE(pane.findChild<QTreeView*>()->model()->rowCount(), left);
        for (auto* menu : pane.findChildren<QMenu*>())
            for (auto* action : menu->actions())
                if (action->isCheckable() && action->isEnabled())
                    action->setChecked(true);
        QCOMPARE(pane.findChild<QTreeView*>()->model()->rowCount(), 4);
    }

    void tokensByKeyboard()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->key(Qt::Key_4, Qt::AltModifier);
        auto& pane = m_explorer->result().tokens();
        auto& view = pane.view();
        view.setFocus();
        QVERIFY(pane.isTeacherForced());
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Right);
        QCOMPARE(view.currentToken(), 1);
        QTest::keyClick(&view, Qt::Key_D);
        QVERIFY(FakeExplorer::shows(pane, u"clock"_s)); // details, with the token and its rank
        QTest::keyClick(&view, Qt::Key_End);
        QCOMPARE(view.currentToken(), static_cast<int>(view.document()->tokens.size()) - 1);
        QTest::keyClick(&view, Qt::Key_Home);
        QCOMPARE(view.currentToken(), 0);
        QTest::keyClick(&view, Qt::Key_Left);
        QCOMPARE(view.currentToken(), 0);
        for (const auto& [key, measure] : std::initializer_list<std::pair<Qt::Key, TokenMeasure>>{
                 {Qt::Key_E, TokenMeasure::Entropy}, {Qt::Key_R, TokenMeasure::Rank}, {Qt::Key_N, TokenMeasure::Nll}}) {
            QTest::keyClick(&view, key);
            QCOMPARE(view.measure(), measure);
        }
        QTest::keyClick(&view, Qt::Key_T);
        QVERIFY(!pane.isTeacherForced());
        QVERIFY(!view.document()->teacherForced);
        QCOMPARE(view.document()->items[1].text, u" watch"_s);
    }

    /// Details are those of the token in sight: after T of the one that stands for it, and none of a result before.
    void detailsFollowTheToken()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->key(Qt::Key_4, Qt::AltModifier);
        auto& pane = m_explorer->result().tokens();
        auto& view = pane.view();
        view.setFocus();
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_Right);
        QTest::keyClick(&view, Qt::Key_D);
        QVERIFY(FakeExplorer::shows(pane, u"“␣clock”"_s));
        // Counted from 1 for people; files have 1, 0 and 3, and say so (TestExport).
        const auto& forced = m_explorer->page().result().result->reconstruction.forcedTokens[1];
        QVERIFY(forced.span == 0 && forced.rank == 3);
        for (const auto& fact : {u"Position</td><td align='right'>2<"_s, u"Span</td><td align='right'>1<"_s,
                                 u"Rank</td><td align='right'>4<"_s})
            QVERIFY2(FakeExplorer::shows(pane, fact), qPrintable(fact));
        QTest::keyClick(&view, Qt::Key_T);
        QCOMPARE(view.currentToken(), 1);
        QVERIFY(FakeExplorer::shows(pane, u"“␣watch”"_s));
        QTest::keyClick(&view, Qt::Key_T);
        QVERIFY(FakeExplorer::shows(pane, u"“␣clock”"_s));
        QVERIFY(m_explorer->run());
        QCOMPARE(view.currentToken(), -1);
        QVERIFY(!FakeExplorer::shows(pane, u"clock”"_s));
        QVERIFY(FakeExplorer::shows(pane, u"Point at a token"_s));
    }

    /// What the model wrote and what it finds likely are two things, each named, wherever they stand.
    void bothWaysOfRatingAreNamed()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        for (const auto& name : {u"BLEU, free"_s, u"EM, free"_s, u"Tokens, free"_s, u"Loss, forced"_s,
                                 u"Tokens, forced"_s, u"60.0 %"_s, u"97.0 %"_s})
            QVERIFY2(FakeExplorer::shows(m_explorer->page(), name), qPrintable(name));
        m_explorer->key(Qt::Key_4, Qt::AltModifier);
        auto& pane = m_explorer->result().tokens();
        const auto segment = [&](const QString& name) {
            const auto buttons = pane.findChildren<QAbstractButton*>();
            const auto found = std::find_if(buttons.begin(), buttons.end(),
                                            [&](const QAbstractButton* one) { return one->text() == name; });
            return found == buttons.end() ? nullptr : *found;
        };
        auto* forced = segment(u"Teacher-forced"_s);
        auto* free = segment(u"Free-running"_s);
        QVERIFY(forced != nullptr && free != nullptr);
        QVERIFY(forced->isChecked() && !free->isChecked());
        free->click();
        QVERIFY(!pane.isTeacherForced() && !forced->isChecked() && free->isChecked());
        free->click(); // stays
        QVERIFY(!pane.isTeacherForced());
        forced->click();
        QVERIFY(pane.isTeacherForced());
    }

private:
    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
    int m_windows = 0;
};

QTEST_MAIN(TestCompressReading)
#include "test_compress_reading.moc"
