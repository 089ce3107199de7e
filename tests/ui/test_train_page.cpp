#include "fake_explorer.h"
#include "pages/engine_file_dialog.h"
#include "pages/study/study_form.h"
#include "pages/study/study_page.h"
#include "pages/train/job_editors.h"
#include "pages/train/job_form.h"
#include "pages/train/run_dialogs.h"
#include "pages/train/run_samples.h"
#include "pages/train/train_page.h"
#include "protocol/train_protocol.h"
#include "widgets/common/notice_bar.h"
#include "widgets/plot/curve_chart.h"
#include "widgets/text/prose_column.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QInputDialog>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSlider>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeWidget>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

} // namespace

/// The Train page with a scripted engine: a job as form and as text, its curves while they grow, what it wrote, and
/// where it leads.
class TestTrainPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void init()
    {
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(QString::number(++m_windows)));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
        m_explorer->window->showPage(u"train"_s);
        m_tester = std::make_unique<QAbstractItemModelTester>(&page().runs().list());
    }

    void cleanup()
    {
        m_tester.reset();
        m_explorer.reset();
    }

    /// Form and text are one document: what is changed in one stands in the other, and comments stay.
    void aJobIsFormAndText()
    {
        QVERIFY(FakeExplorer::shows(page(), u"No training run yet"_s));
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QVERIFY(form().isVisible());
        QTRY_VERIFY(form().isReady());
        QVERIFY(FakeExplorer::shows(form(), u"1,000 steps of 1,000 tokens"_s));
        QVERIFY(text().toPlainText().contains(u"// at its peak"_s));
        type(field(u"Learning rate"_s), u"0.0005"_s);
        QVERIFY(text().toPlainText().contains(u"\"learning_rate\": 0.0005 }, // at its peak"_s));
        QTest::mouseClick(cells().cell(128, 16), Qt::LeftButton);
        QVERIFY(text().toPlainText().contains(u"[[64, 16], [128, 16], [512, 128]] }, // tokens, slots"_s));
        QTest::mouseClick(cells().cell(64, 16), Qt::LeftButton);
        QVERIFY(text().toPlainText().contains(u"[[128, 16], [512, 128]]"_s));
        text().undo(); // each change is one
        QVERIFY(cells().cell(64, 16)->isChecked());
        auto changed = text().toPlainText();
        text().setPlainText(changed.replace(u"0.0005"_s, u"2e-3 /* faster */"_s).replace(u"512, 128"_s, u"256, 32"_s));
        QCOMPARE(field(u"Learning rate"_s).text(), u"0.002"_s);
        QVERIFY(cells().cell(256, 32)->isChecked() && !cells().cell(512, 128)->isChecked());
        type(field(u"Batch"_s), u"2048"_s);
        QVERIFY(text().toPlainText().contains(u"\"batch_tokens\": 2048"_s));
        QVERIFY(text().toPlainText().contains(u"/* faster */"_s));
    }

    /// Numbers that a job may leave out: 1 until someone says otherwise, and what a text says that they cannot be is a
    /// fault at the same place.
    void countsAreOneUntilSaid()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(form().isReady());
        auto& gpus = count(u"GPUs"_s);
        QCOMPARE(gpus.value(), 1);
        QVERIFY(!gpus.parentWidget()->toolTip().isEmpty());
        QVERIFY(!text().toPlainText().contains(u"ranks"_s));
        gpus.setFocus();
        QTest::keyClick(&gpus, Qt::Key_Up);
        QVERIFY(text().toPlainText().contains(u"\"ranks\": 2\n"_s));
        QTRY_VERIFY(form().isReady());
        gpus.setValue(9);
        QVERIFY(!form().isReady());
        QTRY_VERIFY(FakeExplorer::shows(form(), u"This machine has 8 GPUs. Take no more."_s));
        QCOMPARE(gpus.parentWidget()->accessibleDescription(), u"This machine has 8 GPUs. Take no more."_s);
        QCOMPARE(text().extraSelections().front().cursor.selectedText(), u"9"_s);
        auto changed = text().toPlainText();
        text().setPlainText(changed.replace(u"\"ranks\": 9"_s, u"\"ranks\": \"all\""_s));
        QTRY_VERIFY(FakeExplorer::shows(form(), u"This machine has 8 GPUs. Take no more."_s));
        QVERIFY(text().toPlainText().contains(u"\"all\""_s)); // the text is what one wrote
        changed = text().toPlainText();
        text().setPlainText(changed.replace(u"\"all\""_s, u"4"_s));
        QCOMPARE(gpus.value(), 4);
        QTRY_VERIFY(form().isReady());
        QWheelEvent wheel({}, gpus.mapToGlobal(QPointF()), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        text().setFocus();
        QCoreApplication::sendEvent(&gpus, &wheel);
        QCOMPARE(gpus.value(), 4); // the form was to be scrolled

        auto& turns = count(u"Questions a text"_s);
        QVERIFY(!turns.isVisible()); // this stage asks none
        changed = text().toPlainText();
        text().setPlainText(changed.replace(u"\"adapter\""_s, u"\"instruct\""_s));
        QVERIFY(turns.isVisible());
        QCOMPARE(turns.value(), 1);
        turns.setValue(6);
        QVERIFY(text().toPlainText().contains(u"\"questions\": {\"turns\": 6}"_s));
        QTRY_VERIFY(form().isReady());
    }

    void aFaultStandsAtItsFieldAndInTheText()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(form().isReady());
        type(field(u"Learning rate"_s), u"fast"_s);
        QVERIFY(!form().isReady());
        QTRY_VERIFY(FakeExplorer::shows(form(), u"no number from 0 to 1. Write one, for instance 1e-4."_s));
        QCOMPARE(text().extraSelections().size(), 1);
        QCOMPARE(text().extraSelections().front().cursor.selectedText(), u"\"fast\""_s);
        type(field(u"Learning rate"_s), u"1e-4"_s);
        QTRY_VERIFY(form().isReady());
        QVERIFY(text().extraSelections().isEmpty());
        const auto whole = text().toPlainText();
        text().setPlainText(u"{ \"stage\": "_s);
        QTRY_VERIFY(!form().isReady() && FakeExplorer::shows(form(), u"problem"_s) == false);
        text().setPlainText(whole);
        QTRY_VERIFY(form().isReady());
        QTest::mouseClick(button(form(), u"Estimate"_s), Qt::LeftButton);
        QTRY_VERIFY(FakeExplorer::shows(form(), u"2.0 GB of memory at its peak, 8.0 GB free"_s));
    }

    /// The last field in sight has its sentence below what is in sight.
    void aFaultComesIntoSight()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(form().isReady());
        auto& rate = field(u"Learning rate"_s);
        QScrollArea* rows = nullptr;
        for (auto* scroll : form().findChildren<QScrollArea*>())
            if (scroll->isAncestorOf(&rate))
                rows = scroll;
        QVERIFY(rows != nullptr);
        rows->verticalScrollBar()->setValue(0);
        m_explorer->window->resize(1200, 640);
        QTest::qWait(50);
        rows->ensureWidgetVisible(&rate, 0, 0);
        rate.setFocus();
        type(rate, u"fast"_s);
        const auto problem = [&]() -> QLabel* {
            for (auto* label : form().findChildren<QLabel*>())
                if (label->isVisible() && label->text().contains(u"for instance 1e-4"_s))
                    return label;
            return nullptr;
        };
        QTRY_VERIFY(problem() != nullptr);
        QTRY_COMPARE(problem()->visibleRegion().boundingRect(), problem()->rect());
    }

    /// Curves grow while one watches; Esc stops nothing; Stop, Resume and Extend do what they say.
    void aRunGrowsBeforeOnesEyes()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        type(field(u"Name"_s), u"live-one"_s);
        QTRY_VERIFY(form().isReady());
        QTest::keyClick(&field(u"Name"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(page().current(), u"/runs/live-one"_s);
        QVERIFY(!form().isVisible());
        QTRY_VERIFY(chart().curves() != nullptr && !chart().curves()->isEmpty());
        const auto before = chart().curves()->runs.front()->steps.size();
        QTRY_VERIFY(chart().curves()->runs.front()->steps.size() > before);
        m_explorer->key(Qt::Key_Escape);
        QTest::keyClick(&chart(), Qt::Key_F9, Qt::ShiftModifier);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"stopped"_s));
        QTest::keyClick(&chart(), Qt::Key_F9);
        QTRY_VERIFY_WITH_TIMEOUT(FakeExplorer::shows(page(), u"done"_s), 15'000);
        QTRY_COMPARE(chart().curves()->runs.front()->columns.at("losses/ae").values.size(), std::size_t(100));
        QTRY_VERIFY(FakeExplorer::shows(*m_explorer->window, u"live-one: done. The job is done."_s));
        QVERIFY(FakeExplorer::shows(page(), u"best 64 → 16"_s));
        action(u"Extend…"_s)->trigger();
        auto* dialog = page().findChild<ExtendDialog*>();
        QVERIFY(dialog != nullptr);
        dialog->findChild<QSpinBox*>()->setValue(500);
        QCOMPARE(dialog->params().steps, std::optional<std::int64_t>(500));
        dialog->accept();
        QTRY_VERIFY(FakeExplorer::shows(page(), u"running"_s));
    }

    void samplesAreWalkedByStep()
    {
        QVERIFY(show("done"));
        QTRY_COMPARE(samples().step(), 1000); // the last evaluation
        QTRY_VERIFY(samples().reconstruction().document() != nullptr);
        QTRY_VERIFY(samples().reconstruction().document()->differences.empty());
        samples().findChild<QSlider*>()->setValue(0);
        QCOMPARE(samples().step(), 200);
        QTRY_VERIFY(!samples().reconstruction().document()->differences.empty());
        QVERIFY(FakeExplorer::shows(samples(), u"Step 200 · BLEU"_s));
        auto* against = samples().findChildren<QComboBox*>().back();
        against->setCurrentIndex(against->findText(u"step 400"_s)); // which wrote the same
        QTRY_VERIFY(samples().reconstruction().document()->differences.empty());
        QVERIFY(FakeExplorer::shows(samples(), u"Step 400"_s));
        const auto losses = panel("losses");
        QTest::mouseClick(&chart(), Qt::LeftButton, {}, QPoint(1, 1)); // no curve there
        QTest::mouseMove(chart().childAt(10, 60), {});
        const auto at = chart().positionOf(losses, 0, 39).toPoint();
        auto* plot = chart().childAt(at);
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->mapFrom(&chart(), at));
        QCOMPARE(samples().step(), 400);
    }

    /// Alerts stand on the page, on the curves, and with what can be done.
    void alertsAreMarks()
    {
        QVERIFY(show("done"));
        const auto& marks = chart().curves()->marks;
        QCOMPARE(marks.size(), std::size_t(1));
        QCOMPARE(marks.front().x, 400.0);
        QVERIFY(marks.front().event.isAlert);
        QCOMPARE(marks.front().event.remedy, u"Lower the learning rate."_s);
    }

    void runsAreCompared()
    {
        QVERIFY(show("one"));
        QVERIFY(show("two", u"\"seed\": 7,"_s));
        menuAction(u"one"_s)->setChecked(true);
        QTRY_COMPARE(chart().curves()->runs.size(), std::size_t(2));
        QCOMPARE(chart().curves()->legend.size(), std::size_t(2));
        auto* differences = page().findChildren<QTreeWidget*>().back();
        const auto trees = page().findChildren<QTreeWidget*>();
        for (auto* tree : trees)
            if (tree->accessibleName() == u"What differs between the jobs"_s)
                differences = tree;
        QTRY_COMPARE(differences->topLevelItemCount(), 1);
        QCOMPARE(differences->topLevelItem(0)->text(0), u"seed"_s);
        QCOMPARE(differences->topLevelItem(0)->text(1), u"7"_s);
        const auto csv = save(u"Every point as CSV…"_s, u"points.csv"_s);
        QVERIFY(csv.startsWith("run,curve,step"));
        QCOMPARE(csv.count("one,losses/ae,"), 100);
        QVERIFY(save(u"Curves as PDF…"_s, u"curves.pdf"_s).startsWith("%PDF"));
        QVERIFY(save(u"Curves as SVG…"_s, u"curves.svg"_s).contains("<path"));
    }

    void aCheckpointLeadsOn()
    {
        QVERIFY(show("done"));
        action(u"Publish…"_s)->trigger();
        auto* dialog = page().findChild<QInputDialog*>();
        QVERIFY(dialog->textValue().endsWith(u"done-step-1000"_s));
        dialog->accept();
        QTRY_VERIFY(FakeExplorer::shows(*m_explorer->window, u"Published into /runs/done-step-1000"_s));
        action(u"Study it…"_s)->trigger();
        auto* study = m_explorer->window->findChild<StudyPage*>();
        QVERIFY(study->isVisible());
        const auto spec = study->findChild<StudyForm*>()->spec();
        QCOMPARE(spec.kind, StudyKind::Models);
        QCOMPARE(spec.models.front().run, std::string("/runs/done"));
        m_explorer->window->showPage(u"train"_s);
        action(u"Try it"_s)->trigger();
        QTRY_VERIFY(m_explorer->page().isVisible());
        QTRY_COMPARE(QString::fromStdString(m_explorer->client.model()->adapter), u"/runs/done/kept/step-1000"_s);
    }

    void whatEndedBadlySaysWhy()
    {
        QVERIFY(show("died"));
        QTRY_VERIFY(FakeExplorer::shows(page(), u"died"_s));
        QVERIFY(FakeExplorer::shows(page(), u"Its process is gone. It can go on"_s));
        QVERIFY(action(u"Resume"_s)->isEnabled());
        const auto offered = [&](const QString& text) {
            for (const auto* bar : page().findChildren<NoticeBar*>())
                for (auto* one : bar->findChildren<QToolButton*>())
                    if (one->isVisible() && one->text() == text)
                        return one;
            return static_cast<QToolButton*>(nullptr);
        };
        QVERIFY(offered(u"Resume"_s) != nullptr);
        QVERIFY(!action(u"Stop"_s)->isEnabled());
        action(u"Clone…"_s)->trigger();
        QTRY_VERIFY(form().isReady());
        QCOMPARE(form().name(), u"died-2"_s);
    }

    /// What went wrong with the data is mended from the page.
    void aRunWhoseDataMovedGoesOn()
    {
        QVERIFY(show("moved"));
        QTRY_VERIFY(action(u"Resume"_s)->isEnabled());
        action(u"Resume"_s)->trigger();
        QTRY_VERIFY(FakeExplorer::shows(page(), u"there is no text.txt. Put it there."_s));
        auto* with = action(u"Resume with…"_s);
        QVERIFY(with->isEnabled());
        QTest::keyClick(&chart(), Qt::Key_F9, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = page().findChild<ResumeDialog*>();
        QVERIFY(dialog != nullptr);
        QTest::keyClicks(dialog->findChild<QLineEdit*>(), u"/data"_s);
        dialog->findChildren<QCheckBox*>().front()->setChecked(true);
        QVERIFY(dialog->params().acceptChanges);
        dialog->accept();
        QTRY_VERIFY_WITH_TIMEOUT(FakeExplorer::shows(page(), u"done"_s), 15'000);
        QVERIFY(!FakeExplorer::shows(page(), u"there is no text.txt"_s));
    }

    void aWaitingRunIsMoved()
    {
        QVERIFY(m_explorer->start());
        for (const auto* name : {"waiting-1", "waiting-2", "waiting-3"}) {
            StartRunParams params;
            params.kind = RunKind::Training;
            params.spec = "{ \"stage\": \"adapter\" }";
            params.name = name;
            m_explorer->client.call(protocol::runsStart, params, m_explorer->window.get());
        }
        page().runs().refresh();
        QTRY_COMPARE(page().runs().list().rowCount(), 3);
        auto* list = page().findChild<QListView*>(u"runs"_s);
        const auto line = [&](const QString& run) {
            const auto& runs = page().runs().list();
            return runs.data(runs.index(runs.rowOf(run.toStdString())), RunListModel::LineRole).toString();
        };
        QTRY_COMPARE(line(u"/runs/waiting-3"_s), u"waiting for cpu, place 3 of 3"_s);
        list->setCurrentIndex(list->model()->index(page().runs().list().rowOf("/runs/waiting-3"), 0));
        QTRY_VERIFY(action(u"Earlier in the queue"_s)->isEnabled());
        QVERIFY(!action(u"Later in the queue"_s)->isEnabled());
        QTest::keyClick(list, Qt::Key_Up, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(line(u"/runs/waiting-3"_s), u"waiting for cpu, place 2 of 3"_s);
        QTRY_COMPARE(line(u"/runs/waiting-2"_s), u"waiting for cpu, place 3 of 3"_s);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"place 2 of 3"_s));
        QTest::keyClick(list, Qt::Key_Down, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_COMPARE(line(u"/runs/waiting-3"_s), u"waiting for cpu, place 3 of 3"_s);
    }

    /// Files of this machine are nothing that an engine on another one could read.
    void filesForARemoteEngineAreRefused()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(form().isReady());
        drop(u"/home/me/a.txt"_s);
        QTRY_COMPARE(field(u"Texts"_s).text(), u"samples; /home/me/a.txt"_s);
        m_explorer->settings.setEngineCommand(u"ssh gpu-box icae serve"_s);
        drop(u"/home/me/b.txt"_s);
        QVERIFY(FakeExplorer::shows(form(), u"scp /home/me/b.txt gpu-box:"_s));
        QCOMPARE(field(u"Texts"_s).text(), u"samples; /home/me/a.txt"_s);
    }

    /// An engine on another machine is asked for its own files.
    void filesOfARemoteEngineAreChosen()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(form().isReady());
        m_explorer->settings.blockSignals(true); // the fake engine stays, as if it were there
        m_explorer->settings.setEngineCommand(u"ssh -p 2222 gpu-box icae serve"_s);
        m_explorer->settings.blockSignals(false);
        button(form(), u"Add files…"_s)->click();
        auto* dialog = form().findChild<EngineFileDialog*>();
        QVERIFY(dialog != nullptr);
        QVERIFY(dialog->windowTitle().contains(u"gpu-box"_s));
        QTRY_COMPARE(dialog->folder(), u"/home/there"_s);
        auto* files = dialog->findChild<QTreeWidget*>();
        QCOMPARE(files->topLevelItemCount(), 2);
        files->setCurrentItem(files->topLevelItem(0));
        QTest::keyClick(files, Qt::Key_Return);
        QTRY_COMPARE(dialog->folder(), u"/home/there/texts"_s);
        QCOMPARE(files->topLevelItemCount(), 2); // c.bin is none to train on
        QTest::keyClick(dialog, Qt::Key_Up, Qt::AltModifier);
        QTRY_COMPARE(dialog->folder(), u"/home/there"_s);
        auto* path = dialog->findChild<QLineEdit*>();
        path->selectAll();
        QTest::keyClicks(path, u"/nowhere"_s);
        QTest::keyClick(path, Qt::Key_Return);
        QTRY_VERIFY(FakeExplorer::shows(*dialog, u"There is no folder /nowhere."_s));
        path->selectAll();
        QTest::keyClicks(path, u"/home/there/texts"_s);
        QTest::keyClick(path, Qt::Key_Return);
        QTRY_COMPARE(dialog->folder(), u"/home/there/texts"_s);
        files->selectAll();
        dialog->accept();
        QCOMPARE(field(u"Texts"_s).text(), u"samples; /home/there/texts/a.txt; /home/there/texts/b.jsonl"_s);
    }

    void theSmallestWindowHoldsIt()
    {
        QVERIFY(show("done"));
        m_explorer->window->resize(m_explorer->window->minimumSize());
        QTest::qWait(50);
        QCOMPARE(m_explorer->window->size(), m_explorer->window->minimumSize());
        QVERIFY(chart().height() >= 120);
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTest::qWait(50);
        QCOMPARE(m_explorer->window->size(), m_explorer->window->minimumSize());
        QVERIFY(button(form(), u"Start"_s)->isVisible());
        QVERIFY2(page().minimumSizeHint().width() <= page().width(),
                 qPrintable(QString::number(page().minimumSizeHint().width())));
        for (const auto* stage : {u"adapter", u"instruct"}) { // no row is cut
            auto whole = text().toPlainText();
            text().setPlainText(whole.replace(u"\"adapter\""_s, u"\"%1\""_s.arg(stage)));
            QTest::qWait(20);
            QCOMPARE(form().findChild<QScrollArea*>()->horizontalScrollBar()->maximum(), 0);
        }
    }

