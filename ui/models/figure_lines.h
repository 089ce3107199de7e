#pragma once

#include "models/figure_document.h"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace icae {

/// Which rows of studies make one line, and what tells it from the others: the fields of a cell that vary, but for
/// those that run along the x axis. Slots and tokens count by span, so that texts of more spans stay on one line.
class FigureLines {
public:
    /// @param x absent: a heat map, along whose axes lie tokens and slots
    FigureLines(std::span<const TableRow* const> rows, std::optional<FigureAxis> x);

    /// e.g. "k = 128"; two rows with the same label are on one line.
    QString labelOf(const TableRow& row) const;

private:
    enum Field { Model, Step, Content, Context, Tokens, Slots, Spans, Batch, FieldCount };

    static QString textOf(const TableRow& row, Field field);

    std::array<bool, FieldCount> m_told{};
    QString m_only; ///< the label where nothing needs to be told apart
};

} // namespace icae
