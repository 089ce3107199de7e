#include "widgets/common/find_bar.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QToolButton>

namespace icae {

using namespace Qt::StringLiterals;

FindBar::FindBar(const Theme& theme, QWidget* parent)
    : QFrame(parent)
    , m_query(new QLineEdit)
    , m_matchCase(new QToolButton)
    , m_count(new QLabel)
{
    setObjectName(u"findBar"_s);
    setVisible(false);
    m_query->setPlaceholderText(tr("Find in this text"));
    m_query->setAccessibleName(tr("Find"));
    m_query->setMaximumWidth(320);
    m_matchCase->setText(tr("Aa"));
    m_matchCase->setCheckable(true);
    m_matchCase->setToolTip(tr("Match case"));
    m_matchCase->setAccessibleName(tr("Match case"));
    m_count->setMinimumWidth(Theme::grid(24));
    const auto button = [&](const QString& icon, const QString& hint, auto action) {
        auto* made = new QToolButton;
        made->setIcon(theme.icon(icon));
        made->setToolTip(hint);
        made->setAccessibleName(hint);
        connect(made, &QToolButton::clicked, this, action);
        return made;
    };
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    layout->addWidget(m_query, 1);
    layout->addWidget(m_matchCase);
    layout->addWidget(button(u"up"_s, tr("Previous match (Shift+Enter)"), [this] { search(-1); }));
    layout->addWidget(button(u"down"_s, tr("Next match (Enter)"), [this] { search(1); }));
    layout->addWidget(m_count);
    layout->addStretch(1);
    layout->addWidget(button(u"close"_s, tr("Close (Esc)"), [this] { close(); }));
    connect(m_query, &QLineEdit::textChanged, this, [this] { search(0); });
    connect(m_matchCase, &QToolButton::toggled, this, [this] { search(0); });
}

void FindBar::open(FindTarget* target, QWidget* view)
{
    if (m_target != nullptr && m_target != target) {
        m_target->changed = {};
        m_target->endFind();
    }
    m_target = target;
    m_target->changed = [this] { search(0); };
    m_view = view;
    setVisible(true);
    m_query->setFocus(Qt::ShortcutFocusReason);
    m_query->selectAll();
    search(0);
}

void FindBar::close()
{
    if (m_target != nullptr) {
        m_target->changed = {};
        m_target->endFind();
    }
    m_target = nullptr;
    setVisible(false);
    if (m_view != nullptr)
        m_view->setFocus(Qt::OtherFocusReason);
}

void FindBar::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        close();
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        search(event->modifiers() & Qt::ShiftModifier ? -1 : 1);
    else
        QFrame::keyPressEvent(event);
}

void FindBar::search(int step)
{
    if (m_target == nullptr)
        return;
    const auto result = m_target->find(m_query->text(), m_matchCase->isChecked(), step);
    const auto count = m_query->text().isEmpty() ? QString()
        : result.count == 0                      ? tr("No match")
                                                 : tr("%L1 of %L2").arg(result.current + 1).arg(result.count);
    m_count->setText(count.isEmpty() || result.where.isEmpty() ? count : tr("%1 · %2").arg(count, result.where));
}

} // namespace icae
