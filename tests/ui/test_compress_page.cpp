#include "fake_explorer.h"

#include "pages/compress/span_popup.h"

#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSlider>
#include <QTreeView>

#include <csignal>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

/// Comes back with four differences: a word, a number, a capital, and a sentence that is missing.
const auto story = u"The clock at the pier struck 12 times. Harbour lights went out. Nobody saw it. Then came rain."_s;

} // namespace

/// The Compress page with a scripted engine: its states, and what the keyboard does.
class TestCompressPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void init()
    {
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(QString::number(++m_windows)));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
    }

    void cleanup() { m_explorer.reset(); }

    void emptyWithoutAnEngine()
    {
        QVERIFY(FakeExplorer::shows(m_explorer->source(), u"No source text"_s));
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"No model loaded"_s));
        QVERIFY(!m_explorer->controls().runAction()->isEnabled());
        QVERIFY(!m_explorer->controls().saveMemoryAction()->isEnabled());
        m_explorer->page().setSource(story);
        QVERIFY(!FakeExplorer::shows(m_explorer->source(), u"No source text"_s));
        QVERIFY(!m_explorer->controls().runAction()->isEnabled());
        QTest::qWait(300); // no plan without a model, and no complaint either
        QVERIFY(!m_explorer->page().plan());
        QVERIFY(!m_explorer->notice().isVisible());
    }

    void aModelMustBeAbleToWriteBack()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->controls().runAction()->isEnabled());
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"No reconstruction yet"_s));
        QVERIFY(m_explorer->load("/models/nano/base", "/models/nano/chat"));
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"cannot write texts back"_s));
        QVERIFY(!m_explorer->controls().runAction()->isEnabled());
    }

    void thePlanFollowsTheText()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"short"_s));
        QVERIFY(FakeExplorer::shows(m_explorer->source(), u"5 tokens · 1 span → 128 slots"_s));
        QVERIFY(m_explorer->notice().message().contains(u"larger than the text"_s));
        QVERIFY(!m_explorer->notice().showsError());
        QVERIFY(m_explorer->write(story.repeated(12)));
        QVERIFY(FakeExplorer::shows(m_explorer->source(), u"3 spans → 384 slots"_s));
        QVERIFY(!m_explorer->notice().isVisible());
        m_explorer->key(Qt::Key_Left, Qt::AltModifier); // fewer slots
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->source(), u"3 spans → 192 slots"_s));
        QVERIFY(m_explorer->write(QString()));
        QTRY_VERIFY(!FakeExplorer::shows(m_explorer->source(), u"tokens"_s));
    }

    void stalePlansAreDropped()
    {
        QVERIFY(m_explorer->start());
        for (const auto& old : {u"{late} and long"_s, u"{stubborn} and long"_s}) {
            QVERIFY(asksForAPlan(old));
            m_explorer->page().setSource(u"four"_s);
            QVERIFY(!m_explorer->page().plan());
            QTRY_VERIFY(m_explorer->page().plan().has_value());
            QCOMPARE(m_explorer->page().plan()->tokens, 4);
            QVERIFY(!m_explorer->notice().showsError());
        }
    }

    /// Esc ends what runs; that a plan went with it is nothing to tell.
    void aCancelledPlanComesAgain()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(asksForAPlan(u"{stubborn} "_s + story.repeated(3)));
        m_explorer->window->activities().stop(&m_explorer->page());
        QTRY_VERIFY(m_explorer->page().plan().has_value()); // it answered all the same
        QVERIFY(asksForAPlan(u"{late} "_s + story.repeated(3)));
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        m_explorer->window->activities().stop(&m_explorer->page());
        QTRY_VERIFY(asksFor(asked, protocol::textPlan.name));
        QVERIFY(!m_explorer->notice().isVisible());
    }

    /// Esc meant the run that waited for its plan.
    void aRunThatWaitsCanBeStopped()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(asksForAPlan(u"{late} "_s + story));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        QVERIFY(FakeExplorer::shows(*m_explorer->window, u"Counting tokens"_s));
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        m_explorer->key(Qt::Key_Escape);
        QVERIFY(!FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        QTRY_VERIFY(asksFor(asked, protocol::textPlan.name)); // for the plan again
        QVERIFY(m_explorer->write(story));
        QVERIFY(!asksFor(asked, protocol::reconstruct.name)); // a run that waited would have begun with the plan
        QVERIFY(!m_explorer->page().isRunning());
        QVERIFY(!m_explorer->page().result().result);
    }

    void aTextComesBack()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        const auto& view = m_explorer->page().result();
        QCOMPARE(view.diff->source, story);
        QVERIFY(view.diff->reconstruction.startsWith(u"The watch at the pier struck 14 times. harbour lights"_s));
        QCOMPARE(view.diff->differences.size(), 4U);
        QVERIFY(FakeExplorer::shows(m_explorer->page(), u"0.91"_s)); // BLEU
        QVERIFY(m_explorer->controls().saveMemoryAction()->isEnabled());
        QVERIFY(!m_explorer->source().isEditing());
        QVERIFY(m_explorer->window->statusLine().text().contains(u"4 differences"_s));
    }

    void aStoppedRunKeepsWhatItWrote()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"{hang} "_s + story));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        auto& column = m_explorer->source().column();
        QTRY_VERIFY(column.document() && column.document()->reconstruction.contains(u"watch"_s));
        QVERIFY(column.document()->partial);
        QVERIFY(m_explorer->window->statusLine().text().contains(u"Reconstructing · 40 tokens/s · 12 s left"_s));
        QPushButton* stop = nullptr;
        for (auto* button : m_explorer->controls().findChildren<QPushButton*>())
            if (button->text() == u"Stop"_s)
                stop = button;
        QVERIFY(stop != nullptr);
        QTest::mouseClick(stop, Qt::LeftButton);
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(m_explorer->page().result().result->reconstruction.stopped);
        QVERIFY(column.document()->reconstruction.contains(u"watch"_s));
        QVERIFY(!m_explorer->notice().showsError());
        QCOMPARE(stop->text(), u"Compress && reconstruct"_s);

        m_explorer->key(Qt::Key_Return, Qt::ControlModifier); // once more, and Esc
        QTRY_VERIFY(column.document()->partial);
        m_explorer->key(Qt::Key_Escape);
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(m_explorer->page().result().result->reconstruction.stopped);
    }

    /// Few words that are right by chance are not spread over the whole source, while they come and after Esc.
    void whatWasNotReachedIsNotLost()
    {
        QString text = u"{sparse} {hang}"_s;
        for (int i = 0; i < 40; ++i)
            text += u" The word %1 stands here beside its neighbours, %2 of them."_s.arg(i).arg(7 * i);
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(text));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        auto& column = m_explorer->source().column();
        QTRY_VERIFY(column.document());
        for (const bool streams : {true, false}) {
            if (!streams) {
                m_explorer->key(Qt::Key_Escape);
                QVERIFY(m_explorer->waitForEnd());
            }
            const auto document = column.document();
            QCOMPARE(document->partial, streams);
            QCOMPARE(document->pieces.back().kind, PieceKind::Pending);
            QCOMPARE(document->pieces.back().source.end, text.size());
            const auto pending = std::find_if(document->pieces.begin(), document->pieces.end(),
                                              [](const DiffPiece& piece) { return piece.kind == PieceKind::Pending; });
            const auto wordsOf = [](const QString& part) { return part.split(u' ', Qt::SkipEmptyParts).size(); };
            QVERIFY(wordsOf(document->source.left(pending->source.begin)) < wordsOf(document->reconstruction) + 12);
        }
    }

    void aFailureIsASentenceAndARemedy()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        QVERIFY(m_explorer->write(u"{fail} "_s + story));
        QVERIFY(m_explorer->run());
        QVERIFY(m_explorer->notice().showsError());
        QVERIFY(FakeExplorer::shows(m_explorer->notice(), u"ran out while reconstructing. Choose shorter spans."_s));
        QCOMPARE(m_explorer->page().result().diff->source, story); // the result before is still there
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
        QVERIFY(m_explorer->controls().runAction()->isEnabled());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        QVERIFY(!m_explorer->notice().isVisible());
    }

    void aDeadEngineCostsOneRun()
    {
        QVERIFY(m_explorer->start());
        const auto text = u"{die} "_s + story;
        QVERIFY(m_explorer->write(text));
        QSignalSpy lost(&m_explorer->client, &EngineClient::lost);
        QVERIFY(m_explorer->run());
        QCOMPARE(lost.size(), 1);
        QVERIFY(m_explorer->notice().message().contains(u"The engine was killed"_s));
        QCOMPARE(m_explorer->page().source(), text);
        QTRY_VERIFY(m_explorer->client.model().has_value());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        QCOMPARE(m_explorer->page().result().diff->differences.size(), 4U);
    }

    /// What a run that failed was about to show must not show up in the next one.
    void staleDocumentsAreDropped()
    {
        QVERIFY(m_explorer->start());
        ReconstructionRun run(m_explorer->client);
        const auto old = u"{hang} "_s + story.repeated(2000);
        const TextPlan plan;
        bool streamed = false;
        QSignalSpy failed(&run, &ReconstructionRun::failed);
        QStringList shown;
        connect(&run, &ReconstructionRun::documentReady, this,
                [&](const DiffDocumentPtr& document, int /*firstChanged*/) { shown += document->source.left(6); });
        connect(&m_explorer->client, &EngineClient::progressed, this, [&] { streamed = true; });
        run.start(old, plan, {});
        QTRY_VERIFY(streamed);
        QTest::qWait(140); // the first document is being built
        const auto before = shown.size();
        ::kill(static_cast<pid_t>(m_explorer->client.process().processId()), SIGKILL);
        QTRY_COMPARE(failed.size(), 1);
        QSignalSpy finished(&run, &ReconstructionRun::finished);
        run.start(story, plan, {});
        QVERIFY(run.isRunning());
        QTRY_VERIFY(!run.isRunning());
        QCOMPARE(finished.size(), 1);
        QVERIFY(shown.size() > before);
        for (auto i = before; i < shown.size(); ++i)
            QCOMPARE(shown[i], story.left(6));
    }

    void runsAgainOnChange()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        auto* again = m_explorer->controls().findChild<QCheckBox*>();
        again->setChecked(true);
        m_explorer->source().setEditing(true);
        QTest::keyClicks(&m_explorer->source().editor(), u"New. "_s);
        QTRY_COMPARE(m_explorer->page().result().diff->source, u"New. "_s + story);
        QVERIFY(m_explorer->waitForEnd());
        QTest::keyClick(m_explorer->controls().findChild<QSlider*>(), Qt::Key_Left); // fewer slots
        QTRY_COMPARE(m_explorer->page().result().result->reconstruction.slots, 64);
        QVERIFY(m_explorer->waitForEnd());
        again->setChecked(false);
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        QTest::keyClicks(&m_explorer->source().editor(), u"x"_s);
        QTRY_VERIFY(asksFor(asked, protocol::textPlan.name));
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        QTest::qWait(700); // longer than it waits for the next key
        QVERIFY(!asksFor(asked, protocol::reconstruct.name));
        QCOMPARE(m_explorer->page().result().diff->source, u"New. "_s + story);
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
    }

    /// A change while it runs: what runs makes way.
    void runsAgainOnChangeWhileItRuns()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->controls().findChild<QCheckBox*>()->setChecked(true);
        m_explorer->page().setSource(u"{hang} "_s + story);
        QTRY_VERIFY(m_explorer->page().isRunning());
        m_explorer->page().setSource(u"New. "_s + story);
        QTRY_COMPARE(m_explorer->page().result().diff->source, u"New. "_s + story);
        QVERIFY(!m_explorer->page().result().result->reconstruction.stopped);
    }

    /// Otherwise a text that kills the engine would kill it again and again.
    void aRunThatKilledTheEngineIsNotRepeatedUnasked()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->controls().findChild<QCheckBox*>()->setChecked(true);
        QSignalSpy lost(&m_explorer->client, &EngineClient::lost);
        m_explorer->page().setSource(u"{die} "_s + story);
        QTRY_COMPARE(lost.size(), 1);
        QTRY_VERIFY(m_explorer->client.model().has_value());
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        QTest::qWait(800); // longer than it waits for the next key
        QVERIFY(!asksFor(asked, protocol::reconstruct.name));
        QCOMPARE(lost.size(), 1);
        QVERIFY(!m_explorer->page().isRunning());
        m_explorer->page().setSource(u"New. "_s + story); // a change is asked for
        QTRY_COMPARE(m_explorer->page().result().diff->source, u"New. "_s + story);
    }

    void anEditorOpenedWhileItRunsStays()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(u"{hang} "_s + story));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        auto& pane = m_explorer->source();
        QTRY_VERIFY(pane.column().document());
        QVERIFY(!pane.isEditing());
        m_explorer->key(Qt::Key_E, Qt::ControlModifier);
        QVERIFY(pane.isEditing());
        QTest::keyClicks(&pane.editor(), u"New "_s);
        const auto* before = pane.column().document().get();
        m_explorer->key(Qt::Key_Escape); // what was written until then comes as another document
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(pane.column().document().get() != before);
        QVERIFY(pane.isEditing() && pane.editor().isVisible());
        QVERIFY(m_explorer->page().source().contains(u"New "_s));
    }

    void aRunWaitsForTheModel()
    {
        m_explorer->settings.setModel({u"/models/late"_s, {}, u"auto"_s, u"auto"_s});
        m_explorer->page().setSource(story);
        m_explorer->client.start();
        // Already while the engine starts.
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"Loading late…"_s));
        QTRY_COMPARE(m_explorer->client.state(), EngineClient::State::Ready);
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"Loading late…"_s));
        QVERIFY(FakeExplorer::shows(*m_explorer->window, u"Model: Loading late…"_s));
        QVERIFY(!FakeExplorer::shows(*m_explorer->window, u"No model"_s));
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        QVERIFY(!m_explorer->page().isRunning());
        m_explorer->client.call(protocol::status, {}, m_explorer->window.get()); // it is loaded now
        QTRY_VERIFY(m_explorer->page().result().result != nullptr);
        QCOMPARE(m_explorer->page().result().diff->source, story);
        QVERIFY(!FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
    }

    void aRunThatWaitsForAModelThatFailsEnds()
    {
        m_explorer->settings.setModel({u"/models/slow"_s, {}, u"auto"_s, u"auto"_s});
        m_explorer->page().setSource(story);
        m_explorer->client.start();
        QTRY_COMPARE(m_explorer->client.state(), EngineClient::State::Ready);
        m_explorer->key(Qt::Key_Return, Qt::ControlModifier);
        QVERIFY(FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        m_explorer->key(Qt::Key_Escape);
        QTRY_VERIFY(FakeExplorer::shows(m_explorer->result(), u"No model loaded"_s));
        QVERIFY(!FakeExplorer::shows(m_explorer->controls(), u"Stop"_s));
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        QVERIFY(m_explorer->load("/models/nano/base", "/models/nano/reconstruct"));
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        QVERIFY(!asksFor(asked, protocol::reconstruct.name)); // it was given up
    }

    /// Another model makes the result stale, the same one again does not; Auto-run refreshes what is stale.
    void theSameModelAgainChangesNothing()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->write(story));
        QVERIFY(m_explorer->run());
        m_explorer->client.call(protocol::modelsUnload, {}, m_explorer->window.get());
        QTRY_VERIFY(!m_explorer->client.model());
        QVERIFY(m_explorer->load("/models/nano/base", "/models/nano/reconstruct"));
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        QVERIFY(!FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
        QVERIFY(m_explorer->write(u"New. "_s + story));
        QVERIFY(FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
        m_explorer->controls().findChild<QCheckBox*>()->setChecked(true);
        QTRY_COMPARE(m_explorer->page().result().diff->source, u"New. "_s + story);
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(!FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
    }

    void anErrorGoesWithTheNextSuccess()
    {
        QVERIFY(m_explorer->start());
        QVERIFY(m_explorer->load("/models/nano/base", "/models/nano/reconstruct"));
        QVERIFY(m_explorer->write(story));
        QFile file(m_folder.filePath(u"text.txt"_s));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(story.toUtf8()) > 0);
        file.close();
        QVERIFY(!m_explorer->page().openFile(m_folder.filePath(u"missing.txt"_s)));
        QVERIFY(m_explorer->notice().showsError());
        QVERIFY(m_explorer->page().openFile(file.fileName()));
        QVERIFY(!m_explorer->notice().showsError());
        QTRY_VERIFY(m_explorer->page().plan().has_value());
        m_explorer->page().showError(Error(ErrorKind::Io, "It failed.", "Try again."));
        QVERIFY(m_explorer->run());
        QVERIFY(!m_explorer->notice().isVisible());
    }

    /// What was typed or pasted comes back after Quit and after a kill; what a file has does not take its place.
    void theTextComesBack()
    {
        const auto settings = m_folder.filePath(QString::number(m_windows));
        const auto text = u"Grüße, pasted.\n\nAnd a second line 😀"_s;
        QVERIFY(!m_explorer->page().restoreDraft());
        QGuiApplication::clipboard()->setText(text);
        QTest::keyClick(&m_explorer->source().editor(), Qt::Key_V, Qt::ControlModifier);
        QCOMPARE(m_explorer->page().source(), text);
        { // killed a moment later: nothing was closed
            const auto file = m_explorer->settings.draftFile();
            QTRY_VERIFY(QFile::exists(file));
            QCOMPARE(QFile::permissions(file) & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
            FakeExplorer next(settings);
            QVERIFY(next.page().restoreDraft());
            QCOMPARE(next.page().source(), text);
        }
        QTest::keyClicks(&m_explorer->source().editor(), u"!"_s);
        m_explorer = std::make_unique<FakeExplorer>(settings); // closed at once
        QVERIFY(m_explorer->page().restoreDraft());
        QCOMPARE(m_explorer->page().source(), text + u'!');
        m_explorer->page().openSample(u"ferry"_s);
        m_explorer = std::make_unique<FakeExplorer>(settings);
        QVERIFY(m_explorer->page().restoreDraft());
        QCOMPARE(m_explorer->page().source(), text + u'!');
        m_explorer->page().setSource({});
        m_explorer = std::make_unique<FakeExplorer>(settings);
        QVERIFY(!m_explorer->page().restoreDraft());
    }

    /// As above, with a text that takes many slices to insert.
    void aLongTextComesBack()
    {
        const auto settings = m_folder.filePath(QString::number(m_windows));
        const auto text = story.repeated(8000);
        m_explorer->page().setSource(text);
        QTRY_VERIFY(!m_explorer->source().editor().isInserting());
        m_explorer = std::make_unique<FakeExplorer>(settings);
        QVERIFY(m_explorer->page().restoreDraft());
        QTRY_VERIFY(!m_explorer->source().editor().isInserting());
        QCOMPARE(m_explorer->page().source(), text);
    }

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
    /// Sets the text and waits until the engine is asked.
    bool asksForAPlan(const QString& text)
    {
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        m_explorer->page().setSource(text);
        return QTest::qWaitFor([&] { return asksFor(asked, protocol::textPlan.name); });
    }

    /// Whether there was such a request among those that began.
    static bool asksFor(const QSignalSpy& begun, const char* method)
    {
        return std::any_of(begun.begin(), begun.end(), [method](const QVariantList& arguments) {
            return arguments[1].toString() == QLatin1String(method);
        });
    }

    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
    int m_windows = 0;
};

QTEST_MAIN(TestCompressPage)
#include "test_compress_page.moc"
