#include "pages/train/train_runs.h"

#include <algorithm>

namespace icae {

namespace {

constexpr qsizetype mostLog = 200'000; // characters of a log that are kept

QString lastLines(QString log)
{
    if (log.size() <= mostLog)
        return log;
    const auto from = log.indexOf(u'\n', log.size() - mostLog);
    return log.mid(from + 1);
}

bool sameCheckpoints(const std::vector<RunCheckpoint>& a, const std::vector<RunCheckpoint>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
        return one.step == other.step && one.path == other.path && one.keeps == other.keeps && one.loss == other.loss
            && one.best == other.best;
    });
}

} // namespace

TrainRuns::TrainRuns(EngineClient& client, QObject* parent)
    : RunFeed(client, {RunKind::Training, RunKind::Foreign}, parent)
{
}

TrainDocumentPtr TrainRuns::document(const QString& run) const
{
    return std::static_pointer_cast<const TrainDocument>(anyDocument(run));
}

RunFeed::Digest TrainRuns::digest(const QString& run, Document before, const RunContent& content) const
{
    const auto known = std::static_pointer_cast<const TrainDocument>(before);
    const bool grown = !content.metrics.lines.empty() || content.metrics.restarted || !content.samples.lines.empty()
        || content.samples.restarted || !content.log.lines.empty() || content.log.restarted;
    if (known && !grown && content.job.empty() && sameCheckpoints(known->checkpoints, content.checkpoints))
        return {};
    return [run, known, content]() -> Document {
        auto document = known ? std::make_shared<TrainDocument>(*known) : std::make_shared<TrainDocument>();
        auto curves = document->curves;
        if (content.metrics.restarted)
            curves = withoutMetrics(curves);
        if (content.samples.restarted)
            curves = withoutSamples(curves);
        if (!curves || !content.metrics.lines.empty() || !content.samples.lines.empty())
            curves = appendLines(curves, run, content.metrics.lines, content.samples.lines);
        document->curves = std::move(curves);
        if (content.log.restarted)
            document->log.clear();
        document->log = lastLines(document->log + QString::fromStdString(content.log.lines));
        if (!content.job.empty())
            document->job = content.job;
        document->checkpoints = content.checkpoints;
        return document;
    };
}

} // namespace icae
