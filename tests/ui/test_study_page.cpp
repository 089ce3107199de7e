#include "fake_explorer.h"
#include "models/figure_options.h"
#include "pages/study/study_details.h"
#include "pages/study/study_form.h"
#include "pages/study/study_page.h"
#include "widgets/common/empty_state.h"
#include "widgets/plot/study_figure.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QInputDialog>
#include <QLineEdit>
#include <QListView>
#include <QListWidget>
#include <QMenu>
#include <QPushButton>
#include <QTreeView>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

} // namespace

/// The Study page with a scripted engine: its states, what leads in and out of a figure, and what becomes of studies.
class TestStudyPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY(m_folder.isValid()); }

    void init()
    {
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(QString::number(++m_windows)));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
        m_explorer->window->showPage(u"study"_s);
        m_testers.clear();
        m_testers.push_back(std::make_unique<QAbstractItemModelTester>(&page().runs().list()));
        m_testers.push_back(std::make_unique<QAbstractItemModelTester>(table().model()));
    }

    void cleanup()
    {
        m_testers.clear();
        m_explorer.reset();
        qunsetenv("ICAE_FAKE_DEADLY");
    }

    void emptyOffersTheFirstStudy()
    {
        QVERIFY(FakeExplorer::shows(page(), u"No study yet"_s));
        QVERIFY(m_explorer->start());
        QTRY_VERIFY(page().runs().isListed());
        auto* empty = page().findChild<EmptyState*>();
        QVERIFY(empty->isVisible());
        QTest::mouseClick(empty->findChild<QPushButton*>(), Qt::LeftButton);
        QVERIFY(form().isVisible());
        QTRY_VERIFY(form().isReady()); // the model that is loaded, the texts that come with the program
        QTest::keyClick(&field(u"Title"_s), Qt::Key_Escape);
        QVERIFY(empty->isVisible());
        for (auto* action : {stopAction(), resumeAction()})
            QVERIFY(!action->isEnabled());
    }

    void aFaultStandsAtItsField()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY(form().isReady());
        QTRY_VERIFY(FakeExplorer::shows(form(), u"4 cells, 24 samples"_s));
        field(u"Slots"_s).setText(u"16, many"_s);
        QVERIFY(!form().isReady());
        QTRY_VERIFY(FakeExplorer::shows(form(), u"whole numbers apart by commas"_s));
        field(u"Slots"_s).setText(u"32, 256"_s);
        QTRY_VERIFY(FakeExplorer::shows(form(), u"128 slots at most. Choose fewer."_s));
        QCOMPARE(field(u"Slots"_s).accessibleDescription(), u"The model has 128 slots at most. Choose fewer."_s);
        QVERIFY(!form().isReady());
        field(u"Slots"_s).setText(u"32"_s);
        QTRY_VERIFY(form().isReady());
        QVERIFY(!FakeExplorer::shows(form(), u"128 slots"_s));
        QTRY_VERIFY(FakeExplorer::shows(form(), u"2 cells, 12 samples"_s));
        QTest::mouseClick(button(form(), u"Estimate the time"_s), Qt::LeftButton);
        QTRY_VERIFY(FakeExplorer::shows(form(), u"in about 3 min on CPU (2 threads)"_s));
    }

    void aFormSaysWhatTheCommandLineSays()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        field(u"Title"_s).setText(u"My study: 1"_s);
        QVERIFY(FakeExplorer::shows(form(), u"icae study spec.json --run My-study-1"_s));
        form().findChild<QComboBox*>()->setCurrentIndex(static_cast<int>(StudyKind::Questions));
        QVERIFY(field(u"Questions"_s).isVisible());
        QVERIFY(!field(u"Lengths"_s).isVisible());
        field(u"Questions"_s).setText(u"/data/questions.jsonl"_s);
        QTest::mouseClick(button(form(), u"Copy the spec"_s), Qt::LeftButton);
        const auto spec = nlohmann::json::parse(QGuiApplication::clipboard()->text().toStdString());
        QCOMPARE(spec.at("kind").get<std::string>(), std::string("questions"));
        QCOMPARE(spec.at("questions").get<std::string>(), std::string("/data/questions.jsonl"));
        QCOMPARE(spec.at("models").size(), 1U);
    }

    void filesAreAddedByADialog()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        auto* add = button(form(), u"Add files…"_s);
        QVERIFY(add != nullptr && add->isVisible());
        for (const auto& name : {u"/texts/a.txt"_s, u"/texts/b.txt"_s}) {
            QTest::mouseClick(add, Qt::LeftButton);
            auto* dialog = form().findChild<QFileDialog*>();
            QVERIFY(dialog != nullptr);
            Q_EMIT dialog->filesSelected({name});
            dialog->reject();
            QTRY_VERIFY(form().findChild<QFileDialog*>() == nullptr);
        }
        QCOMPARE(field(u"Texts"_s).text(), u"/texts/a.txt; /texts/b.txt"_s);
    }

    /// Folders that cannot be read as runs are told of, once.
    void whatIsNoRunIsToldOf()
    {
        QVERIFY(m_explorer->start());
        m_explorer->window->showPage(u"study"_s);
        m_explorer->client.call(protocol::runsStart, {RunKind::Study, R"({"kind": "length"})", "crooked", {}},
                                m_explorer->window.get(),
                                {.done = [this](const RunInfo& /*info*/) { page().runs().refresh(); }});
        auto& notice = *page().findChild<NoticeBar*>();
        QTRY_VERIFY(FakeExplorer::shows(notice, u"The status of /runs/torn is damaged. Delete that folder."_s));
        QVERIFY(!notice.showsError());
        notice.clear();
        QSignalSpy asked(&m_explorer->client, &EngineClient::requestStarted);
        QTRY_VERIFY(asked.size() >= 2); // it is listed again
        QVERIFY(!notice.isVisible());
    }

    /// How studies are drawn is remembered.
    void theViewIsRemembered()
    {
        QCOMPARE(figureOptionsFrom("no JSON"), FigureOptions());
        FigureOptions options;
        options.form = FigureForm::HeatMap;
        options.measures = {"em", "loss"};
        options.x = FigureAxis::Ratio;
        options.band = FigureBand::Interval;
        options.logX = false;
        options.samples = false;
        QCOMPARE(figureOptionsFrom(toJson(options)), options);
        auto& controls = *page().findChild<StudyControls*>();
        QAction* dots = nullptr;
        for (auto* menu : controls.findChildren<QMenu*>())
            for (auto* action : menu->actions())
                if (action->text() == u"Samples as dots"_s)
                    dots = action;
        QVERIFY(dots != nullptr && dots->isChecked());
        dots->setChecked(false);
        const auto remembered = figureOptionsFrom(m_explorer->settings.studyView());
        QVERIFY(!remembered.samples);
        StudyControls next(m_explorer->theme, remembered);
        QVERIFY(!next.options().samples);
    }

    /// The figure grows, what is looked at stays, Esc stops nothing, and Stop and Resume do.
    void aStudyGrowsBeforeOnesEyes()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        field(u"Title"_s).setText(u"live one"_s);
        QTRY_VERIFY(form().isReady());
        QTest::keyClick(&field(u"Title"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_COMPARE(page().current(), u"/runs/live-one"_s);
        QVERIFY(!form().isVisible());
        QTRY_VERIFY(figure().figure() != nullptr);
        QTRY_COMPARE(table().model()->rowCount(), 4);
        table().setCurrentIndex(table().model()->index(1, 0));
        QVERIFY(FakeExplorer::shows(details(), u"64 → 128"_s));
        const auto before = figure().figure()->studies.front()->samples;
        QTRY_VERIFY(figure().figure()->studies.front()->samples > before);
        m_explorer->key(Qt::Key_Escape);
        QTest::qWait(50);
        QVERIFY(FakeExplorer::shows(page(), u"running"_s));
        QCOMPARE(table().currentIndex().row(), 1);
        QVERIFY(FakeExplorer::shows(details(), u"64 → 128"_s));
        QTest::keyClick(&table(), Qt::Key_F9, Qt::ShiftModifier);
        QTRY_VERIFY(FakeExplorer::shows(page(), u"stopped"_s));
        QVERIFY(!stopAction()->isEnabled());
        QTest::keyClick(&table(), Qt::Key_F9);
        QTRY_VERIFY_WITH_TIMEOUT(FakeExplorer::shows(page(), u"done"_s), 15'000);
        QTRY_COMPARE(figure().figure()->studies.front()->samples, 24);
        QVERIFY(!resumeAction()->isEnabled());
        QCOMPARE(table().currentIndex().row(), 1);
        QVERIFY(!notice().isVisible());
    }

    void aRefusalIsToldWhereItWasAsked()
    {
        QVERIFY(m_explorer->start());
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        field(u"Title"_s).setText(u"refused"_s);
        QTRY_VERIFY(form().isReady());
        QTest::mouseClick(button(form(), u"Start"_s), Qt::LeftButton);
        QTRY_VERIFY(FakeExplorer::shows(notice(), u"The runs folder is full. Make room, or set another one."_s));
        QVERIFY(form().isVisible()); // what was filled in is still there
        QCOMPARE(field(u"Title"_s).text(), u"refused"_s);
    }

    void whatFailedSaysWhy()
    {
        QVERIFY(show("failed"));
        QVERIFY(FakeExplorer::shows(page(), u"The disk is full. Make room and resume the study."_s));
        QVERIFY(resumeAction()->isEnabled());
        QCOMPARE(figure().figure()->studies.front()->samples, 8); // what there is is shown
        QVERIFY(show("died"));
        QTRY_VERIFY(FakeExplorer::shows(page(), u"Its process is gone."_s));
        QCOMPARE(page().runs().list().index(0).data(Qt::AccessibleTextRole).toString().section(u',', 0, 1),
                 u"died, died"_s);
    }

    void aSampleOpensAndLeadsBack()
    {
        QVERIFY(show("done"));
        m_explorer->client.call(protocol::modelsUnload, {}, m_explorer->window.get()); // it needs no model
        QTRY_VERIFY(!m_explorer->client.model().has_value());
        table().setCurrentIndex(table().model()->index(3, 0));
        QVERIFY(FakeExplorer::shows(details(), u"256 → 128"_s));
        auto& samples = *details().findChild<QListWidget*>();
        QCOMPARE(samples.count(), 7);
        QVERIFY(samples.item(0)->text().startsWith(u"median: #"));
        QVERIFY(samples.item(1)->text().startsWith(u"#6  0.6")); // the worst
        QVERIFY(samples.item(6)->text().startsWith(u"#1  1"));
        samples.setCurrentRow(1);
        Q_EMIT samples.itemActivated(samples.item(1));
        QTRY_COMPARE(m_explorer->window->page().id(), u"compress"_s);
        auto& compress = m_explorer->page();
        QTRY_COMPARE(compress.result().diff->differences.size(), 4U);
        QVERIFY(compress.source().startsWith(u"The clock at the pier"_s));
        QVERIFY(FakeExplorer::shows(compress, u"256 → 128, sample 6 of nano, from samples/story"_s));
        QVERIFY(!m_explorer->controls().saveMemoryAction()->isEnabled()); // there is no memory of it
        QVERIFY(!m_explorer->notice().isVisible());
        m_explorer->key(Qt::Key_B, Qt::ControlModifier);
        QCOMPARE(m_explorer->window->page().id(), u"study"_s);
        QVERIFY(FakeExplorer::shows(details(), u"256 → 128"_s));
        QCOMPARE(samples.currentRow(), 1);
    }

    /// From the figure itself: a dot opens, a point names its cell.
    void dotsOpenToo()
    {
        QVERIFY(show("done"));
        Q_EMIT figure().cellActivated(0, 2);
        QVERIFY(FakeExplorer::shows(details(), u"256 → 32"_s));
        QCOMPARE(table().currentIndex().row(), 2);
        Q_EMIT figure().sampleActivated({0, 2, 0});
        QTRY_COMPARE(m_explorer->window->page().id(), u"compress"_s);
        m_explorer->window->showPage(u"study"_s);
        Q_EMIT figure().sampleActivated({7, 2, 0}); // of no study that is there
        QTest::qWait(100);
        QCOMPARE(m_explorer->window->page().id(), u"study"_s);
    }

    void studiesAreRenamedDeletedAndTakenBack()
    {
        QVERIFY(show("done"));
        QVERIFY(show("other"));
        QTest::keyClick(&page(), Qt::Key_F2);
        auto* dialog = page().findChild<QInputDialog*>();
        QVERIFY(dialog != nullptr);
        QCOMPARE(dialog->textValue(), u"other"_s);
        dialog->setTextValue(u"renamed"_s);
        dialog->accept();
        QTRY_COMPARE(page().current(), u"/runs/renamed"_s);
        QTRY_VERIFY(figure().figure() != nullptr);
        QTest::keyClick(&page(), Qt::Key_Delete, Qt::ControlModifier);
        QTRY_COMPARE(page().current(), u"/runs/done"_s);
        QCOMPARE(page().runs().list().rowCount(), 1);
        QTest::keyClick(&page(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(page().current(), u"/runs/renamed"_s);
        QCOMPARE(page().runs().list().rowCount(), 2);
        QTest::keyClick(&page(), Qt::Key_F2);
        dialog = page().findChildren<QInputDialog*>().back();
        dialog->setTextValue(u"done"_s); // there is one
        dialog->accept();
        QTRY_VERIFY(FakeExplorer::shows(notice(), u"There is a run done. Choose another name."_s));
        QCOMPARE(page().current(), u"/runs/renamed"_s);
    }

    void aDuplicateBeginsFromItsSpec()
    {
        QVERIFY(show("done", R"({"kind": "length", "lengths": [96], "slots": [16, 48], "seed": 5})"));
        QTest::keyClick(&page(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(form().isVisible());
        QCOMPARE(form().spec().lengths, std::vector<std::int64_t>{96});
        QCOMPARE(field(u"Slots"_s).text(), u"16, 48"_s);
        QCOMPARE(form().spec().seed, 5);
    }

    void anotherStudyLiesOverIt()
    {
        QVERIFY(show("one"));
        QVERIFY(show("two"));
        auto* other = menuAction(u"one"_s);
        QVERIFY(other != nullptr);
        other->setChecked(true);
        QTRY_VERIFY(figure().figure() && figure().figure()->studies.size() == 2);
        QCOMPARE(figure().figure()->studies[1]->run, u"/runs/one"_s);
        other->setChecked(false);
        QTRY_COMPARE(figure().figure()->studies.size(), 1U);
    }

    void theFigureShowsWhatIsChosen()
    {
        QVERIFY(show("done"));
        menuAction(u"Slots"_s)->trigger();
        QTRY_COMPARE(figure().figure()->panels.front().x, FigureAxis::Slots);
        menuAction(u"EM"_s)->setChecked(false);
        QTRY_VERIFY(std::none_of(figure().figure()->panels.begin(), figure().figure()->panels.end(),
                                 [](const FigurePanel& panel) { return panel.measure == "em"; }));
        menuAction(u"Heat map of lengths and slots"_s)->setChecked(true);
        QTRY_VERIFY(!figure().figure()->panels.front().fields.empty());
    }

    void everythingCanLeave()
    {
        QVERIFY(show("done"));
        menuAction(u"Copy the table as LaTeX"_s)->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().contains(u"\\toprule"));
        menuAction(u"Copy the table as Markdown"_s)->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"|"));
        QVERIFY(save(u"Every sample as CSV…"_s, u"samples.csv"_s).startsWith("model,"));
        QCOMPARE(m_saved.count('\n'), 25); // a heading, and each
        const auto spec = nlohmann::json::parse(save(u"Spec as JSON…"_s, u"spec.json"_s).toStdString());
        QCOMPARE(spec.at("kind").get<std::string>(), std::string("length"));
        QVERIFY(save(u"Figure as PDF…"_s, u"figure.pdf"_s).startsWith("%PDF"));
        QVERIFY(save(u"Figure as SVG…"_s, u"figure.svg"_s).contains("<svg"));
        QVERIFY(save(u"Figure as PNG…"_s, u"figure.png"_s).startsWith("\x89PNG"));
        QVERIFY(!notice().isVisible());
        QVERIFY(save(u"Spec as JSON…"_s, u"no/such/folder/spec.json"_s).isEmpty());
        QVERIFY(notice().showsError());
    }

    /// What was being read when the engine died is read again from the next one.
    void aDeadEngineCostsNoStudy()
    {
        qputenv("ICAE_FAKE_DEADLY", m_folder.filePath(u"deadly"_s).toLocal8Bit());
        QSignalSpy lost(&m_explorer->client, &EngineClient::lost);
        m_explorer->client.start();
        QTRY_COMPARE(lost.size(), 1);
        QTRY_VERIFY_WITH_TIMEOUT(figure().figure() != nullptr, 15'000);
        QCOMPARE(figure().figure()->studies.front()->samples, 24);
    }

    void theStudyShownLastComesBack()
    {
        QVERIFY(show("one"));
        QVERIFY(show("two"));
        QVERIFY(show("three"));
        page().findChild<QListView*>(u"studies"_s)->setCurrentIndex(page().runs().list().index(1));
        QCOMPARE(page().current(), u"/runs/two"_s);
        m_testers.clear();
        m_explorer.reset();
        m_explorer = std::make_unique<FakeExplorer>(m_folder.filePath(QString::number(m_windows)));
        QVERIFY(QTest::qWaitForWindowExposed(m_explorer->window.get()));
        QVERIFY(page().isVisible());
        QVERIFY(m_explorer->start());
        for (const auto* name : {"one", "two", "three"}) // another engine knows none
            m_explorer->client.call(protocol::runsStart, {RunKind::Study, R"({"kind": "length"})", name, {}},
                                    m_explorer->window.get());
        QTRY_COMPARE(page().current(), u"/runs/two"_s);
        QTRY_VERIFY(figure().figure() != nullptr);
    }

    void theSmallestWindowHoldsIt()
    {
        QVERIFY(show("done"));
        m_explorer->window->resize(m_explorer->window->minimumSize());
        QTest::qWait(50);
        QCOMPARE(m_explorer->window->size(), m_explorer->window->minimumSize());
        QVERIFY(page().minimumSizeHint().width() <= 800);
        QVERIFY(figure().height() >= 120);
        m_explorer->key(Qt::Key_N, Qt::ControlModifier);
        QTest::qWait(50);
        QCOMPARE(m_explorer->window->size(), m_explorer->window->minimumSize());
        QVERIFY(button(form(), u"Start"_s)->isVisible());
    }

private:
    StudyPage& page() { return *m_explorer->window->findChild<StudyPage*>(); }
    StudyForm& form() { return *page().findChild<StudyForm*>(); }
    StudyFigure& figure() { return *page().findChild<StudyFigure*>(); }
    StudyDetails& details() { return *page().findChild<StudyDetails*>(); }
    NoticeBar& notice() { return *page().findChild<NoticeBar*>(); }
    QTreeView& table() { return *page().findChild<QTreeView*>(); }
    QAction* stopAction() { return action(page(), u"Stop"_s); }
    QAction* resumeAction() { return action(page(), u"Resume"_s); }

    QLineEdit& field(const QString& title)
    {
        for (auto* line : form().findChildren<QLineEdit*>())
            if (line->accessibleName() == title)
                return *line;
        qFatal("no field %s", qPrintable(title));
    }

    static QAction* action(const QWidget& widget, const QString& text)
    {
        for (auto* one : widget.actions())
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

    /// In a menu over the figure.
    QAction* menuAction(const QString& text)
    {
        for (const auto* menu : page().findChild<StudyControls*>()->findChildren<QMenu*>())
            if (auto* found = action(*menu, text))
                return found;
        return nullptr;
    }

    /// Starts a study and waits for its figure.
    bool show(const char* name, const char* spec = R"({"kind": "length"})")
    {
        if (!m_explorer->client.model() && !m_explorer->start())
            return false;
        const auto run = u"/runs/"_s + QLatin1String(name);
        m_explorer->client.call(protocol::runsStart, {RunKind::Study, spec, name, {}}, m_explorer->window.get(),
                                {.done = [this](const RunInfo& /*info*/) { page().runs().refresh(); }});
        if (!QTest::qWaitFor([&] { return page().runs().list().rowOf(run.toStdString()) >= 0; }))
            return false;
        auto* list = page().findChild<QListView*>(u"studies"_s);
        list->setCurrentIndex(list->model()->index(page().runs().list().rowOf(run.toStdString()), 0));
        return QTest::qWaitFor([&] {
            return page().current() == run && figure().figure() && figure().figure()->studies.front()->run == run;
        });
    }

    /// Chooses from the export menu and answers the dialog. @return what the file has
    QByteArray save(const QString& what, const QString& name)
    {
        const auto file = m_folder.filePath(name);
        menuAction(what)->trigger();
        auto* dialog = page().findChildren<QFileDialog*>().back();
        Q_EMIT dialog->fileSelected(file);
        dialog->close();
        QTest::qWait(10); // it deletes itself
        QFile saved(file);
        m_saved = saved.open(QIODevice::ReadOnly) ? saved.readAll() : QByteArray();
        return m_saved;
    }

    QTemporaryDir m_folder;
    std::unique_ptr<FakeExplorer> m_explorer;
    std::vector<std::unique_ptr<QAbstractItemModelTester>> m_testers;
    QByteArray m_saved;
    int m_windows = 0;
};

QTEST_MAIN(TestStudyPage)
#include "test_study_page.moc"
