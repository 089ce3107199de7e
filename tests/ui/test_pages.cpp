#include "fake_explorer.h"

#include "window/pickers.h"

#include <QMenu>
#include <QTreeView>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

/// A page that asks the engine for whatever it is told to.
class PlainPage : public Page {
public:
    PlainPage(const PageContext& shared, QString id, QString title)
        : context(shared)
        , m_id(std::move(id))
        , m_title(std::move(title))
    {
        setFocusPolicy(Qt::StrongFocus);
    }

    QString id() const override { return m_id; }
    QString title() const override { return m_title; }
    QString icon() const override { return u"compress"_s; }
    std::vector<ShortcutGroup> shortcuts() const override { return {}; }
    std::pair<FindTarget*, QWidget*> findTarget() override { return {nullptr, nullptr}; }
    void showError(const Error& error) override { errors += QString::fromStdString(error.message()); }
    void stop() override { ++stops; }

    /// A request that lasts until it is cancelled.
    template <typename Params, typename Result>
    void begin(const protocol::Method<Params, Result>& method, const Params& params = {})
    {
        context.client.call(method, params, this,
                            {.failed = [this](const Error& why) { cancelled += why.kind() == ErrorKind::Cancelled; }});
    }

    PageContext context;
    QStringList errors;
    int stops = 0;
    int cancelled = 0;

private:
    QString m_id;
    QString m_title;
};

} // namespace

