#pragma once

#include "models/figure_document.h"

namespace icae {

/// Whether rows along an axis are groups of a cell's tokens, not cells.
bool isOfGroups(FigureAxis axis);
/// Whether places along an axis are names.
bool isCategory(FigureAxis axis);

/// Names of a category axis, in the order in which they first come.
class Categories {
public:
    double of(const QString& name)
    {
        const auto known = m_names.indexOf(name);
        if (known >= 0)
            return static_cast<double>(known);
        m_names.append(name);
        return static_cast<double>(m_names.size() - 1);
    }
    const QStringList& names() const { return m_names; }

private:
    QStringList m_names;
};

/// Where a row lies along an axis; not a number where it has no place.
double placeOf(const TableRow& row, FigureAxis axis, Categories& categories);

} // namespace icae
