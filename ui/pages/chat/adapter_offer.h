#pragma once

#include "session/model_catalog.h"

#include <QPushButton>

namespace icae {

/// Offers the adapter for questions where one is in use that was trained to write texts back. Hidden otherwise.
class AdapterOffer : public QPushButton {
    Q_OBJECT

public:
    AdapterOffer(EngineClient& client, ModelCatalog& catalog, QWidget* parent = nullptr);

private:
    const AdapterInfo* adapter() const;
    void refresh();

    EngineClient& m_client;
    ModelCatalog& m_catalog;
};

} // namespace icae
