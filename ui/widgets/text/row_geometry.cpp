#include "widgets/text/row_geometry.h"

#include <algorithm>

namespace icae {

RowGeometry::RowGeometry(int columns, QObject* parent)
    : QObject(parent)
    , m_cells(static_cast<std::size_t>(columns))
    , m_shown(static_cast<std::size_t>(columns), true)
{
}

void RowGeometry::reset(int rows, int keep)
{
    m_rows = rows;
    for (auto& column : m_cells) {
        column.resize(static_cast<std::size_t>(rows));
        for (auto i = static_cast<std::size_t>(std::min(keep, rows)); i < column.size(); ++i)
            column[i] = {};
    }
    m_dirty = true;
}

void RowGeometry::setColumnShown(int column, bool shown)
{
    m_shown[static_cast<std::size_t>(column)] = shown;
    m_dirty = true;
}

void RowGeometry::setHeight(int column, int row, int height, bool exact)
{
    auto& at = cell(column, row);
    m_dirty = m_dirty || at.height != height;
    at = {height, exact};
}

void RowGeometry::forget(int column)
{
    for (auto& at : m_cells[static_cast<std::size_t>(column)])
        at.exact = false;
}

void RowGeometry::commit()
{
    if (!m_dirty)
        return;
    m_dirty = false;
    m_tops.assign(static_cast<std::size_t>(m_rows) + 1, 0);
    for (int row = 0; row < m_rows; ++row) {
        int height = 0;
        for (std::size_t column = 0; column < m_cells.size(); ++column)
            if (m_shown[column])
                height = std::max(height, cell(static_cast<int>(column), row).height);
        m_tops[static_cast<std::size_t>(row) + 1] = m_tops[static_cast<std::size_t>(row)] + height;
    }
    Q_EMIT changed();
}

int RowGeometry::rowAt(int y) const
{
    const auto after = std::upper_bound(m_tops.begin(), m_tops.end(), y);
    return std::min(static_cast<int>(after - m_tops.begin()) - 1, m_rows - 1);
}

} // namespace icae
