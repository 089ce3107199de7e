#pragma once

#include "models/curve_run.h"
#include "pages/runs/run_feed.h"

namespace icae {

/// What was read of a training run.
struct TrainDocument {
    CurveRunPtr curves;
    std::string job; ///< its configuration, JSON with comments
    std::vector<RunCheckpoint> checkpoints; ///< by step
    QString log; ///< its last lines
};

using TrainDocumentPtr = std::shared_ptr<const TrainDocument>;

/// The training runs on the engine's machine, and what they log.
class TrainRuns : public RunFeed {
    Q_OBJECT

public:
    explicit TrainRuns(EngineClient& client, QObject* parent);

    /// A run as far as it was read; null where nothing was yet.
    TrainDocumentPtr document(const QString& run) const;

protected:
    Digest digest(const QString& run, Document before, const RunContent& content) const override;
};

} // namespace icae
