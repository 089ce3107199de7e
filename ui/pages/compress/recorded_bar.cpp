#include "pages/compress/recorded_bar.h"

#include "widgets/common/elided_label.h"

#include <QAction>
#include <QHBoxLayout>
#include <QToolButton>

namespace icae {

using namespace Qt::StringLiterals;

RecordedBar::RecordedBar(const Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_text(new ElidedLabel)
    , m_back(new QAction(theme.icon(u"left"_s), tr("Back to the figure"), this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    m_back->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_B));
    m_back->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    auto* back = new QToolButton;
    back->setDefaultAction(m_back);
    back->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    back->setToolTip(tr("Back to the figure (Ctrl+B)"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(), Theme::grid(0.5), Theme::grid(2), Theme::grid(0.5));
    layout->addWidget(back);
    layout->addWidget(m_text, 1);
    clear();
}

void RecordedBar::show(const RecordedReconstruction& recorded)
{
    const auto& sample = recorded.sample;
    m_text->setText(tr("Recorded by the study “%1”: %2, sample %3 of %4, from %5")
                        .arg(recorded.origin, recorded.cell)
                        .arg(sample.index + 1)
                        .arg(QString::fromStdString(sample.cell.model), QString::fromStdString(sample.text)));
    m_back->setEnabled(true);
    setVisible(true);
}

void RecordedBar::clear()
{
    m_back->setEnabled(false);
    hide();
}

} // namespace icae
