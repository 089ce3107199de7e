#pragma once

#include "models/diff_document.h"
#include "session/theme.h"
#include "widgets/text/row_geometry.h"

#include <QWidget>

namespace icae {

/// All differences of the text beside the scroll bar, and which part of it is in sight. A click goes there.
class OverviewStrip : public QWidget {
    Q_OBJECT

public:
    OverviewStrip(const Theme& theme, RowGeometry& geometry, QWidget* parent = nullptr);

    void setDocument(DiffDocumentPtr document);
    void setCurrentDifference(int difference);
    /// Classes that are shown; all where nothing is set.
    void setFilter(std::vector<DifferenceClass> shown);
    /// Part of the text in sight, in pixels of the geometry.
    void setVisiblePart(int top, int height);

    QSize sizeHint() const override { return {Theme::grid(2), 100}; }

Q_SIGNALS:
    void rowRequested(int row);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;

private:
    const Theme& m_theme;
    RowGeometry& m_geometry;
    DiffDocumentPtr m_document;
    std::vector<DifferenceClass> m_filter;
    int m_current = -1;
    int m_visibleTop = 0;
    int m_visibleHeight = 0;
};

} // namespace icae
