#include "pages/chat/blind_menu.h"

#include <QActionGroup>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

BlindMenu::BlindMenu(EngineClient& client, const ModelCatalog& catalog, QWidget* parent)
    : QMenu(parent)
    , m_client(client)
    , m_catalog(catalog)
{
    setToolTipsVisible(true);
    connect(this, &QMenu::aboutToShow, this, &BlindMenu::fill);
    connect(&m_client, &EngineClient::modelChanged, this, [this] {
        const auto& model = m_client.model();
        if (model && m_rival.base == model->base && m_rival.adapter == model->adapter)
            choose({}, {}); // it is the one in use now
    });
    fill();
}

QString BlindMenu::caption() const
{
    return m_title.isEmpty() ? tr("Blind") : tr("Blind: %1").arg(m_title);
}

void BlindMenu::choose(const Rival& rival, const QString& title)
{
    if (m_rival == rival)
        return;
    m_rival = rival;
    m_title = title;
    Q_EMIT changed();
}

void BlindMenu::fill()
{
    clear();
    auto* group = new QActionGroup(this);
    const auto add = [&](const QString& text, const Rival& rival, const QString& title, const QString& tip) {
        auto* action = addAction(text);
        action->setCheckable(true);
        action->setChecked(m_rival == rival);
        action->setToolTip(tip);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, rival, title] { choose(rival, title); });
    };
    add(tr("Two contexts"), {}, {}, tr("The first two that are ticked: slots against the full text, say"));
    const auto& model = m_client.model();
    if (!model)
        return;
    addSection(tr("Slots against slots: other counts"));
    for (const auto count : model->slotChoices)
        add(tr("%1 slots a span").arg(count), {count, {}, {}}, tr("%1 slots").arg(count),
            tr("The memories as they are, against the same texts in %1 slots a span").arg(count));
    addSection(tr("Slots against slots: other models"));
    for (const auto& adapter : m_catalog.models().adapters)
        for (const auto& fit : adapter.fits) {
            const bool inUse = adapter.path == model->adapter && fit.base == model->base;
            if (!adapter.problem.empty() || !fit.doesNotFit.empty() || inUse)
                continue;
            const auto name = u"%1 · %2"_s.arg(folderName(fit.base), folderName(adapter.path));
            add(name, {0, fit.base, adapter.path}, name,
                tr("The model in use against %1, which compresses the same texts anew").arg(name));
        }
}

} // namespace icae