/// The window and its pages, whatever they are: whose work is whose.
class TestPages : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY(m_folder.isValid());
        m_theme.apply();
    }
    void init() { open(QString::number(++m_windows), u"First"_s); }
    void cleanup() { m_window.reset(); }

    /// Ids are the same in every language; titles are not.
    void thePageIsRememberedById()
    {
        QCOMPARE(&m_window->page(), m_first);
        m_window->showPage(u"second"_s);
        QCOMPARE(m_settings->page(), u"second"_s);
        m_window->showPage(u"nowhere"_s);
        QCOMPARE(&m_window->page(), m_second);
        open(QString::number(m_windows), u"Erste"_s);
        QCOMPARE(m_window->page().id(), u"second"_s);
        m_settings->setPage(u"gone"_s);
        open(QString::number(m_windows), u"First"_s);
        QCOMPARE(&m_window->page(), m_first);
    }

    void everyPageHasItsKey()
    {
        QTest::keyClick(m_window.get(), Qt::Key_2, Qt::ControlModifier);
        QCOMPARE(&m_window->page(), m_second);
        QTest::keyClick(m_window.get(), Qt::Key_1, Qt::ControlModifier);
        QCOMPARE(&m_window->page(), m_first);
    }

    void escStopsWhatThePageInFrontStarted()
    {
        start();
        m_first->begin(protocol::ask);
        QTRY_COMPARE(m_window->statusLine().text(), u"Answering"_s);
        m_window->showPage(u"second"_s);
        QCOMPARE(m_window->statusLine().text(), u"First: Answering"_s);
        QVERIFY(!m_window->statusLine().stopAction()->isEnabled());
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QCOMPARE(m_first->stops + m_second->stops, 0);

        m_second->begin(protocol::continueText);
        QCOMPARE(m_window->statusLine().text(), u"Continuing"_s);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QTRY_COMPARE(m_second->cancelled, 1);
        QCOMPARE(m_second->stops, 1);
        QCOMPARE(m_first->cancelled, 0);
        QCOMPARE(m_window->statusLine().text(), u"First: Answering"_s);

        m_window->showPage(u"first"_s);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QTRY_COMPARE(m_first->cancelled, 1);
        QVERIFY(!m_window->statusLine().stopAction()->isEnabled());
    }

    void whatNobodyStartedCanBeStoppedAnywhere()
    {
        start();
        bool stopped = false;
        m_client->call(protocol::memoryLoad, {}, this, {.failed = [&](const Error& /*why*/) { stopped = true; }});
        m_window->showPage(u"second"_s);
        QTRY_COMPARE(m_window->statusLine().text(), u"Loading the memory"_s);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QTRY_VERIFY(stopped);
    }

    void waitingIsToldAndStopped()
    {
        m_window->activities().setWaiting(m_first, u"Counting tokens"_s);
        QCOMPARE(m_window->statusLine().text(), u"Counting tokens"_s);
        m_window->showPage(u"second"_s);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QCOMPARE(m_first->stops, 0);
        m_window->showPage(u"first"_s);
        QTest::keyClick(m_window.get(), Qt::Key_Escape);
        QCOMPARE(m_first->stops, 1);
        m_window->activities().setWaiting(m_first, {});
        QVERIFY(!m_window->statusLine().text().contains(u"Counting"_s));
    }

    void errorsGoToThePageThatAsked()
    {
        start();
        m_window->showPage(u"second"_s);
        auto* part = new QObject(new QObject(m_first));
        m_client->call(protocol::memoryList, {}, part);
        QTRY_COMPARE(m_first->errors, QStringList{u"Not here."_s});
        QVERIFY(m_second->errors.isEmpty());
        m_client->call(protocol::memoryList, {}, this); // nobody's: where one looks
        QTRY_COMPARE(m_second->errors, QStringList{u"Not here."_s});
        m_first->context.catalog.load("/models/huge", {}, "auto", "auto", m_first);
        QTRY_COMPARE(m_first->errors.size(), 2);
        QVERIFY(m_first->errors[1].contains(u"64 GB"_s));
        QCOMPARE(m_second->errors.size(), 1);
    }

    /// A choice that the engine made is not the user's.
    void automaticStaysAutomatic()
    {
        start();
        const Settings::Model chosen{u"/models/nano/base"_s, u"/models/nano/chat"_s, u"auto"_s, u"auto"_s};
        auto* picker = m_window->findChild<ModelPicker*>();
        auto* list = picker->findChild<QTreeView*>();
        QTRY_VERIFY(list->model()->rowCount() > 0);
        QTest::keyClick(m_window.get(), Qt::Key_M, Qt::ControlModifier);
        list->setCurrentIndex(m_first->context.catalog.tree().indexOf("/models/nano/base", "/models/nano/chat"));
        QTest::keyClick(list, Qt::Key_Return);
        QTRY_COMPARE(m_settings->model(), chosen);
        QCOMPARE(m_client->model()->device, std::string("cpu"));

        const auto device = [this](int number) {
            return m_window->findChild<DevicePicker*>()->menu()->actions().at(number);
        };
        QTRY_VERIFY(device(0)->isChecked());
        QCOMPARE(device(0)->text(), u"Automatic"_s);
        device(2)->trigger();
        QTRY_COMPARE(m_settings->model().device, u"cuda:0"_s);
        QTRY_VERIFY(device(2)->isChecked());
        QCOMPARE(m_settings->model().dtype, u"auto"_s);
        device(0)->trigger();
        QTRY_COMPARE(m_settings->model(), chosen);
        m_first->context.catalog.moveTo("cuda:0");
        QTRY_COMPARE(m_settings->model().device, u"cuda:0"_s);
        m_first->context.catalog.unload();
        QTRY_COMPARE(m_settings->model().base, QString());
        QCOMPARE(m_settings->model().device, u"cuda:0"_s);
    }

private:
    void open(const QString& settings, const QString& title)
    {
        m_window.reset();
        m_settings = std::make_unique<Settings>(m_folder.filePath(settings + u".ini"_s));
        m_client = std::make_unique<EngineClient>();
        m_client->setCommand(u"\"%1\""_s.arg(QStringLiteral(FAKE_ENGINE)));
        const std::vector<PageFactory> pages{
            [&](const PageContext& context) { return m_first = new PlainPage(context, u"first"_s, title); },
            [&](const PageContext& context) { return m_second = new PlainPage(context, u"second"_s, u"Second"_s); }};
        m_window = std::make_unique<MainWindow>(m_theme, *m_client, *m_settings, QStringList{u"/models/nano"_s}, pages);
        m_window->show();
        QApplication::setActiveWindow(m_window.get());
        QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    }

    void start()
    {
        m_client->start();
        QTRY_VERIFY(m_client->model().has_value());
    }

    QTemporaryDir m_folder;
    Theme m_theme;
    std::unique_ptr<Settings> m_settings;
    std::unique_ptr<EngineClient> m_client;
    std::unique_ptr<MainWindow> m_window;
    PlainPage* m_first = nullptr;
    PlainPage* m_second = nullptr;
    int m_windows = 0;
};

QTEST_MAIN(TestPages)
#include "test_pages.moc"
