#include "fake_explorer.h"

#include <QCheckBox>
#include <QClipboard>
#include <QPushButton>
#include <QSlider>

#include <csignal>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

/// Comes back with four differences: a word, a number, a capital, and a sentence that is missing.
const auto story = u"The clock at the pier struck 12 times. Harbour lights went out. Nobody saw it. Then came rain."_s;

} // namespace

/// The Compress page with a scripted engine: plans, runs, and what becomes of them. How a result is read is in
/// test_compress_reading.cpp.
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
        const auto said = m_explorer->window->statusLine().text();
        QVERIFY(said.contains(u"4 differences"_s));
        // All that was waited for, and not only the phases that the engine counts (2.8 s, as it says).
        QVERIFY2(said.contains(u" slots in "_s) && !said.contains(u"in 2.8 s"_s), qPrintable(said));
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
        again->setChecked(true); // what is stale is made anew at once
        QTRY_COMPARE(m_explorer->page().result().diff->source, u"New. x"_s + story);
        QVERIFY(m_explorer->waitForEnd());
        QVERIFY(!FakeExplorer::shows(m_explorer->result(), u"of an earlier text"_s));
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
