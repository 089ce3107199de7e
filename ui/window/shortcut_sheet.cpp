#include "window/shortcut_sheet.h"

#include <QAction>
#include <QGridLayout>
#include <QLabel>
#include <QShortcut>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

ShortcutSheet::ShortcutSheet(const Theme& theme, const std::vector<Group>& groups, QWidget* parent)
    : QDialog(parent)
{
    setObjectName(u"sheet"_s);
    setWindowTitle(tr("Keyboard shortcuts"));
    setAttribute(Qt::WA_DeleteOnClose);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(3), Theme::grid(3), Theme::grid(3), Theme::grid(3));
    layout->setSpacing(Theme::grid(5));
    for (const auto& [name, actions] : groups) {
        auto* grid = new QGridLayout;
        grid->setVerticalSpacing(Theme::grid(0.75));
        grid->setHorizontalSpacing(Theme::grid(2));
        auto* title = new QLabel(name);
        title->setFont(theme.font(TypeRole::Title));
        grid->addWidget(title, 0, 0, 1, 2);
        int row = 1;
        for (const auto* action : actions) {
            const auto keys = action->shortcut();
            if (keys.isEmpty())
                continue;
            auto* key = new QLabel(keys.toString(QKeySequence::NativeText));
            key->setProperty("keycap", true);
            key->setAlignment(Qt::AlignCenter);
            auto text = action->text();
            text.replace(u"&&"_s, u"\x1"_s).remove(u'&').replace(u'\x1', u'&').remove(u'…');
            grid->addWidget(key, row, 0);
            grid->addWidget(new QLabel(text), row, 1);
            ++row;
        }
        grid->setRowStretch(row, 1);
        layout->addLayout(grid);
    }
    connect(new QShortcut(QKeySequence(Qt::Key_F1), this), &QShortcut::activated, this, &QDialog::close);
}

} // namespace icae
