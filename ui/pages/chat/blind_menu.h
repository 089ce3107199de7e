#pragma once

#include "session/model_catalog.h"

#include <QMenu>

class QActionGroup;

namespace icae {

/// What an answer from slots is compared with in a blind vote, where both sides read slots: the same memories in other
/// slots, or compressed and read by another model.
struct Rival {
    std::int64_t slots = 0; ///< a span; 0: as many as the memories have
    std::string base; ///< folder; empty: the model in use
    std::string adapter;

    bool isNone() const { return slots == 0 && base.empty(); } ///< two contexts are compared
    bool operator==(const Rival&) const = default;
};

/// What blind votes compare: two contexts, slot counts, adapters or models.
class BlindMenu : public QMenu {
    Q_OBJECT

public:
    BlindMenu(EngineClient& client, const ModelCatalog& catalog, QWidget* parent = nullptr);

    const Rival& rival() const { return m_rival; }
    QString caption() const; ///< "Blind" and what is compared

Q_SIGNALS:
    void changed();

private:
    void fill();
    void choose(const Rival& rival, const QString& title);

    EngineClient& m_client;
    const ModelCatalog& m_catalog;
    Rival m_rival;
    QString m_title;
};

} // namespace icae
