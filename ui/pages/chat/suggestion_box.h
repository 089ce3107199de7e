#pragma once

#include "session/engine_client.h"

#include <QWidget>

namespace icae {

/// What the folder of the model in use suggests to ask of it, and what it says of itself. Only where the engine is on
/// this machine; there is nothing elsewhere, and nothing where the file is not understood.
class SuggestionBox : public QWidget {
    Q_OBJECT

public:
    explicit SuggestionBox(EngineClient& client, QWidget* parent = nullptr);

    void refresh();

Q_SIGNALS:
    void chosen(const QString& question);

private:
    EngineClient& m_client;
};

} // namespace icae
