#include "widgets/text/token_view.h"

#include <QPainter>

#include <cmath>

namespace icae {

namespace {

constexpr int barWidth = 120;

} // namespace

QString tokenMeasureName(TokenMeasure measure)
{
    switch (measure) {
    case TokenMeasure::Nll:
        return TokenLegend::tr("NLL");
    case TokenMeasure::Entropy:
        return TokenLegend::tr("Entropy");
    case TokenMeasure::Rank:
        return TokenLegend::tr("Rank");
    }
    return {};
}

TokenLegend::TokenLegend(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&m_theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    setMeasure(TokenMeasure::Nll);
}

void TokenLegend::setMeasure(TokenMeasure measure)
{
    m_measure = measure;
    setAccessibleName(tr("Colour map of %1").arg(tokenMeasureName(measure)));
    setToolTip(measure == TokenMeasure::Nll
                   ? tr("Negative log-likelihood of the token, −ln p, in nats. Tokens beyond the end have its colour.")
                   : measure == TokenMeasure::Entropy
                   ? tr("Entropy of the whole distribution that the token was taken from, in nats.")
                   : tr("Place of the token among all tokens by probability; 1 is the likeliest. Logarithmic."));
    update();
}

QSize TokenLegend::sizeHint() const
{
    const QFontMetrics metrics(m_theme.font(TypeRole::Caption));
    return {barWidth + metrics.horizontalAdvance(tr("certain")) + metrics.horizontalAdvance(tr("1,001 or more"))
                + Theme::grid(3),
            metrics.height() + Theme::grid()};
}

void TokenLegend::paintEvent(QPaintEvent* /*event*/)
{
    QPainter painter(this);
    paintMap(painter, size());
}

void TokenLegend::paintMap(QPainter& painter, QSize size) const
{
    painter.setFont(m_theme.font(TypeRole::Caption));
    const QFontMetrics metrics(painter.font());
    const auto end = static_cast<int>(std::lround(valueAt(1, m_measure)));
    const auto first = m_measure == TokenMeasure::Rank ? QStringLiteral("1") : QStringLiteral("0");
    const auto last = m_measure == TokenMeasure::Rank ? QStringLiteral("≥ %L1").arg(end + 1) : tr("≥ %1 nats").arg(end);
    painter.setPen(m_theme.color(Shade::SecondaryText));
    const int left = metrics.horizontalAdvance(first) + Theme::grid();
    painter.drawText(QRect(0, 0, left, size.height()), Qt::AlignVCenter | Qt::AlignLeft, first);
    const QRect bar(left, size.height() / 2 - 5, barWidth, 10);
    for (int x = 0; x < bar.width(); ++x)
        painter.fillRect(bar.left() + x, bar.top(), 1, bar.height(),
                         m_theme.sequential(static_cast<double>(x) / (bar.width() - 1)));
    painter.setPen(m_theme.color(Shade::Hairline));
    painter.drawRect(bar.adjusted(0, 0, -1, -1));
    painter.setPen(m_theme.color(Shade::SecondaryText));
    painter.drawText(QRect(bar.right() + Theme::grid(), 0, size.width(), size.height()),
                     Qt::AlignVCenter | Qt::AlignLeft, last);
}

} // namespace icae
