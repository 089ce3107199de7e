#include "window/main_window.h"

#include "pages/compress_page.h"
#include "pages/models_page.h"
#include "widgets/find_bar.h"
#include "window/log_panel.h"
#include "window/navigation_rail.h"
#include "window/pickers.h"
#include "window/shortcut_sheet.h"
#include "window/status_line.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QHBoxLayout>
#include <QInputDialog>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>

#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

MainWindow::MainWindow(Theme& theme, EngineClient& client, Settings& settings, const QString& standardModel,
                       QWidget* parent)
    : QMainWindow(parent)
    , m_theme(theme)
    , m_client(client)
    , m_settings(settings)
    , m_catalog(client, settings, standardModel)
    , m_rail(new NavigationRail(theme))
    , m_title(new QLabel)
    , m_stack(new QStackedWidget)
    , m_find(new FindBar(theme))
    , m_log(new LogPanel(theme))
    , m_status(new StatusLine(theme, client))
    , m_compress(new CompressPage(theme, client, settings))
    , m_models(new ModelsPage(theme, client, m_catalog))
{
    setWindowTitle(tr("ICAE Explorer"));
    resize(1280, 800);
    setMinimumSize(960, 560);
    makeActions();
    auto* column = new QVBoxLayout;
    column->setSpacing(0);
    column->addWidget(makeTopBar());
    column->addWidget(m_find);
    column->addWidget(m_stack, 1);
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
    addPage(m_compress, u"compress"_s);
    addPage(m_models, u"models"_s);
    makeSettingsMenu();
    connect(m_rail, &NavigationRail::pageRequested, this, &MainWindow::showPage);
    connect(m_status->logAction(), &QAction::toggled, m_log, &QWidget::setVisible);
    connect(m_log, &LogPanel::closeRequested, this, [this] { m_status->logAction()->setChecked(false); });
    connectEngine();
    connect(&m_settings, &Settings::fontChanged, this, &MainWindow::applySettings);
    connect(&m_settings, &Settings::themeChanged, this, &MainWindow::applySettings);
    applySettings();
    restoreGeometry(m_settings.windowGeometry());
    showPage(m_settings.page() == m_models->title() ? 1 : 0);
}

MainWindow::~MainWindow() = default;

QWidget* MainWindow::makeTopBar()
{
    auto* bar = new QWidget;
    bar->setObjectName(u"topBar"_s);
    bar->setAttribute(Qt::WA_StyledBackground);
    bar->setFixedHeight(Theme::grid(6));
    auto* picker = new ModelPicker(m_theme, m_client, m_catalog);
    auto* device = new DevicePicker(m_theme, m_client, m_catalog);
    auto* dark = new QToolButton;
    dark->setDefaultAction(m_dark);
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
    connect(picker, &ModelPicker::manageRequested, this, [this] { showPage(1); });
    return bar;
}

void MainWindow::addPage(Page* page, const QString& icon)
{
    m_stack->addWidget(page);
    m_pages.push_back(page);
    m_pageActions.push_back(m_rail->addPage(icon, page->title()));
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
    m_larger = make(tr("Larger text"), {QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)},
                    [this] { zoom(1); });
    m_smaller = make(tr("Smaller text"), {QKeySequence(Qt::CTRL | Qt::Key_Minus)}, [this] { zoom(-1); });
    m_normal =
        make(tr("Normal text size"), {QKeySequence(Qt::CTRL | Qt::Key_0)}, [this] { m_settings.setFontSize(0); });
    m_dark = make(tr("Dark or light"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D)}, &MainWindow::toggleDark);
    m_pickModel = make(tr("Choose a model"), {QKeySequence(Qt::CTRL | Qt::Key_M)}, [] {});
    m_quit = make(tr("Quit"), {QKeySequence(Qt::CTRL | Qt::Key_Q)}, &QWidget::close);
    m_monospace = new QAction(tr("Monospace texts"), this);
    m_monospace->setCheckable(true);
    connect(m_monospace, &QAction::toggled, &m_settings, &Settings::setMonospaceTexts);
}

