#pragma once

#include "session/engine_client.h"

#include <QObject>

#include <optional>
#include <vector>

namespace icae {

/// A text through every slot count of an adapter, one reconstruction after the other, fewest slots first.
class SlotSweep : public QObject {
    Q_OBJECT

public:
    struct Step {
        std::int64_t slots = 0; ///< a span
        std::optional<ReconstructResult> result; ///< absent: not yet, or stopped before
    };

    explicit SlotSweep(EngineClient& client, QObject* parent = nullptr);

    /// @param params with the text; its slot count does not matter
    /// @param counts ascending
    void start(const ReconstructParams& params, const std::vector<std::int64_t>& counts);
    void stop(); ///< what is there stays
    void clear();
    bool isRunning() const { return m_request >= 0; }
    const std::vector<Step>& steps() const { return m_steps; }
    /// The step that tells most about what is lost: the best one that is not perfect, but readable; else the one that
    /// is nearest to that. −1 without results.
    int mostTelling() const;

Q_SIGNALS:
    void stepped(int step); ///< it has its result
    void ended();
    void failed(const icae::Error& why);

private:
    void next();

    EngineClient& m_client;
    ReconstructParams m_params;
    std::vector<Step> m_steps;
    std::size_t m_at = 0;
    std::int64_t m_request = -1;
};

} // namespace icae
