#include "pages/study/study_runs.h"

namespace icae {

StudyRuns::StudyRuns(EngineClient& client, QObject* parent)
    : RunFeed(client, {RunKind::Study}, parent)
{
}

StudyDocumentPtr StudyRuns::document(const QString& run) const
{
    return std::static_pointer_cast<const StudyDocument>(anyDocument(run));
}

RunFeed::Digest StudyRuns::digest(const QString& run, Document before, const RunContent& content) const
{
    if (content.cells.restarted)
        before.reset();
    if (!content.study || (before && content.cells.samples.empty() && content.cells.damaged == 0))
        return {};
    return [run, before = std::static_pointer_cast<const StudyDocument>(before), config = *content.study,
            samples = content.cells.samples, damaged = content.cells.damaged]() mutable -> Document {
        return before ? appendSamples(*before, std::move(config), std::move(samples), damaged)
                      : makeStudyDocument(run, std::move(config), std::move(samples), damaged);
    };
}

} // namespace icae
