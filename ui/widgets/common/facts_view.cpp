#include "widgets/common/facts_view.h"

#include <QGridLayout>
#include <QLabel>

namespace icae {

FactsView::FactsView(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(Theme::grid(2));
    m_grid->setVerticalSpacing(Theme::grid(0.75));
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnStretch(3, 1);
}

void FactsView::setFacts(const std::vector<std::pair<QString, std::vector<Fact>>>& groups)
{
    while (auto* item = m_grid->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    int row = 0;
    const auto add = [&](const Fact& fact, int column, int span) {
        auto* name = new QLabel(fact.name);
        name->setProperty("secondary", true);
        name->setAlignment(Qt::AlignLeft | Qt::AlignTop);
        auto* value = new QLabel(fact.value);
        value->setTextFormat(Qt::PlainText);
        value->setWordWrap(true);
        value->setAlignment(Qt::AlignLeft | Qt::AlignTop);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        value->setAccessibleName(fact.name);
        value->setMinimumWidth(60);
        name->setToolTip(fact.hint);
        value->setToolTip(fact.hint);
        m_grid->addWidget(name, row, column);
        m_grid->addWidget(value, row, column + 1, 1, span);
    };
    for (const auto& [heading, facts] : groups) {
        if (facts.empty())
            continue;
        if (row > 0)
            m_grid->setRowMinimumHeight(row++, Theme::grid());
        auto* title = new QLabel(heading);
        auto font = m_theme.font(TypeRole::Body);
        font.setWeight(QFont::DemiBold);
        title->setFont(font);
        m_grid->addWidget(title, row++, 0, 1, 4);
        int column = 0;
        for (const auto& fact : facts) {
            if (fact.wide && column == 2)
                ++row;
            if (fact.wide)
                column = 0;
            add(fact, column, fact.wide ? 3 : 1);
            if (fact.wide || column == 2) {
                ++row;
                column = 0;
            } else {
                column = 2;
            }
        }
        if (column == 2)
            ++row;
    }
    m_grid->setRowStretch(row, 1);
}

} // namespace icae
