#include "window/settings_menu.h"

#include <QActionGroup>
#include <QInputDialog>

#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

SettingsMenu::SettingsMenu(Theme& theme, EngineClient& client, Settings& settings, QWidget* window)
    : QMenu(window)
    , m_theme(theme)
    , m_client(client)
    , m_settings(settings)
    , m_dark(make(tr("Dark or light"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D)}))
    , m_monospace(make(tr("Monospace texts"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M)}))
{
    connect(m_dark, &QAction::triggered, this,
            [this] { m_settings.setTheme(m_theme.isDark() ? Settings::Theme::Light : Settings::Theme::Dark); });
    addColours();
    addTexts();
    addEngine();
    window->addActions(m_all);
    connect(&m_settings, &Settings::fontChanged, this, &SettingsMenu::apply);
    connect(&m_settings, &Settings::themeChanged, this, &SettingsMenu::apply);
    apply();
}

QAction* SettingsMenu::make(const QString& text, const QList<QKeySequence>& keys)
{
    auto* action = new QAction(text, this);
    action->setShortcuts(keys);
    m_all.push_back(action);
    return action;
}

void SettingsMenu::addColours()
{
    auto* group = new QActionGroup(this);
    const auto add = [&](Settings::Theme theme, const QString& name, Qt::Key key) {
        auto* action = make(name, {QKeySequence(Qt::ALT | Qt::SHIFT | key)});
        group->addAction(action);
        action->setCheckable(true);
        action->setChecked(m_settings.theme() == theme);
        connect(action, &QAction::triggered, this, [this, theme] { m_settings.setTheme(theme); });
        connect(&m_settings, &Settings::themeChanged, action,
                [this, action, theme] { action->setChecked(m_settings.theme() == theme); });
        addAction(action);
    };
    add(Settings::Theme::System, tr("Colours as the system"), Qt::Key_S);
    add(Settings::Theme::Light, tr("Light colours"), Qt::Key_L);
    add(Settings::Theme::Dark, tr("Dark colours"), Qt::Key_D);
}

void SettingsMenu::addTexts()
{
    addSeparator();
    auto* larger =
        make(tr("Larger text"), {QKeySequence(Qt::CTRL | Qt::Key_Plus), QKeySequence(Qt::CTRL | Qt::Key_Equal)});
    auto* smaller = make(tr("Smaller text"), {QKeySequence(Qt::CTRL | Qt::Key_Minus)});
    auto* normal = make(tr("Normal text size"), {QKeySequence(Qt::CTRL | Qt::Key_0)});
    connect(larger, &QAction::triggered, this, [this] { zoom(1); });
    connect(smaller, &QAction::triggered, this, [this] { zoom(-1); });
    connect(normal, &QAction::triggered, this, [this] { m_settings.setFontSize(0); });
    m_monospace->setCheckable(true);
    connect(m_monospace, &QAction::toggled, &m_settings, &Settings::setMonospaceTexts);
    addActions({larger, smaller, normal, m_monospace});
}

void SettingsMenu::addEngine()
{
    addSeparator();
    auto* command = make(tr("Engine command…"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E)});
    auto* restart = make(tr("Restart the engine"), {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R)});
    connect(command, &QAction::triggered, this, &SettingsMenu::askForCommand);
    connect(restart, &QAction::triggered, this, [this] {
        m_client.stop();
        m_client.start();
    });
    addActions({command, restart});
}

void SettingsMenu::zoom(int steps)
{
    m_settings.setFontSize(static_cast<int>(std::lround(m_theme.readingSize())) + steps);
}

void SettingsMenu::askForCommand()
{
    auto* dialog = new QInputDialog(parentWidget());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Engine command"));
    dialog->setLabelText(tr("Command line that starts the engine, e.g. “ssh gpu-box icae serve”.\n"
                            "Empty: the icae beside this program."));
    dialog->setTextValue(m_settings.engineCommand());
    connect(dialog, &QInputDialog::textValueSelected, &m_settings, &Settings::setEngineCommand);
    dialog->open();
}

void SettingsMenu::apply()
{
    const auto scheme = m_settings.theme();
    m_theme.setScheme(scheme == Settings::Theme::Dark        ? Theme::Scheme::Dark
                          : scheme == Settings::Theme::Light ? Theme::Scheme::Light
                                                             : Theme::Scheme::System);
    m_theme.setReadingSize(m_settings.fontSize());
    m_theme.setMonospaceReading(m_settings.monospaceTexts());
    m_monospace->setChecked(m_settings.monospaceTexts());
    m_dark->setIcon(m_theme.icon(m_theme.isDark() ? u"light"_s : u"dark"_s));
    m_dark->setToolTip(m_theme.isDark() ? tr("Light colours (Ctrl+Shift+D)") : tr("Dark colours (Ctrl+Shift+D)"));
}

} // namespace icae
