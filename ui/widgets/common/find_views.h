#pragma once

#include "widgets/common/find_target.h"

#include <QPlainTextEdit>
#include <QTreeView>

namespace icae {

/// A list or tree whose rows the find bar searches, all columns.
class FindTree : public QTreeView, public FindTarget {
    Q_OBJECT

public:
    using QTreeView::QTreeView;

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override { }
};

/// A text to read and copy, e.g. a log, that the find bar searches.
class FindText : public QPlainTextEdit, public FindTarget {
    Q_OBJECT

public:
    explicit FindText(QWidget* parent = nullptr);

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override { }
};

} // namespace icae
