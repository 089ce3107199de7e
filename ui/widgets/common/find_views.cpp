#include "widgets/common/find_views.h"

#include <QTextBlock>

#include <algorithm>
#include <functional>
#include <vector>

namespace icae {

FindTarget::Result FindTree::find(const QString& query, bool matchCase, int step)
{
    const auto sensitivity = matchCase ? Qt::CaseSensitive : Qt::CaseInsensitive;
    std::vector<QModelIndex> found;
    Result result;
    int after = -1; // the first match at or behind the current row
    bool passed = !currentIndex().isValid();
    const std::function<void(const QModelIndex&)> search = [&](const QModelIndex& parent) {
        for (int row = 0; row < model()->rowCount(parent); ++row) {
            const auto first = model()->index(row, 0, parent);
            passed = passed || first == currentIndex().siblingAtColumn(0);
            for (int column = 0; column < model()->columnCount(parent); ++column) {
                if (!first.siblingAtColumn(column).data().toString().contains(query, sensitivity))
                    continue;
                if (passed && after < 0)
                    after = static_cast<int>(found.size());
                found.push_back(first);
                break;
            }
            search(first);
        }
    };
    if (model() != nullptr && !query.isEmpty())
        search({});
    result.count = static_cast<int>(found.size());
    if (found.empty())
        return result;
    const bool here = after >= 0 && found[static_cast<std::size_t>(after)] == currentIndex().siblingAtColumn(0);
    const int from = after < 0 ? result.count : after;
    if (step > 0 && here)
        result.current = (from + 1) % result.count;
    else if (step < 0)
        result.current = (from - 1 + result.count) % result.count;
    else
        result.current = from % result.count;
    setCurrentIndex(found[static_cast<std::size_t>(result.current)]);
    return result;
}

FindText::FindText(QWidget* parent)
    : QPlainTextEdit(parent)
{
    setReadOnly(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
}

FindTarget::Result FindText::find(const QString& query, bool matchCase, int step)
{
    Result result;
    auto cursor = textCursor();
    if (query.isEmpty()) {
        cursor.clearSelection();
        setTextCursor(cursor);
        return result;
    }
    const auto caseFlag = matchCase ? QTextDocument::FindCaseSensitively : QTextDocument::FindFlags();
    for (auto at = document()->find(query, 0, caseFlag); !at.isNull(); at = document()->find(query, at, caseFlag)) {
        const bool behind =
            step > 0 ? at.selectionStart() >= cursor.selectionEnd() : at.selectionStart() >= cursor.selectionStart();
        if (behind && result.current < 0)
            result.current = result.count;
        ++result.count;
    }
    if (result.count == 0)
        return result;
    if (step < 0)
        result.current = ((result.current < 0 ? result.count : result.current) - 1 + result.count) % result.count;
    else if (result.current < 0)
        result.current = 0;
    auto at = document()->find(query, 0, caseFlag);
    for (int i = 0; i < result.current; ++i)
        at = document()->find(query, at, caseFlag);
    setTextCursor(at);
    return result;
}

} // namespace icae
