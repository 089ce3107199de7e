#include "window/shortcut_sheet.h"

#include <QGridLayout>
#include <QLabel>
#include <QScreen>
#include <QScrollArea>
#include <QScrollBar>
#include <QShortcut>
#include <QVBoxLayout>

#include <algorithm>

namespace icae {

namespace {

constexpr int columnCount = 3;

} // namespace

ShortcutSheet::ShortcutSheet(const Theme& theme, const std::vector<ShortcutGroup>& groups, QWidget* parent)
    : QDialog(parent)
{
    setWindowTitle(tr("Keyboard shortcuts"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* content = new QWidget;
    content->setObjectName(QStringLiteral("sheet"));
    content->setAttribute(Qt::WA_StyledBackground);
    auto* columns = new QHBoxLayout(content);
    columns->setContentsMargins(Theme::grid(3), Theme::grid(2), Theme::grid(3), Theme::grid(2));
    columns->setSpacing(Theme::grid(5));
    qsizetype total = 0;
    for (const auto& group : groups)
        total += group.entries.size() + 2;
    const auto share = (total + columnCount - 1) / columnCount;
    QGridLayout* grid = nullptr;
    qsizetype filled = 0;
    int row = 0;
    for (const auto& group : groups) {
        const auto size = group.entries.size() + 2;
        // A group goes on in a column where more than half of it still has room.
        if (grid == nullptr || filled + size / 2 > share) {
            grid = new QGridLayout;
            grid->setVerticalSpacing(Theme::grid(0.5));
            grid->setHorizontalSpacing(Theme::grid(2));
            columns->addLayout(grid);
            filled = 0;
            row = 0;
        }
        row = add(theme, group, *grid, row);
        grid->setRowStretch(row, 1);
        filled += size;
    }
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setWidget(content);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    const auto available = screen()->availableSize() - QSize(Theme::grid(6), Theme::grid(6));
    auto wanted = content->sizeHint();
    if (wanted.height() > available.height())
        wanted.rwidth() += scroll->verticalScrollBar()->sizeHint().width();
    resize(wanted.boundedTo(available));
    connect(new QShortcut(QKeySequence(Qt::Key_F1), this), &QShortcut::activated, this, &QDialog::close);
}

int ShortcutSheet::add(const Theme& theme, const ShortcutGroup& group, QGridLayout& grid, int row)
{
    grid.setRowStretch(row, 0);
    if (row > 0)
        grid.setRowMinimumHeight(row++, Theme::grid());
    auto* title = new QLabel(group.name);
    title->setFont(theme.font(TypeRole::Title));
    grid.addWidget(title, row++, 0, 1, 2);
    for (const auto& entry : group.entries) {
        if (entry.keys.isEmpty())
            continue;
        auto* key = new QLabel(entry.keys);
        key->setProperty("keycap", true);
        key->setAlignment(Qt::AlignCenter);
        key->setFont(theme.font(TypeRole::Caption));
        grid.addWidget(key, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
        grid.addWidget(new QLabel(entry.text), row++, 1);
    }
    return row;
}

} // namespace icae
