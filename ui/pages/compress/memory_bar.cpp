#include "pages/compress/memory_bar.h"

#include "widgets/common/elided_label.h"

#include <QAction>
#include <QHBoxLayout>
#include <QToolButton>

namespace icae {

using namespace Qt::StringLiterals;

MemoryBar::MemoryBar(const Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_text(new ElidedLabel)
    , m_close(new QAction(theme.icon(u"close"_s), tr("Close the memory"), this))
{
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    auto* close = new QToolButton;
    close->setDefaultAction(m_close);
    close->setToolTip(tr("Close the memory; texts are compressed again"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    layout->addWidget(m_text, 1);
    layout->addWidget(close);
    hide();
}

void MemoryBar::show(const QString& file, const MemoryInfo& memory)
{
    const auto name = QString::fromStdString(memory.sourceName);
    const auto what = tr("Memory %1: %L2 tokens in %L3 slots").arg(file).arg(memory.tokens).arg(memory.slots);
    m_text->setText((name.isEmpty() ? what : tr("%1, of %2").arg(what, name))
                    + tr(". A text beside it is what it is compared with."));
    setVisible(true);
}

} // namespace icae
