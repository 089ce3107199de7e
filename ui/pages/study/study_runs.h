#pragma once

#include "models/study_document.h"
#include "pages/runs/run_feed.h"

namespace icae {

/// The studies on the engine's machine, and their documents.
class StudyRuns : public RunFeed {
    Q_OBJECT

public:
    explicit StudyRuns(EngineClient& client, QObject* parent);

    /// A study as far as it was read; null where nothing was yet.
    StudyDocumentPtr document(const QString& run) const;

protected:
    Digest digest(const QString& run, Document before, const RunContent& content) const override;
};

} // namespace icae
