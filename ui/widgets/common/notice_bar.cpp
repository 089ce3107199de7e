#include "widgets/common/notice_bar.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>

namespace icae {

using namespace Qt::StringLiterals;

NoticeBar::NoticeBar(const Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_theme(theme)
    , m_icon(new QLabel)
    , m_text(new QLabel)
    , m_offer(new QToolButton)
    , m_copy(new QPushButton(tr("Copy details")))
{
    setVisible(false);
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_offer->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_offer->setAccessibleName(tr("What helps"));
    m_offer->hide();
    auto* close = new QToolButton;
    close->setIcon(theme.icon(u"close"_s));
    close->setAccessibleName(tr("Close this message"));
    close->setToolTip(tr("Close this message"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(), Theme::grid(), Theme::grid());
    layout->setSpacing(Theme::grid());
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_offer);
    layout->addWidget(m_copy);
    layout->addWidget(close);
    connect(close, &QToolButton::clicked, this, &NoticeBar::clear);
    connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(m_details); });
}

void NoticeBar::showError(const Error& error)
{
    const auto message = QString::fromStdString(error.message());
    const auto remedy = QString::fromStdString(error.remedy());
    auto details = message + u'\n' + remedy;
    if (!error.details().empty())
        details += u'\n' + QString::fromStdString(error.details());
    show(message, remedy, details, true);
}

void NoticeBar::showWarning(const QString& message, const QString& remedy)
{
    if (!m_isError)
        show(message, remedy, {}, false);
}

void NoticeBar::show(const QString& message, const QString& remedy, const QString& details, bool isError)
{
    offer(nullptr);
    m_isError = isError;
    m_message = message;
    m_details = details;
    m_copy->setVisible(!details.isEmpty());
    m_text->setText(remedy.isEmpty() ? message : message + u' ' + remedy);
    m_icon->setPixmap(
        m_theme.icon(isError ? u"error"_s : u"warning"_s, isError ? Shade::Error : Shade::Warning).pixmap(20, 20));
    setObjectName(isError ? u"failure"_s : u"notice"_s);
    style()->unpolish(this);
    style()->polish(this);
    setAccessibleName(isError ? tr("Error") : tr("Warning"));
    setAccessibleDescription(m_text->text());
    setVisible(true);
}

void NoticeBar::offer(QAction* action)
{
    const auto before = m_offer->actions();
    for (auto* old : before)
        m_offer->removeAction(old);
    m_offer->setVisible(action != nullptr);
    if (action == nullptr)
        return;
    m_offer->setDefaultAction(action);
    m_offer->setAccessibleName(action->text());
}

void NoticeBar::clear()
{
    m_isError = false;
    m_message.clear();
    setVisible(false);
}

void NoticeBar::clearWarning()
{
    if (!m_isError)
        clear();
}

void NoticeBar::clearError()
{
    if (m_isError)
        clear();
}

QString NoticeBar::message() const
{
    return m_message;
}

} // namespace icae
