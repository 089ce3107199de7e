#include "window/log_panel.h"

#include "widgets/common/find_views.h"

#include <QAction>
#include <QClipboard>
#include <QDateTime>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int mostLines = 5000;

} // namespace

LogPanel::LogPanel(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_lines(new FindText)
    , m_copy(new QAction(theme.icon(u"copy"_s), tr("Copy the log"), this))
{
    setObjectName(u"logPanel"_s);
    setAttribute(Qt::WA_StyledBackground);
    setFixedHeight(Theme::grid(24));
    m_lines->setMaximumBlockCount(mostLines);
    m_lines->setAccessibleName(tr("Log"));
    m_lines->setPlaceholderText(tr("Nothing has happened yet."));
    auto* title = new QLabel(tr("Log"));
    m_copy->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_C));
    m_copy->setToolTip(tr("Copy everything in the log (Ctrl+Alt+C)"));
    auto* copy = new QToolButton;
    copy->setDefaultAction(m_copy);
    copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    auto* close = new QToolButton;
    close->setIcon(theme.icon(u"close"_s));
    close->setAccessibleName(tr("Close the log"));
    close->setToolTip(tr("Close the log"));
    auto* head = new QHBoxLayout;
    head->addWidget(title, 1);
    head->addWidget(copy);
    head->addWidget(close);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    layout->setSpacing(Theme::grid(0.5));
    layout->addLayout(head);
    layout->addWidget(m_lines, 1);
    connect(m_copy, &QAction::triggered, this, [this] { QGuiApplication::clipboard()->setText(text()); });
    connect(close, &QToolButton::clicked, this, &LogPanel::closeRequested);
}

void LogPanel::add(const LogNote& note)
{
    append(note.level, QString::fromStdString(note.message), QString::fromStdString(note.details));
}

void LogPanel::add(const Error& error)
{
    auto text = QString::fromStdString(error.message());
    if (!error.remedy().empty())
        text += u' ' + QString::fromStdString(error.remedy());
    append(LogLevel::Error, text, QString::fromStdString(error.details()));
}

void LogPanel::append(LogLevel level, const QString& message, const QString& details)
{
    const auto kind = level == LogLevel::Error ? tr("error") : level == LogLevel::Warning ? tr("warning") : tr("info");
    auto line = u"%1  %2  %3"_s.arg(QTime::currentTime().toString(u"HH:mm:ss"_s), kind, message);
    if (!details.isEmpty())
        line += u"\n    "_s + QString(details).replace(u'\n', u"\n    "_s);
    m_lines->appendPlainText(line);
}

QString LogPanel::text() const
{
    return m_lines->toPlainText();
}

} // namespace icae
