#include "window/main_window.h"

#include "models/byte_text.h"
#include "widgets/common/find_bar.h"
#include "widgets/common/find_views.h"
#include "window/log_panel.h"
#include "window/navigation_rail.h"
#include "window/pickers.h"
#include "window/settings_menu.h"
#include "window/shortcut_sheet.h"
#include "window/status_line.h"

#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QScreen>
#include <QStackedWidget>
#include <QToolButton>
#include <QWheelEvent>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

MainWindow::MainWindow(Theme& theme, EngineClient& client, Settings& settings, const QStringList& standardModels,
                       const std::vector<PageFactory>& pages, QWidget* parent)
    : QMainWindow(parent)
    , m_theme(theme)
    , m_client(client)
    , m_settings(settings)
    , m_catalog(client, settings, standardModels)
    , m_activities(client)
    , m_rail(new NavigationRail(theme))
    , m_title(new QLabel)
    , m_stack(new QStackedWidget)
    , m_settingsMenu(new SettingsMenu(theme, client, settings, this))
    , m_find(new FindBar(theme))
    , m_log(new LogPanel(theme))
    , m_status(new StatusLine(theme, client, m_activities))
{
    setWindowTitle(tr("ICAE Explorer"));
    setMinimumSize(Theme::grid(111), Theme::grid(70)); // with its frame it fits 900×600
    resize(firstSize(screen()->availableGeometry().size()));
    makeActions();
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(makeTopBar());
    column->addWidget(m_stack, 1);
    column->addWidget(m_find); // below, so that the text stays where it is
    column->addWidget(m_log);
    column->addWidget(m_status);
    auto* central = new QWidget;
    auto* layout = new QHBoxLayout(central);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_rail);
    layout->addLayout(column, 1);
    setCentralWidget(central);
    m_log->hide();
    const PageContext context{m_theme, m_client, m_settings, m_catalog, m_activities};
    for (const auto& make : pages)
        addPage(make(context));
    m_settingsMenu->addSeparator();
    m_settingsMenu->addActions({m_shortcuts, m_status->logAction(), m_quit});
    m_rail->settingsButton().setMenu(m_settingsMenu);
    m_rail->settingsButton().setToolTip(tr("Settings (Ctrl+,)"));
    addAction(m_log->copyAction());
    connect(m_rail, &NavigationRail::pageRequested, this, &MainWindow::showPage);
    connect(m_status->logAction(), &QAction::toggled, this, [this](bool shown) {
        m_log->setVisible(shown);
        if (shown)
            m_log->view().setFocus(Qt::ShortcutFocusReason);
    });
    connect(m_log, &LogPanel::closeRequested, this, [this] { m_status->logAction()->setChecked(false); });
    m_takeKeyboard.setSingleShot(true);
    m_takeKeyboard.setInterval(0);
    connect(&m_takeKeyboard, &QTimer::timeout, this, &QWidget::activateWindow);
    connectEngine();
    connect(m_status->stopAction(), &QAction::triggered, this, [this] {
        page().stop();
        m_activities.stop(&page());
    });
    restoreGeometry(m_settings.windowGeometry());
    const auto last = m_settings.page();
    showPage(m_pages.front()->id());
    showPage(last);
}

QSize MainWindow::firstSize(QSize available)
{
    return QSize(1280, 800).boundedTo(available - QSize(Theme::grid(), Theme::grid(5))); // less a frame
}