void MainWindow::makeSettingsMenu()
{
    auto* menu = new QMenu(this);
    auto* schemes = menu->addMenu(tr("Colours"));
    auto* group = new QActionGroup(this);
    for (const auto& [theme, name] :
         std::initializer_list<std::pair<Settings::Theme, QString>>{{Settings::Theme::System, tr("As the system")},
                                                                    {Settings::Theme::Light, tr("Light")},
                                                                    {Settings::Theme::Dark, tr("Dark")}}) {
        auto* action = group->addAction(name);
        action->setCheckable(true);
        action->setChecked(m_settings.theme() == theme);
        connect(action, &QAction::triggered, this, [this, theme] { m_settings.setTheme(theme); });
        connect(&m_settings, &Settings::themeChanged, action,
                [this, action, theme] { action->setChecked(m_settings.theme() == theme); });
        schemes->addAction(action);
    }
    menu->addSeparator();
    menu->addActions({m_larger, m_smaller, m_normal, m_monospace});
    menu->addSeparator();
    menu->addAction(tr("Engine command…"), this, [this] {
        auto* dialog = new QInputDialog(this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setWindowTitle(tr("Engine command"));
        dialog->setLabelText(
            tr("Command line that starts the engine, e.g. “ssh gpu-box icae serve”. Empty: the icae beside "
               "this program."));
        dialog->setTextValue(m_settings.engineCommand());
        connect(dialog, &QInputDialog::textValueSelected, &m_settings, &Settings::setEngineCommand);
        dialog->open();
    });
    menu->addAction(tr("Restart the engine"), this, [this] {
        m_client.stop();
        m_client.start();
    });
    menu->addSeparator();
    menu->addActions({m_shortcuts, m_status->logAction(), m_quit});
    m_rail->settingsButton().setMenu(menu);
}

void MainWindow::connectEngine()
{
    connect(&m_client, &EngineClient::logged, m_log, qOverload<const LogNote&>(&LogPanel::add));
    connect(&m_client, &EngineClient::logged, this, [this](const LogNote& note) {
        if (note.level != LogLevel::Info && !m_log->isVisible())
            m_status->setAttention(true);
    });
    const auto complain = [this](const Error& why) {
        m_log->add(why);
        m_status->setAttention(!m_log->isVisible());
        m_compress->showError(why);
    };
    connect(&m_client, &EngineClient::lost, this, complain);
    connect(&m_client, &EngineClient::failed, this,
            [complain](const QString& /*method*/, const Error& why) { complain(why); });
    connect(&m_catalog, &ModelCatalog::failed, this, complain);
    connect(&m_settings, &Settings::engineCommandChanged, this,
            [this] { m_client.setCommand(m_settings.engineCommand()); });
}

void MainWindow::showPage(int page)
{
    m_find->close();
    m_stack->setCurrentIndex(page);
    m_rail->setCurrent(page);
    m_title->setText(m_pages[page]->title());
    m_settings.setPage(m_pages[page]->title());
}

void MainWindow::find()
{
    const auto [target, view] = m_pages[m_stack->currentIndex()]->findTarget();
    if (target != nullptr)
        m_find->open(target, view);
}

void MainWindow::showShortcuts()
{
    std::vector<ShortcutSheet::Group> groups{
        {tr("Window"),
         m_pageActions
             + QList<QAction*>{m_findAction, m_pickModel, m_status->stopAction(), m_status->logAction(), m_larger,
                               m_smaller, m_normal, m_dark, m_shortcuts, m_quit}}};
    for (const auto* page : m_pages)
        groups.emplace_back(page->title(), page->shortcutActions());
    auto* sheet = new ShortcutSheet(m_theme, groups, this);
    sheet->open();
}

void MainWindow::zoom(int steps)
{
    m_settings.setFontSize(static_cast<int>(std::lround(m_theme.readingSize())) + steps);
}

void MainWindow::toggleDark()
{
    m_settings.setTheme(m_theme.isDark() ? Settings::Theme::Light : Settings::Theme::Dark);
}

void MainWindow::applySettings()
{
    const auto scheme = m_settings.theme();
    m_theme.setScheme(scheme == Settings::Theme::Dark        ? Theme::Scheme::Dark
                          : scheme == Settings::Theme::Light ? Theme::Scheme::Light
                                                             : Theme::Scheme::System);
    m_theme.setReadingSize(m_settings.fontSize());
    m_theme.setMonospaceReading(m_settings.monospaceTexts());
    m_monospace->setChecked(m_settings.monospaceTexts());
    m_dark->setIcon(m_theme.icon(m_theme.isDark() ? u"light"_s : u"dark"_s));
    m_dark->setToolTip(tr("Dark or light (Ctrl+Shift+D)"));
}

bool MainWindow::event(QEvent* event)
{
    // A dialog ends. Without a window manager, which would see to it, no window had the keyboard now: shortcuts were
    // dead. Where the user has gone to another program meanwhile, it keeps the keyboard.
    if (event->type() == QEvent::WindowUnblocked && QGuiApplication::focusWindow() != nullptr)
        QMetaObject::invokeMethod(this, &QWidget::activateWindow, Qt::QueuedConnection);
    return QMainWindow::event(event);
}

void MainWindow::closeEvent(QCloseEvent* event)
{
    m_settings.setWindowGeometry(saveGeometry());
    event->accept();
}

} // namespace icae
