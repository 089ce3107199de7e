#include "pages/chat/adapter_offer.h"

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

AdapterOffer::AdapterOffer(EngineClient& client, ModelCatalog& catalog, QWidget* parent)
    : QPushButton(tr("Load the adapter for questions"), parent)
    , m_client(client)
    , m_catalog(catalog)
{
    setProperty("small", true);
    setAccessibleName(tr("Load the adapter for questions"));
    setToolTip(tr("An adapter that was trained to answer stands beside the one in use"));
    connect(this, &QPushButton::clicked, this, [this] {
        if (const auto* fitting = adapter(); fitting != nullptr)
            m_catalog.load(m_client.model()->base, fitting->path);
    });
    connect(&m_catalog, &ModelCatalog::listed, this, &AdapterOffer::refresh);
    connect(&m_client, &EngineClient::modelChanged, this, &AdapterOffer::refresh);
    refresh();
}

/// The adapter called "chat" of the base that is loaded, where another one is in use that writes texts back; else null.
const AdapterInfo* AdapterOffer::adapter() const
{
    const auto& model = m_client.model();
    const auto answers = [](const std::vector<std::string>& tokens) {
        return std::find(tokens.begin(), tokens.end(), "FT") != tokens.end();
    };
    if (!model || (answers(model->specialTokens) && folderName(model->adapter) != u"reconstruct"))
        return nullptr;
    const auto& adapters = m_catalog.tree().models().adapters;
    const auto found = std::find_if(adapters.begin(), adapters.end(), [&](const AdapterInfo& one) {
        return folderName(one.path) == u"chat" && one.path != model->adapter
            && std::any_of(one.fits.begin(), one.fits.end(),
                           [&](const AdapterFit& fit) { return fit.base == model->base && fit.doesNotFit.empty(); });
    });
    return found == adapters.end() ? nullptr : &*found;
}

void AdapterOffer::refresh()
{
    const auto* fitting = adapter();
    if (fitting != nullptr)
        setText(tr("%1 was not trained to answer: load %2")
                    .arg(folderName(m_client.model()->adapter), folderName(fitting->path)));
    setVisible(fitting != nullptr);
}

} // namespace icae
