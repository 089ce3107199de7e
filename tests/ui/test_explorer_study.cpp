#include "../slowness.h"
#include "pages/all_pages.h"
#include "pages/compress/compress_page.h"
#include "pages/study/study_details.h"
#include "pages/study/study_form.h"
#include "pages/study/study_page.h"
#include "watchdog.h"
#include "widgets/common/notice_bar.h"
#include "widgets/plot/study_figure.h"
#include "window/main_window.h"

#include <QDir>
#include <QFileDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
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

} // namespace

/// Studies as a researcher makes them: real window, real engine, real model.
class TestExplorerStudy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const auto model = qEnvironmentVariable("ICAE_MODEL", QStringLiteral(ICAE_BUNDLED_MODEL));
        QVERIFY2(QFile::exists(model + u"/base/config.json"_s), "the bundled model is missing");
        QVERIFY(m_folder.isValid());
        QVERIFY(QDir().mkpath(pictures()));
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit()); // where runs are
        qputenv("XDG_CONFIG_HOME", m_folder.path().toLocal8Bit());
        m_settings = std::make_unique<Settings>(m_folder.filePath(u"settings.ini"_s));
        m_settings->setTheme(Settings::Theme::Light);
        m_settings->setPage(u"study"_s);
        m_theme.apply();
        m_client = std::make_unique<EngineClient>();
        m_client->setCommand(u"%1 serve"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        m_window = std::make_unique<MainWindow>(m_theme, *m_client, *m_settings, QStringList{model}, allPages());
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QApplication::setActiveWindow(m_window.get()); // a bare display has no window manager to do it
        m_client->start();
        QTRY_VERIFY_WITH_TIMEOUT(m_client->model().has_value(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(page().runs().isListed(), patience);
        QVERIFY(page().current().isEmpty());
        shoot(u"study-empty"_s);
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

    void aFaultIsSaidAtItsField()
    {
        QTest::keyClick(&page(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        shoot(u"study-form"_s);
        field(u"Texts"_s).setText(u"/no/such/text.txt"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!field(u"Texts"_s).accessibleDescription().isEmpty(), patience);
        QVERIFY(!form().isReady());
        shoot(u"study-form-fault"_s);
        field(u"Texts"_s).setText(u"samples"_s);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
    }

    void aNewStudyIsDrawnWhileItRuns()
    {
        field(u"Title"_s).setText(u"trade-off"_s);
        field(u"Lengths"_s).setText(u"128, 256"_s);
        field(u"Slots"_s).setText(u"16, 64"_s);
        field(u"Windows"_s).setText(u"24"_s);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        QElapsedTimer clock;
        clock.start();
        QTest::keyClick(&field(u"Title"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(figure().figure() && cells() == 4, patience);
        qInfo("all cells after %lld ms", clock.elapsed());
        shoot(u"study-running"_s);
        const auto before = samples();
        QTRY_VERIFY_WITH_TIMEOUT(samples() > before, patience);
        QTest::keyClick(&page(), Qt::Key_Escape); // stops nothing
        QTest::keyClick(&page(), Qt::Key_F9, Qt::ShiftModifier);
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Stopped, patience);
        QVERIFY(samples() < 96);
        shoot(u"study-stopped"_s);
    }

    void theEngineMayDieWhileItGoesOn()
    {
        const auto before = samples();
        QTest::keyClick(&page(), Qt::Key_F9);
        QTRY_VERIFY_WITH_TIMEOUT(isAlive(state()) || state() == RunState::Finished, patience);
        // A program that is loaded while a study has both cores holds back who waits for it; test_explorer, where
        // nothing runs beside, looks at what the window itself does then.
        m_watchdog.pause();
        QSignalSpy lost(m_client.get(), &EngineClient::lost);
        ::kill(static_cast<pid_t>(m_client->process().processId()), SIGKILL);
        QTRY_COMPARE_WITH_TIMEOUT(lost.size(), 1, patience);
        QTRY_VERIFY_WITH_TIMEOUT(m_client->model().has_value(), patience);
        QVERIFY(page().findChild<NoticeBar*>()->showsError()); // where one looks
        page().findChild<NoticeBar*>()->clear();
        m_watchdog.resume();
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Finished, patience);
        QTRY_COMPARE_WITH_TIMEOUT(samples(), 96, patience);
        QVERIFY(samples() > before);
        shoot(u"study-done"_s);
    }

    void aDotIsATextOnCompress()
    {
        const auto& dots = figure().figure()->panels[0].series[0].dots;
        const auto worst =
            std::min_element(dots.begin(), dots.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
        const auto at = figure().positionOfDot(0, 0, static_cast<int>(worst - dots.begin())).toPoint();
        auto* plot = figure().childAt(at);
        QVERIFY(plot != nullptr);
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->mapFrom(&figure(), at));
        QTRY_COMPARE_WITH_TIMEOUT(m_window->page().id(), u"compress"_s, patience);
        auto& compress = *m_window->findChild<CompressPage*>();
        QTRY_VERIFY_WITH_TIMEOUT(compress.result().diff && !compress.result().diff->source.isEmpty(), patience);
        shoot(u"study-sample"_s);
        QTest::keyClick(m_window.get(), Qt::Key_B, Qt::ControlModifier);
        QCOMPARE(m_window->page().id(), u"study"_s);
    }

    void aTableRowTellsItsCell()
    {
        auto& table = *page().findChild<QTreeView*>();
        table.setCurrentIndex(table.model()->index(2, 0));
        QCOMPARE(page().findChild<StudyDetails*>()->cell(), 2);
        shoot(u"study-cell"_s);
    }

    void theFigureLeavesAsPdf()
    {
        const auto path = m_folder.filePath(u"figure.pdf"_s);
        m_watchdog.pause(); // the dialog is Qt's
        for (const auto* menu : page().findChildren<QMenu*>())
            for (auto* action : menu->actions())
                if (action->text() == u"Figure as PDF…")
                    action->trigger();
        auto* dialog = page().findChild<QFileDialog*>();
        QVERIFY(dialog != nullptr);
        dialog->findChild<QLineEdit*>()->setText(path);
        static_cast<QDialog*>(dialog)->accept();
        QTRY_VERIFY_WITH_TIMEOUT(QFileInfo(path).size() > 1000, patience);
        QTRY_COMPARE(QApplication::activeWindow(), m_window.get());
        m_watchdog.resume();
    }

    void whatIsKilledSaysSo()
    {
        const auto done = page().current();
        QTest::keyClick(&page(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(form().isVisible());
        field(u"Title"_s).setText(u"to be killed"_s);
        field(u"Windows"_s).setText(u"200"_s);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        QTest::keyClick(&field(u"Title"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(page().current() != done && state() == RunState::Running && samples() > 0, patience);
        QFile status(page().current() + u"/status.json"_s);
        QVERIFY(status.open(QIODevice::ReadOnly));
        const auto owner = QJsonDocument::fromJson(status.readAll()).object().value(u"pid"_s).toInteger();
        QVERIFY(owner > 1);
        ::kill(static_cast<pid_t>(owner), SIGKILL);
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Died, patience);
        QVERIFY(samples() > 0);
        shoot(u"study-died"_s);
    }

    void darkAndLarge()
    {
        auto* studies = page().findChild<QListView*>(u"studies"_s);
        studies->setCurrentIndex(studies->model()->index(1, 0));
        QTRY_VERIFY(samples() == 96);
        m_watchdog.pause(); // Qt styles all widgets anew in one piece
        QTest::keyClick(m_window.get(), Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QCoreApplication::processEvents();
        m_watchdog.resume();
        QVERIFY(m_theme.isDark());
        shoot(u"study-dark"_s);
        shoot(u"study-dark-200"_s, 2);
    }

    void quits()
    {
        const auto engine = static_cast<pid_t>(m_client->process().processId());
        QTest::keyClick(m_window.get(), Qt::Key_Q, Qt::ControlModifier);
        QTRY_VERIFY(!m_window->isVisible());
        m_watchdog.pause(); // nobody waits any more
        m_window.reset();
        m_client.reset();
        QTRY_VERIFY(::kill(engine, 0) != 0);
        m_watchdog.reset();
    }

private:
    StudyPage& page() { return *m_window->findChild<StudyPage*>(); }
    StudyForm& form() { return *page().findChild<StudyForm*>(); }
    StudyFigure& figure() { return *page().findChild<StudyFigure*>(); }
    std::size_t cells() { return figure().figure()->studies.front()->cells.size(); }
    std::int64_t samples() { return figure().figure() ? figure().figure()->studies.front()->samples : 0; }
    RunState state()
    {
        const auto* run = page().runs().list().find(page().current().toStdString());
        return run == nullptr ? RunState::Damaged : run->status.state;
    }
    QLineEdit& field(const QString& title)
    {
        for (auto* line : form().findChildren<QLineEdit*>())
            if (line->accessibleName() == title)
                return *line;
        qFatal("no field %s", qPrintable(title));
    }

    /// Where they go: one folder for each platform.
    static QString pictures()
    {
        const auto folder = QStringLiteral(ICAE_SCREENSHOTS);
        return QGuiApplication::platformName() == u"offscreen"_s ? folder + u"/offscreen"_s : folder;
    }

    /// @param scale of the screen, 1 or 2
    void shoot(const QString& name, int scale = 1)
    {
        QTest::qWait(80);
        m_watchdog.pause();
        QPixmap pixmap(m_window->size() * scale);
        pixmap.setDevicePixelRatio(scale);
        m_window->render(&pixmap);
        QVERIFY(pixmap.save(u"%1/%2.png"_s.arg(pictures(), name)));
        m_watchdog.resume();
    }

    QTemporaryDir m_folder;
    std::unique_ptr<Settings> m_settings;
    Theme m_theme;
    std::unique_ptr<EngineClient> m_client;
    std::unique_ptr<MainWindow> m_window;
    bool m_hiccup = false;
    Watchdog m_watchdog;
};

QTEST_MAIN(TestExplorerStudy)
#include "test_explorer_study.moc"