QWidget* MainWindow::makeTopBar()
{
    auto* bar = new QWidget;
    bar->setObjectName(u"topBar"_s);
    bar->setAttribute(Qt::WA_StyledBackground);
    bar->setFixedHeight(Theme::grid(5.5));
    auto* picker = new ModelPicker(m_theme, m_client, m_catalog);
    auto* device = new DevicePicker(m_theme, m_client, m_catalog);
    auto* dark = new QToolButton;
    dark->setDefaultAction(m_settingsMenu->darkAction());
    dark->setIconSize({18, 18});
    auto* layout = new QHBoxLayout(bar);
    layout->setContentsMargins(Theme::grid(2), 0, Theme::grid(), 0);
    layout->setSpacing(Theme::grid());
    m_title->setFont(m_theme.font(TypeRole::Title));
    connect(&m_theme, &Theme::changed, this, [this] { m_title->setFont(m_theme.font(TypeRole::Title)); });
    layout->addWidget(m_title);
    layout->addStretch(1);
    layout->addWidget(picker);
    layout->addWidget(device);
    layout->addWidget(dark);
    connect(m_pickModel, &QAction::triggered, picker, &QToolButton::click);
    connect(m_pickDevice, &QAction::triggered, device, &QToolButton::showMenu);
    connect(picker, &ModelPicker::pageRequested, this, &MainWindow::showPage);
    return bar;
}

void MainWindow::addPage(Page* page)
{
    m_stack->addWidget(page);
    m_pages.push_back(page);
    m_activities.addOwner(page);
    m_pageActions.push_back(m_rail->addPage(page->id(), page->icon(), page->title()));
    connect(page, &Page::recordedRequested, this, [this, page](const RecordedReconstruction& recorded) {
        for (auto* other : m_pages)
            if (other->showRecorded(recorded)) {
                m_backTo = page->id();
                showPage(other->id());
                break;
            }
    });
    // What one page asks for goes to the page that does it.
    const auto handOver = [this](const auto& takes) {
        const auto taker = std::find_if(m_pages.begin(), m_pages.end(), takes);
        if (taker != m_pages.end())
            showPage((*taker)->id());
    };
    connect(page, &Page::studyRequested, this,
            [handOver](const StudySpec& spec) { handOver([&](Page* other) { return other->showSpec(spec); }); });
    connect(page, &Page::tryRequested, this, [handOver] { handOver([](Page* other) { return other->useModel(); }); });
    connect(page, &Page::backRequested, this, [this] { showPage(m_backTo); });
    connect(page, &Page::reported, this, [this](const QString& sentence) {
        m_status->report(sentence);
        m_log->add({LogLevel::Info, sentence.toStdString(), {}});
    });
}

Page& MainWindow::page() const
{
    return *m_pages[m_stack->currentIndex()];
}

void MainWindow::makeActions()
{
    const auto make = [this](const QString& text, const QList<QKeySequence>& keys, auto slot) {
        auto* action = new QAction(text, this);
        action->setShortcuts(keys);
        connect(action, &QAction::triggered, this, slot);
        addAction(action);
        return action;
    };
    m_findAction = make(tr("Find in this text"), {QKeySequence(QKeySequence::Find)}, &MainWindow::find);
    m_shortcuts = make(tr("Keyboard shortcuts"), {QKeySequence(Qt::Key_F1)}, &MainWindow::showShortcuts);
    m_findNext = make(tr("Next match"), {QKeySequence(Qt::Key_F3)}, [this] { m_find->search(1); });
    m_findPrevious = make(tr("Previous match"), {QKeySequence(Qt::SHIFT | Qt::Key_F3)}, [this] { m_find->search(-1); });
    m_pickModel = make(tr("Choose a model"), {QKeySequence(Qt::CTRL | Qt::Key_M)}, [] {});
    m_pickDevice = make(tr("Choose a device"), {QKeySequence(Qt::CTRL | Qt::Key_D)}, [] {});
    m_openSettings =
        make(tr("Settings"), {QKeySequence(Qt::CTRL | Qt::Key_Comma)}, [this] { m_rail->settingsButton().showMenu(); });
    m_quit = make(tr("Quit"), {QKeySequence(Qt::CTRL | Qt::Key_Q)}, &QWidget::close);
}

