#include "models/run_list_model.h"

#include <QCoreApplication>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("RunListModel", text);
}

/// Its folder, and what each rank trains on.
QString toolTipOf(const RunInfo& run)
{
    QStringList lines{QString::fromStdString(run.run)};
    for (std::size_t rank = 0; rank < run.status.devices.size(); ++rank)
        lines += tr("Rank %1: %2").arg(rank).arg(QString::fromStdString(run.status.devices[rank]));
    return lines.join(QLatin1Char('\n'));
}

} // namespace

RunListModel::RunListModel(std::vector<RunKind> kinds, QObject* parent)
    : QAbstractListModel(parent)
    , m_kinds(std::move(kinds))
{
}

bool RunListModel::isShown(const RunInfo& run) const
{
    return std::find(m_kinds.begin(), m_kinds.end(), run.status.kind) != m_kinds.end();
}

void RunListModel::setRuns(const std::vector<RunInfo>& runs)
{
    const auto among = [](const std::vector<RunInfo>& all, const std::string& run) {
        return std::find_if(all.begin(), all.end(), [&](const RunInfo& one) { return one.run == run; });
    };
    for (int row = rowCount() - 1; row >= 0; --row) {
        auto& known = m_runs[static_cast<std::size_t>(row)];
        const auto found = among(runs, known.run);
        if (found == runs.end() || !isShown(*found)) {
            beginRemoveRows({}, row, row);
            m_runs.erase(m_runs.begin() + row);
            endRemoveRows();
        } else {
            known = *found;
        }
    }
    if (!m_runs.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1));
    std::vector<RunInfo> fresh;
    for (const auto& run : runs)
        if (isShown(run) && among(m_runs, run.run) == m_runs.end())
            fresh.push_back(run);
    if (fresh.empty())
        return;
    std::stable_sort(fresh.begin(), fresh.end(), [](const auto& a, const auto& b) { return a.changed > b.changed; });
    beginInsertRows({}, 0, static_cast<int>(fresh.size()) - 1);
    m_runs.insert(m_runs.begin(), fresh.begin(), fresh.end());
    endInsertRows();
}

void RunListModel::setQueue(const RunQueue& queue)
{
    std::vector<std::pair<std::string, QueuePlace>> places;
    for (const auto& one : queue.runs)
        if (one.waits) {
            const auto waits = [&](const QueuedRun& other) { return other.waits && other.device == one.device; };
            const auto before = std::count_if(places.begin(), places.end(),
                                              [&](const auto& place) { return place.second.device == one.device; });
            places.emplace_back(
                one.run, QueuePlace{before, std::count_if(queue.runs.begin(), queue.runs.end(), waits), one.device});
        }
    if (places == m_places)
        return;
    m_places = std::move(places);
    if (!m_runs.empty())
        Q_EMIT dataChanged(index(0), index(rowCount() - 1), {LineRole, Qt::AccessibleTextRole});
}

bool RunListModel::hasWaiting() const
{
    return std::any_of(m_runs.begin(), m_runs.end(),
                       [](const RunInfo& run) { return run.status.state == RunState::Waiting; });
}

std::optional<QueuePlace> RunListModel::placeOf(const std::string& run) const
{
    const auto found =
        std::find_if(m_places.begin(), m_places.end(), [&](const auto& one) { return one.first == run; });
    return found == m_places.end() ? std::nullopt : std::optional(found->second);
}

QString RunListModel::lineOf(const RunInfo& run) const
{
    if (const auto place = placeOf(run.run); place && run.status.state == RunState::Waiting)
        return tr("%1 for %2, place %L3 of %L4")
            .arg(runStateText(run.status.state), QString::fromStdString(place->device))
            .arg(place->at + 1)
            .arg(place->of);
    return runLine(run);
}

const RunInfo* RunListModel::at(int row) const
{
    return row >= 0 && row < rowCount() ? &m_runs[static_cast<std::size_t>(row)] : nullptr;
}

const RunInfo* RunListModel::find(const std::string& run) const
{
    return at(rowOf(run));
}

int RunListModel::rowOf(const std::string& run) const
{
    const auto found = std::find_if(m_runs.begin(), m_runs.end(), [&](const RunInfo& one) { return one.run == run; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

int RunListModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

QVariant RunListModel::data(const QModelIndex& index, int role) const
{
    const auto* run = at(index.row());
    if (run == nullptr)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return QString::fromStdString(run->name);
    case Qt::ToolTipRole:
        return toolTipOf(*run);
    case Qt::AccessibleTextRole:
        return tr("%1, %2").arg(QString::fromStdString(run->name), lineOf(*run));
    case StateRole:
        return static_cast<int>(run->status.state);
    case ProgressRole:
        return run->status.progress;
    case LineRole:
        return lineOf(*run);
    default:
        return {};
    }
}

QString runStateText(RunState state)
{
    switch (state) {
    case RunState::Preparing:
        return tr("preparing");
    case RunState::Waiting:
        return tr("waiting");
    case RunState::Running:
        return tr("running");
    case RunState::Stopped:
        return tr("stopped");
    case RunState::Finished:
        return tr("done");
    case RunState::Failed:
        return tr("failed");
    case RunState::Died:
        return tr("died");
    case RunState::Damaged:
        return tr("damaged");
    }
    return {};
}

QString runLine(const RunInfo& run)
{
    const auto& status = run.status;
    // While it is prepared it says what it reads, while it waits for whom.
    const bool pauses =
        !status.paused.empty() && status.state != RunState::Preparing && status.state != RunState::Waiting;
    QStringList parts{pauses ? tr("paused") : runStateText(status.state)};
    if (status.state != RunState::Finished && status.progress > 0)
        parts.front() += tr(", %1 %").arg(std::floor(status.progress * 100), 0, 'f', 0);
    if (status.state == RunState::Running && status.paused.empty()) {
        if (status.kind == RunKind::Study && status.seconds > 0)
            parts += tr("%L1 samples/s").arg(static_cast<double>(status.step) / status.seconds, 0, 'g', 2);
        else if (status.tokensPerSecond > 0)
            parts += tr("%L1 tokens/s").arg(std::llround(status.tokensPerSecond));
        if (status.ranks > 1) {
            //: of a training run; a rank is a process, the share is that of the time
            parts += tr("%1 ranks, %2 % exchanging")
                         .arg(status.ranks)
                         .arg(std::clamp(status.exchangeShare, 0.0, 1.0) * 100, 0, 'f', 0);
        }
        if (status.secondsLeft > 0)
            parts += tr("%1 left").arg(durationText(status.secondsLeft));
    } else if (status.state == RunState::Finished && status.kind == RunKind::Study) {
        parts += tr("%L1 samples").arg(status.step);
    }
    return parts.join(QStringLiteral(" · "));
}

QString durationText(double seconds)
{
    const auto whole = std::llround(std::ceil(std::max(0.0, seconds)));
    if (whole < 90)
        return tr("%1 s").arg(whole);
    const auto minutes = (whole + 30) / 60;
    if (minutes < 90)
        return tr("%1 min").arg(minutes);
    return tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60);
}

} // namespace icae
