#include "widgets/plot/figure_ticks.h"

#include <QFontMetricsF>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

constexpr qsizetype fewest = 2; // measured values in sight; below that round numbers say more

} // namespace

FigureTicker::FigureTicker(const QCPAxis* axis, std::vector<double> measured, QStringList categories)
    : m_axis(axis)
    , m_measured(std::move(measured))
    , m_categories(std::move(categories))
{
    setTickCount(5);
}

FigureTicker::FigureTicker(const QCPAxis* axis, bool whole)
    : FigureTicker(axis, {}, {})
{
    m_whole = whole;
}

QString FigureTicker::textOf(double value) const
{
    const auto size = std::abs(value);
    if (value == std::round(value) && size < 1e7)
        return QLocale().toString(static_cast<qlonglong>(value));
    int digits = 3;
    if (m_step > 0 && size > 0) {
        const double place = std::floor(std::log10(m_step) + 1e-9);
        const double share = m_step / std::pow(10, place); // 2.5 has a digit more than 1, 2 and 5
        const bool isRound = std::abs(share - std::round(share)) < 1e-6;
        digits = std::max(digits, static_cast<int>(std::floor(std::log10(size)) - place) + (isRound ? 1 : 2));
    }
    return QLocale().toString(value, 'g', digits);
}

bool FigureTicker::hasRoom(double step, const QCPRange& range) const
{
    const QFontMetricsF metrics(m_axis->tickLabelFont());
    const auto* rect = m_axis->axisRect();
    const bool across = m_axis->orientation() == Qt::Horizontal;
    const double room = across ? rect->width() : rect->height();
    const double label = across
        ? metrics.horizontalAdvance(textOf(std::floor(range.upper / step) * step)) + metrics.averageCharWidth()
        : metrics.height();
    return room <= 0 || step / range.size() * room >= label;
}

/// Fewer steps than were asked for where labels would touch each other.
double FigureTicker::getTickStep(const QCPRange& range)
{
    m_step = QCPAxisTicker::getTickStep(range);
    for (int count = tickCount() - 1; count > 0 && !hasRoom(m_step, range); --count)
        m_step = cleanMantissa(range.size() / count);
    if (m_whole)
        m_step = std::max(1.0, m_step);
    return m_step;
}

int FigureTicker::getSubTickCount(double /*tickStep*/)
{
    return 0;
}

QVector<double> FigureTicker::createTickVector(double tickStep, const QCPRange& range)
{
    if (!m_categories.isEmpty()) {
        QVector<double> ticks;
        for (qsizetype i = 0; i < m_categories.size(); ++i)
            ticks << static_cast<double>(i);
        return ticks;
    }
    if (const auto ticks = spaced(range); ticks.size() >= fewest) {
        m_step = 0;
        return ticks;
    }
    if (m_axis->scaleType() == QCPAxis::stLogarithmic) {
        m_step = 0;
        return logTicks(range);
    }
    return QCPAxisTicker::createTickVector(tickStep, range);
}

QVector<double> FigureTicker::spaced(const QCPRange& range) const
{
    const QFontMetricsF metrics(m_axis->tickLabelFont());
    QVector<double> ticks;
    double last = -std::numeric_limits<double>::infinity();
    for (const auto value : m_measured) {
        if (!range.contains(value))
            continue;
        const auto at = m_axis->coordToPixel(value);
        const auto half = metrics.horizontalAdvance(textOf(value)) / 2;
        if (at - half < last + metrics.averageCharWidth())
            continue;
        ticks << value;
        last = at + half;
    }
    return ticks;
}

QVector<double> FigureTicker::logTicks(const QCPRange& range)
{
    if (range.lower <= 0)
        return {};
    // Powers of ten, and what divides them where there are few.
    const auto decades = std::log10(range.upper / range.lower);
    const std::vector<double> parts = decades > 3 ? std::vector<double>{1}
        : decades > 1.2                           ? std::vector<double>{1, 3}
                                                  : std::vector<double>{1, 2, 3, 5, 7};
    QVector<double> ticks;
    for (double power = std::pow(10, std::floor(std::log10(range.lower))); power <= range.upper; power *= 10)
        for (const auto part : parts)
            if (range.contains(power * part))
                ticks << power * part;
    return ticks.size() > 1 ? ticks : QVector<double>{range.lower, range.upper};
}

QString FigureTicker::getTickLabel(double tick, const QLocale& /*locale*/, QChar /*formatChar*/, int /*precision*/)
{
    if (!m_categories.isEmpty()) {
        const auto index = static_cast<qsizetype>(std::lround(tick));
        return index >= 0 && index < m_categories.size() ? m_categories[index] : QString();
    }
    return textOf(std::abs(tick) < 1e-12 ? 0 : tick);
}

} // namespace icae