void MainWindow::connectEngine()
{
    connect(&m_client, &EngineClient::logged, m_log, qOverload<const LogNote&>(&LogPanel::add));
    connect(&m_client, &EngineClient::logged, this, [this](const LogNote& note) {
        if (note.level != LogLevel::Info && !m_log->isVisible())
            m_status->setAttention(true);
    });
    connect(&m_catalog, &ModelCatalog::loaded, this, [this](const LoadedModel& model) {
        QStringList remarks;
        for (const auto& remark : model.remarks)
            remarks += QString::fromStdString(remark);
        const auto name = model.adapter.empty() ? folderName(model.base)
                                                : tr("%1 · %2").arg(folderName(model.base), folderName(model.adapter));
        m_log->add({LogLevel::Info,
                    tr("Loaded %1 on %2 (%3), %4, %5")
                        .arg(name, QString::fromStdString(model.deviceName), QString::fromStdString(model.deviceReason),
                             QString::fromStdString(model.dtype), byteText(model.memoryBytes))
                        .toStdString(),
                    remarks.join(u'\n').toStdString()});
    });
    connect(&m_client, &EngineClient::lost, this, [this](const Error& why) { complain(why, nullptr); });
    connect(&m_client, &EngineClient::failed, this,
            [this](const QString& /*method*/, const Error& why, QObject* context) { complain(why, context); });
    connect(&m_catalog, &ModelCatalog::failed, this, &MainWindow::complain);
    connect(&m_settings, &Settings::engineCommandChanged, this,
            [this] { m_client.setCommand(m_settings.engineCommand()); });
}

void MainWindow::complain(const Error& why, QObject* whose)
{
    m_log->add(why);
    m_status->setAttention(!m_log->isVisible());
    auto* owner = qobject_cast<Page*>(m_activities.ownerOf(whose));
    (owner == nullptr ? page() : *owner).showError(why);
}

void MainWindow::showPage(const QString& id)
{
    const auto found = std::find_if(m_pages.begin(), m_pages.end(), [&](const Page* page) { return page->id() == id; });
    if (found == m_pages.end())
        return;
    m_find->close();
    if (page().isAncestorOf(focusWidget()))
        m_lastFocus[&page()] = focusWidget();
    m_stack->setCurrentWidget(*found);
    m_rail->setCurrent(id);
    m_title->setText(page().title());
    m_status->setInFront(&page());
    m_settings.setPage(id);
    QWidget* const focus = m_lastFocus[&page()];
    (focus != nullptr && focus->isVisible() ? focus : &page())->setFocus(Qt::OtherFocusReason);
}

void MainWindow::find()
{
    if (m_log->isAncestorOf(focusWidget())) {
        m_find->open(&m_log->view(), &m_log->view());
        return;
    }
    const auto [target, view] = page().findTarget();
    if (target != nullptr)
        m_find->open(target, view);
}

void MainWindow::showShortcuts()
{
    ShortcutGroup window{tr("Window"), {}};
    for (auto* action : m_pageActions
             + QList<QAction*>{m_pickModel, m_pickDevice, m_findAction, m_findNext, m_findPrevious,
                               m_status->stopAction(), m_status->logAction(), m_log->copyAction(), m_openSettings,
                               m_shortcuts, m_quit})
        window.entries.push_back(action);
    ShortcutGroup settings{tr("Settings"), {}};
    for (auto* action : m_settingsMenu->all())
        settings.entries.push_back(action);
    std::vector<ShortcutGroup> groups{window, settings};
    for (const auto* page : m_pages)
        for (auto& group : page->shortcuts())
            groups.push_back(std::move(group));
    auto* sheet = new ShortcutSheet(m_theme, groups, this);
    sheet->open();
}

bool MainWindow::event(QEvent* event)
{
    // A dialog ends. Without a window manager, which would see to it, no window had the keyboard now: shortcuts were
    // dead. Where the user has gone to another program meanwhile, it keeps the keyboard.
    if (event->type() == QEvent::WindowUnblocked && QGuiApplication::focusWindow() != nullptr)
        m_takeKeyboard.start();
    if (event->type() == QEvent::ThemeChange)
        m_theme.followSystem();
    return QMainWindow::event(event);
}

void MainWindow::wheelEvent(QWheelEvent* event)
{
    const auto turned = event->angleDelta().y();
    if (event->modifiers() & Qt::ControlModifier && turned != 0)
        m_settingsMenu->zoom(turned > 0 ? 1 : -1);
    event->accept();
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_settings.setWindowGeometry(saveGeometry());
    event->accept();
}

} // namespace icae
