#include "widgets/text/token_details.h"

#include <QLabel>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

AlternativesBars::AlternativesBars(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&m_theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void AlternativesBars::setAlternatives(std::vector<TokenAlternative> alternatives, std::int32_t id)
{
    m_alternatives = std::move(alternatives);
    m_id = id;
    QStringList spoken;
    for (const auto& other : m_alternatives)
        spoken += tr("%1: %L2 %").arg(readablePiece(other.piece)).arg(100 * other.probability, 0, 'f', 1);
    setAccessibleName(tr("Likeliest tokens"));
    setAccessibleDescription(spoken.join(u", "_s));
    updateGeometry();
    update();
}

QSize AlternativesBars::sizeHint() const
{
    const int row = QFontMetrics(m_theme.zoomed(TypeRole::Body)).height() + Theme::grid();
    return {200, row * static_cast<int>(m_alternatives.size())};
}

void AlternativesBars::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    const auto font = m_theme.zoomed(TypeRole::Body);
    const QFontMetrics metrics(font);
    const int row = metrics.height() + Theme::grid();
    const int numbers = metrics.horizontalAdvance(u"100.0 %"_s);
    const int names = (width() - numbers - Theme::grid(2)) / 2;
    const int bars = width() - numbers - names - Theme::grid(2);
    int y = 0;
    for (const auto& other : m_alternatives) {
        auto own = font;
        own.setBold(other.id == m_id);
        painter.setFont(own);
        painter.setPen(m_theme.color(Shade::Text));
        const auto name =
            metrics.elidedText(readablePiece(other.piece).replace(u' ', QChar(0x2423)), Qt::ElideRight, names);
        painter.drawText(QRect(0, y, names, row), Qt::AlignVCenter | Qt::AlignLeft, name);
        painter.drawText(QRect(width() - numbers, y, numbers, row), Qt::AlignVCenter | Qt::AlignRight,
                         tr("%L1 %").arg(100 * other.probability, 0, 'f', 1));
        const auto length = static_cast<int>(std::lround(bars * other.probability));
        const QRect bar(names + Theme::grid(), y + row / 2 - 4, std::max(1, length), 8);
        painter.fillRect(bar, m_theme.color(other.id == m_id ? Shade::Accent : Shade::SpanMark));
        y += row;
    }
}

TokenDetails::TokenDetails(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_title(new QLabel)
    , m_facts(new QLabel)
    , m_bars(new AlternativesBars(theme))
{
    setObjectName(u"sheet"_s);
    setAttribute(Qt::WA_StyledBackground);
    auto* close = new QToolButton;
    close->setIcon(theme.icon(u"close"_s));
    close->setToolTip(tr("Close the details (Esc)"));
    close->setAccessibleName(tr("Close the details"));
    connect(close, &QToolButton::clicked, this, &TokenDetails::closeRequested);
    auto* head = new QHBoxLayout;
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    head->addWidget(m_title, 1);
    head->addWidget(close);
    m_facts->setTextFormat(Qt::RichText);
    m_facts->setWordWrap(true);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* caption = new QLabel(tr("Likeliest tokens here"));
    caption->setProperty("secondary", true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(), Theme::grid(), Theme::grid(2));
    layout->setSpacing(Theme::grid());
    layout->addLayout(head);
    layout->addWidget(m_facts);
    layout->addSpacing(Theme::grid());
    layout->addWidget(caption);
    layout->addWidget(m_bars);
    layout->addStretch(1);
    const auto restyle = [this, caption] {
        m_title->setFont(m_theme.zoomed(TypeRole::Title));
        m_facts->setFont(m_theme.zoomed(TypeRole::Body));
        caption->setFont(m_theme.zoomed(TypeRole::Caption));
    };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
    showToken(nullptr, -1);
}

void TokenDetails::showToken(const TokenDocument* document, int token)
{
    if (document == nullptr || token < 0 || token >= static_cast<int>(document->tokens.size())) {
        m_title->setText(tr("Token"));
        m_facts->setText(tr("Point at a token, or move with the arrow keys."));
        m_bars->setAlternatives({}, -1);
        return;
    }
    const auto& scored = document->tokens[static_cast<std::size_t>(token)];
    m_title->setText(u"“"_s + readablePiece(scored.piece).replace(u' ', QChar(0x2423)) + u"”"_s);
    const auto row = [](const QString& name, const QString& value) {
        return u"<tr><td style='padding-right:16px'>%1</td><td align='right'>%2</td></tr>"_s.arg(name, value);
    };
    m_facts->setText(u"<table cellspacing='2'>"_s + row(tr("Position"), u"%L1"_s.arg(token + 1))
                     + row(tr("Span"), u"%L1"_s.arg(scored.span + 1)) + row(tr("Id"), QString::number(scored.id))
                     + row(tr("NLL"), tr("%L1 nats").arg(scored.nll, 0, 'f', 3))
                     + row(tr("Probability"), tr("%L1 %").arg(100 * std::exp(-scored.nll), 0, 'f', 2))
                     + row(tr("Entropy"), tr("%L1 nats").arg(scored.entropy, 0, 'f', 3))
                     + row(tr("Rank"), u"%L1"_s.arg(scored.rank + 1)) + u"</table>"_s);
    m_bars->setAlternatives(scored.alternatives, scored.id);
}

} // namespace icae
