#include "widgets/common/empty_state.h"

#include <QLabel>
#include <QVBoxLayout>

#include <utility>

namespace icae {

EmptyState::EmptyState(const Theme& theme, QString icon, const QString& title, const QString& text, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_iconName(std::move(icon))
    , m_icon(new QLabel)
    , m_title(new QLabel)
    , m_text(new QLabel)
    , m_actions(new QHBoxLayout)
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_text->setWordWrap(true);
    m_text->setMaximumWidth(Theme::grid(48));
    m_text->setProperty("secondary", true);
    for (auto* label : {m_icon, m_title, m_text})
        label->setAlignment(Qt::AlignCenter);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::grid(3), Theme::grid(3), Theme::grid(3), Theme::grid(3));
    layout->setSpacing(Theme::grid());
    layout->addStretch(2);
    layout->addWidget(m_icon);
    layout->addWidget(m_title);
    auto* centred = new QHBoxLayout;
    centred->addStretch(1);
    centred->addWidget(m_text, 4);
    centred->addStretch(1);
    layout->addLayout(centred);
    layout->addSpacing(Theme::grid());
    auto* actions = new QHBoxLayout;
    actions->addStretch(1);
    m_actions->setSpacing(Theme::grid());
    m_actions->addStrut(Theme::grid(4)); // with or without buttons, states side by side align
    actions->addLayout(m_actions);
    actions->addStretch(1);
    layout->addLayout(actions);
    layout->addStretch(3);
    const auto restyle = [this] {
        m_icon->setPixmap(m_theme.icon(m_iconName, Shade::DisabledText).pixmap(40, 40));
        m_title->setFont(m_theme.font(TypeRole::Title));
    };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
    setText(title, text);
}

void EmptyState::setText(const QString& title, const QString& text)
{
    m_title->setText(title);
    m_text->setText(text);
}

void EmptyState::addAction(QWidget* widget)
{
    m_actions->addWidget(widget);
}

} // namespace icae
