#include "../slowness.h"
#include "pages/all_pages.h"
#include "pages/compress/compress_page.h"
#include "pages/train/job_form.h"
#include "pages/train/run_samples.h"
#include "pages/train/train_page.h"
#include "widgets/plot/curve_chart.h"
#include "window/main_window.h"

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QtTest>

#include <csignal>
#include <memory>
#include <numeric>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

constexpr int patience = 200'000 * slowness; // milliseconds, on a busy machine

} // namespace

/// A newcomer's first training: real window, real engine, the bundled base and two sample texts. The engine is killed
/// and the window closed meanwhile; the run goes on, and what it made is tried.
class TestExplorerTrain : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        QVERIFY(QDir().mkpath(QStringLiteral(ICAE_SCREENSHOTS)));
        qputenv("XDG_DATA_HOME", m_folder.path().toLocal8Bit()); // where runs are
        qputenv("XDG_CONFIG_HOME", m_folder.path().toLocal8Bit());
        m_theme.apply();
        open();
        QTRY_VERIFY_WITH_TIMEOUT(m_client->model().has_value(), patience);
        QTRY_VERIFY_WITH_TIMEOUT(page().runs().isListed(), patience);
        shoot(u"train-empty"_s);
    }

    void aFaultIsSaidAtItsField()
    {
        QTest::keyClick(&page(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        shoot(u"train-form"_s);
        const auto rate = field(u"Learning rate"_s).text();
        type(u"Learning rate"_s, u"fast"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!form().isReady() && problem().contains(u"learning_rate"_s), patience);
        shoot(u"train-form-fault"_s);
        type(u"Learning rate"_s, rate);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
    }

    void aRunOutlivesEngineAndWindow()
    {
        type(u"Name"_s, u"first"_s);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        QElapsedTimer clock;
        clock.start();
        QTest::keyClick(&field(u"Name"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(page().current().endsWith(u"/first"_s), patience);
        QTRY_VERIFY_WITH_TIMEOUT(losses() >= 4, patience);
        shoot(u"train-running"_s);
        QSignalSpy lost(m_client.get(), &EngineClient::lost);
        ::kill(static_cast<pid_t>(m_client->process().processId()), SIGKILL);
        QTRY_COMPARE_WITH_TIMEOUT(lost.size(), 1, patience);
        m_window.reset();
        m_client.reset();
        QTest::qWait(1000);
        open();
        QTRY_VERIFY_WITH_TIMEOUT(page().current().endsWith(u"/first"_s), patience);
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Finished, patience);
        qInfo("trained in %lld s", clock.elapsed() / 1000);
        QTRY_COMPARE_WITH_TIMEOUT(losses(), 24, patience);
        const auto values = chart().curves()->runs.front()->columns.at("losses/ae 64/16").values;
        QVERIFY(values.size() >= 6);
        const auto first = std::accumulate(values.begin(), values.begin() + 3, 0.0);
        const auto last = std::accumulate(values.end() - 3, values.end(), 0.0);
        QVERIFY2(last < first, qPrintable(u"%1 → %2"_s.arg(first / 3).arg(last / 3)));
        QCOMPARE(page().findChild<RunSamples*>()->step(), 24);
        shoot(u"train-done"_s);
    }

    void whatWasTrainedIsTried()
    {
        QTRY_VERIFY_WITH_TIMEOUT(m_client->model().has_value(), patience);
        action(u"Try it"_s)->trigger();
        QTRY_COMPARE_WITH_TIMEOUT(m_window->page().id(), u"compress"_s, patience);
        QTRY_VERIFY_WITH_TIMEOUT(
            m_client->model() && QString::fromStdString(m_client->model()->adapter).contains(u"/first/"_s), patience);
        auto& compress = *m_window->findChild<CompressPage*>();
        compress.setSource(u"The ferry left the pier at six, and nobody on deck spoke."_s);
        QTRY_VERIFY_WITH_TIMEOUT(compress.plan().has_value(), patience);
        QTest::keyClick(m_window.get(), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(compress.result().diff && !compress.isRunning(), patience);
        shoot(u"train-tried"_s);
        m_window->showPage(u"train"_s);
    }

    void whatIsKilledSaysSo()
    {
        QTest::keyClick(&page(), Qt::Key_N, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(form().isVisible());
        type(u"Name"_s, u"second"_s);
        type(u"Learning rate"_s, u"0.001"_s);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        QTest::keyClick(&field(u"Name"_s), Qt::Key_Return, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(page().current().endsWith(u"/second"_s) && losses() >= 3, patience);
        QFile status(page().current() + u"/status.json"_s);
        QVERIFY(status.open(QIODevice::ReadOnly));
        const auto owner = QJsonDocument::fromJson(status.readAll()).object().value(u"pid"_s).toInteger();
        QVERIFY(owner > 1);
        ::kill(static_cast<pid_t>(owner), SIGKILL);
        QElapsedTimer clock;
        clock.start();
        QTRY_COMPARE_WITH_TIMEOUT(state(), RunState::Died, patience);
        QVERIFY2(clock.elapsed() <= 5000 * slowness, qPrintable(QString::number(clock.elapsed())));
        shoot(u"train-died"_s);
        for (const auto* menu : page().findChildren<QMenu*>())
            for (auto* one : menu->actions())
                if (one->text() == u"first"_s)
                    one->setChecked(true);
        QTRY_COMPARE_WITH_TIMEOUT(chart().curves()->runs.size(), std::size_t(2), patience);
        shoot(u"train-compared"_s);
        QTest::keyClick(m_window.get(), Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QTest::qWait(50);
        shoot(u"train-dark"_s);
        shoot(u"train-dark-200"_s, 2);
        QTest::keyClick(&page(), Qt::Key_N, Qt::ControlModifier);
        QTRY_VERIFY_WITH_TIMEOUT(form().isReady(), patience);
        shoot(u"train-dark-form"_s);
    }

private:
    void open()
    {
        m_settings = std::make_unique<Settings>(m_folder.filePath(u"settings.ini"_s));
        m_settings->setTheme(Settings::Theme::Light);
        m_settings->setPage(u"train"_s);
        m_client = std::make_unique<EngineClient>();
        m_client->setCommand(u"%1 serve"_s.arg(QStringLiteral(ICAE_PROGRAM)));
        m_window = std::make_unique<MainWindow>(m_theme, *m_client, *m_settings,
                                                QStringList{QStringLiteral(ICAE_BUNDLED_MODEL)}, allPages());
        m_window->resize(1280, 800);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
        QApplication::setActiveWindow(m_window.get()); // a bare display has no window manager to do it
        m_client->start();
    }

    TrainPage& page() { return *m_window->findChild<TrainPage*>(); }
    JobForm& form() { return *page().findChild<JobForm*>(); }
    CurveChart& chart() { return *page().findChild<CurveChart*>(); }

    RunState state()
    {
        const auto* run = page().runs().list().find(page().current().toStdString());
        return run == nullptr ? RunState::Damaged : run->status.state;
    }

    /// How many losses the current run's curves have.
    int losses()
    {
        const auto& curves = chart().curves();
        if (!curves || curves->runs.front()->run != page().current())
            return 0;
        const auto& columns = curves->runs.front()->columns;
        const auto found = columns.find("loss");
        return found == columns.end() ? 0 : static_cast<int>(found->second.values.size());
    }

    QString problem()
    {
        QString all;
        for (const auto* label : form().findChildren<QLabel*>())
            if (label->isVisible() && label->property("kind").toString() == u"error"_s)
                all += label->text();
        return all;
    }

    QLineEdit& field(const QString& title)
    {
        for (auto* line : form().findChildren<QLineEdit*>())
            if (line->accessibleName() == title)
                return *line;
        qFatal("no field %s", qPrintable(title));
    }

    void type(const QString& title, const QString& text)
    {
        field(title).setFocus();
        field(title).selectAll();
        QTest::keyClicks(&field(title), text);
    }

    QAction* action(const QString& text)
    {
        for (auto* one : page().actions())
            if (one->text() == text)
                return one;
        return nullptr;
    }

    /// As the screen shows it, which QT_SCALE_FACTOR may have made finer; or in a scale of its own.
    void shoot(const QString& name, std::optional<double> wanted = {})
    {
        QTest::qWait(50);
        const auto scale = wanted.value_or(m_window->devicePixelRatio());
        QImage image(m_window->size() * scale, QImage::Format_RGB32);
        image.setDevicePixelRatio(scale);
        m_window->render(&image);
        QVERIFY(image.save(QStringLiteral(ICAE_SCREENSHOTS "/") + name + u".png"_s));
    }

    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<EngineClient> m_client;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(TestExplorerTrain)
#include "test_explorer_train.moc"
