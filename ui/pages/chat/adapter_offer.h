#pragma once

#include "models/answering_model.h"
#include "session/model_catalog.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace icae {

class Theme;

/// Says that the model in use was not trained to answer, and offers the catalogue's that was (modelForQuestions).
/// Hidden otherwise.
class AdapterOffer : public QWidget {
    Q_OBJECT

public:
    AdapterOffer(const Theme& theme, EngineClient& client, ModelCatalog& catalog, QWidget* parent = nullptr);

    QPushButton& button() { return *m_load; }

private:
    void refresh();

    EngineClient& m_client;
    ModelCatalog& m_catalog;
    QLabel* m_line;
    QPushButton* m_load;
    std::optional<AnsweringModel> m_offered;
};

} // namespace icae
