#include "pages/compress/span_popup.h"

#include "session/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalBlocker>

#include <set>

namespace icae {

using namespace Qt::StringLiterals;

SpanPopup::SpanPopup(QWidget* parent)
    : QFrame(parent, Qt::Popup)
    , m_ranges(new QLineEdit)
    , m_all(new QPushButton(tr("All spans")))
    , m_this(new QPushButton)
    , m_problem(new QLabel)
{
    setObjectName(u"popup"_s);
    auto* label = new QLabel(tr("Spans to reconstruct"));
    label->setBuddy(m_ranges);
    m_ranges->setAccessibleName(label->text());
    m_ranges->setPlaceholderText(tr("all"));
    m_ranges->setMinimumWidth(Theme::grid(28));
    m_problem->setProperty("kind", u"error"_s);
    m_this->setToolTip(tr("The span that the cursor is in"));
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_all);
    buttons->addWidget(m_this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(2), Theme::grid(2), Theme::grid(2));
    layout->setSpacing(Theme::grid());
    layout->addWidget(label);
    layout->addWidget(m_ranges);
    layout->addWidget(m_problem);
    layout->addLayout(buttons);
    connect(m_ranges, &QLineEdit::textChanged, this, &SpanPopup::take);
    connect(m_ranges, &QLineEdit::returnPressed, this, &QWidget::close);
    connect(m_all, &QPushButton::clicked, m_ranges, &QLineEdit::clear);
    connect(m_this, &QPushButton::clicked, this, [this] { m_ranges->setText(QString::number(m_current + 1)); });
    setCurrent(-1);
}

void SpanPopup::setCount(int count)
{
    if (count == m_count)
        return;
    m_count = count;
    m_spans.clear();
    const QSignalBlocker quiet(m_ranges);
    m_ranges->clear();
    m_problem->hide();
    m_ranges->setToolTip(tr("Numbers and ranges from 1 to %L1, e.g. 1-3, 7").arg(count));
}

void SpanPopup::setCurrent(int span)
{
    m_current = span;
    m_this->setEnabled(span >= 0);
    m_this->setText(span < 0 ? tr("This span") : tr("This span, %L1").arg(span + 1));
}

void SpanPopup::showEvent(QShowEvent* event)
{
    QFrame::showEvent(event);
    m_ranges->setFocus(Qt::PopupFocusReason);
    m_ranges->selectAll();
}

void SpanPopup::take()
{
    auto spans = parse(m_ranges->text(), m_count);
    m_problem->setText(tr("Numbers and ranges from 1 to %L1, e.g. 1-3, 7").arg(m_count));
    m_problem->setVisible(!spans);
    adjustSize();
    if (!spans || *spans == m_spans)
        return;
    m_spans = std::move(*spans);
    Q_EMIT changed();
}

std::optional<std::vector<std::int64_t>> SpanPopup::parse(const QString& text, int count)
{
    static const QRegularExpression separator(u"[,;\\s]+"_s);
    static const QRegularExpression range(u"^(\\d{1,9})(?:[-–](\\d{1,9}))?$"_s);
    static const QRegularExpression aroundDash(u"\\s*[-–]\\s*"_s);
    std::set<std::int64_t> spans;
    const auto parts = QString(text).replace(aroundDash, u"-"_s).split(separator, Qt::SkipEmptyParts);
    for (const auto& part : parts) {
        const auto match = range.match(part);
        const int first = match.captured(1).toInt();
        const int last = match.hasCaptured(2) ? match.captured(2).toInt() : first;
        if (!match.hasMatch() || first < 1 || last < first || last > count)
            return std::nullopt;
        for (int span = first; span <= last; ++span)
            spans.insert(span - 1);
    }
    return spans.size() == static_cast<std::size_t>(count) ? std::vector<std::int64_t>()
                                                           : std::vector<std::int64_t>(spans.begin(), spans.end());
}

QString SpanPopup::summary() const
{
    return m_spans.empty()    ? tr("All spans")
        : m_spans.size() == 1 ? tr("Span %L1").arg(m_spans.front() + 1)
                              : tr("%L1 of %L2 spans").arg(m_spans.size()).arg(m_count);
}

} // namespace icae