private:
    TrainPage& page() { return *m_explorer->window->findChild<TrainPage*>(); }
    JobForm& form() { return *page().findChild<JobForm*>(); }
    QPlainTextEdit& text() { return *form().findChild<QPlainTextEdit*>(); }
    CellsEditor& cells() { return *form().findChild<CellsEditor*>(); }
    CurveChart& chart() { return *page().findChild<CurveChart*>(); }
    RunSamples& samples() { return *page().findChild<RunSamples*>(); }

    int panel(const std::string& name)
    {
        const auto& panels = chart().curves()->panels;
        for (std::size_t i = 0; i < panels.size(); ++i)
            if (panels[i].name == name)
                return static_cast<int>(i);
        return -1;
    }

    QLineEdit& field(const QString& title)
    {
        for (auto* line : form().findChildren<QLineEdit*>())
            if (line->accessibleName() == title)
                return *line;
        qFatal("no field %s", qPrintable(title));
    }

    QSpinBox& count(const QString& title)
    {
        for (auto* box : form().findChildren<QSpinBox*>())
            if (box->accessibleName() == title)
                return *box;
        qFatal("no count %s", qPrintable(title));
    }

    static void type(QLineEdit& line, const QString& text)
    {
        line.selectAll();
        QTest::keyClicks(&line, text);
    }

    void drop(const QString& file)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(file)});
        QDragEnterEvent enter(QPoint(2, 2), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&form(), &enter);
        QDropEvent event(QPointF(2, 2), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(&form(), &event);
    }

    QAction* action(const QString& text)
    {
        for (auto* one : page().actions())
            if (one->text() == text)
                return one;
        return nullptr;
    }

    static QAbstractButton* button(const QWidget& widget, const QString& text)
    {
        for (auto* one : widget.findChildren<QAbstractButton*>())
            if (one->text() == text)
                return one;
        return nullptr;
    }

    QAction* menuAction(const QString& text)
    {
        for (const auto* menu : page().findChild<TrainControls*>()->findChildren<QMenu*>())
            for (auto* one : menu->actions())
                if (one->text() == text)
                    return one;
        return nullptr;
    }

    /// Starts a run and waits for its curves.
    bool show(const char* name, const QString& more = {})
    {
        if (!m_explorer->client.model() && !m_explorer->start())
            return false;
        const auto run = u"/runs/"_s + QLatin1String(name);
        StartRunParams params;
        params.kind = RunKind::Training;
        params.spec = "{ " + more.toStdString() + " \"stage\": \"adapter\", \"base\": \"/models/nano/base\" }";
        params.name = name;
        m_explorer->client.call(protocol::runsStart, params, m_explorer->window.get(),
                                {.done = [this](const RunInfo& /*info*/) { page().runs().refresh(); }});
        if (!QTest::qWaitFor([&] { return page().runs().list().rowOf(run.toStdString()) >= 0; }))
            return false;
        auto* list = page().findChild<QListView*>(u"runs"_s);
        list->setCurrentIndex(list->model()->index(page().runs().list().rowOf(run.toStdString()), 0));
        return QTest::qWaitFor(
            [&] { return page().current() == run && chart().curves() && chart().curves()->runs.front()->run == run; });
    }

    QByteArray save(const QString& what, const QString& name)
    {
        const auto file = m_folder.filePath(name);
        menuAction(what)->trigger();
        auto* dialog = page().findChildren<QFileDialog*>().back();
        Q_EMIT dialog->fileSelected(file);
        dialog->close();
        QTest::qWait(10); // it deletes itself
        QFile saved(file);
        return saved.open(QIODevice::ReadOnly) ? saved.readAll() : QByteArray();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
    std::unique_ptr<QAbstractItemModelTester> m_tester;
    int m_windows = 0;
};

QTEST_MAIN(TestTrainPage)
#include "test_train_page.moc"
