#include "window/navigation_rail.h"

#include <QAction>
#include <QActionGroup>
#include <QToolButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

NavigationRail::NavigationRail(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_pages(new QVBoxLayout)
    , m_group(new QActionGroup(this))
    , m_settings(makeButton())
{
    setObjectName(u"rail"_s);
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(tr("Pages"));
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    m_settings->setIcon(theme.icon(u"settings"_s));
    m_settings->setText(tr("Settings"));
    m_settings->setPopupMode(QToolButton::InstantPopup);
    m_pages->setSpacing(Theme::grid(0.5));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::grid(0.5), Theme::grid(), Theme::grid(0.5), Theme::grid());
    layout->addLayout(m_pages);
    layout->addStretch(1);
    layout->addWidget(m_settings);
}

QToolButton* NavigationRail::makeButton()
{
    auto* button = new QToolButton;
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setIconSize({22, 22});
    button->setFont(m_theme.font(TypeRole::Caption));
    button->setMinimumWidth(Theme::grid(9.5));
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    return button;
}

QAction* NavigationRail::addPage(const QString& id, const QString& icon, const QString& name)
{
    const auto number = static_cast<int>(m_group->actions().size());
    auto* action = m_group->addAction(m_theme.icon(icon), name);
    action->setData(id);
    action->setCheckable(true);
    action->setChecked(number == 0);
    action->setShortcut(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + number)));
    action->setToolTip(u"%1 (%2)"_s.arg(name, action->shortcut().toString(QKeySequence::NativeText)));
    connect(action, &QAction::triggered, this, [this, id] { Q_EMIT pageRequested(id); });
    auto* button = makeButton();
    button->setDefaultAction(action);
    m_pages->addWidget(button);
    addAction(action);
    return action;
}

void NavigationRail::setCurrent(const QString& id)
{
    const auto actions = m_group->actions();
    for (auto* action : actions)
        if (action->data() == id)
            action->setChecked(true);
}

} // namespace icae
