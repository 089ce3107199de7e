#pragma once

#include "widgets/plot/qcp.h"

#include <QStringList>

#include <vector>

namespace icae {

/// Ticks of a figure's axis: the values that were measured where they have room, categories by name, round numbers
/// elsewhere.
class FigureTicker : public QCPAxisTicker {
public:
    FigureTicker(const QCPAxis* axis, std::vector<double> measured, QStringList categories);
    /// Round numbers. @param whole without fractions
    explicit FigureTicker(const QCPAxis* axis, bool whole = false);

protected:
    double getTickStep(const QCPRange& range) override;
    int getSubTickCount(double tickStep) override;
    QVector<double> createTickVector(double tickStep, const QCPRange& range) override;
    QString getTickLabel(double tick, const QLocale& locale, QChar formatChar, int precision) override;

private:
    /// With as many digits as tell ticks apart.
    QString textOf(double value) const;
    /// Whether labels at a distance have room beside, or above, each other.
    bool hasRoom(double step, const QCPRange& range) const;
    /// Ticks in the range of which no two labels touch.
    QVector<double> spaced(const QCPRange& range) const;
    static QVector<double> logTicks(const QCPRange& range);

    const QCPAxis* m_axis;
    std::vector<double> m_measured;
    QStringList m_categories;
    bool m_whole = false;
    double m_step = 0; ///< between round numbers; 0: they are not equally far from each other
};

} // namespace icae
