#pragma once

#include <QObject>

#include <vector>

namespace icae {

/// Where the rows of columns that stand side by side are: a row is as high as its highest column.
/// Heights start as estimates and become exact as columns measure; whoever shows them keeps its first row in place.
class RowGeometry : public QObject {
    Q_OBJECT

public:
    explicit RowGeometry(int columns, QObject* parent = nullptr);

    /// Forgets all heights but those of the first rows.
    void reset(int rows, int keep = 0);
    /// A column that is not shown does not take part.
    void setColumnShown(int column, bool shown);

    void setHeight(int column, int row, int height, bool exact);
    bool isExact(int column, int row) const { return cell(column, row).exact; }
    void forget(int column); ///< all heights of the column become estimates again

    /// Publishes what changed since the last time.
    void commit();

    int rows() const { return m_rows; }
    int top(int row) const { return m_tops[static_cast<std::size_t>(row)]; }
    int height(int row) const { return top(row + 1) - top(row); }
    int total() const { return m_tops.back(); }
    /// Row at a height; the last one below the end, −1 without rows.
    int rowAt(int y) const;

Q_SIGNALS:
    void changed();

private:
    struct Cell {
        int height = 0;
        bool exact = false;
    };
    Cell& cell(int column, int row) { return m_cells[static_cast<std::size_t>(column)][static_cast<std::size_t>(row)]; }
    const Cell& cell(int column, int row) const
    {
        return m_cells[static_cast<std::size_t>(column)][static_cast<std::size_t>(row)];
    }

    std::vector<std::vector<Cell>> m_cells; ///< by column
    std::vector<bool> m_shown;
    std::vector<int> m_tops{0}; ///< of each row, and the end
    int m_rows = 0;
    bool m_dirty = false;
};

} // namespace icae
