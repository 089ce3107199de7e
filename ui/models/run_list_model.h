#pragma once

#include "protocol/train_messages.h"

#include <QAbstractListModel>

#include <optional>
#include <vector>

namespace icae {

/// Where a run waits for its device.
struct QueuePlace {
    std::int64_t at = 0; ///< from 0
    std::int64_t of = 0; ///< runs that wait for that device
    std::string device;

    bool operator==(const QueuePlace&) const = default;
};

/// Runs of some kinds. Rows keep their order while they are there, so that nothing moves under a pointer; new ones come
/// first.
class RunListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role {
        StateRole = Qt::UserRole, ///< RunState as int
        ProgressRole, ///< share that is done, 0 to 1
        LineRole, ///< what there is to say of it: "running, 40 % · 12 samples/s · 2 min left"
    };

    explicit RunListModel(std::vector<RunKind> kinds, QObject* parent = nullptr);

    /// @param runs of any kind
    void setRuns(const std::vector<RunInfo>& runs);
    /// Who waits for which device; told beside the runs.
    void setQueue(const RunQueue& queue);
    bool hasWaiting() const;
    std::optional<QueuePlace> placeOf(const std::string& run) const; ///< nothing where it does not wait
    /// What there is to say of a run in one line, its place in the queue included.
    QString lineOf(const RunInfo& run) const;
    const RunInfo* at(int row) const; ///< null where there is none
    const RunInfo* find(const std::string& run) const; ///< by its folder
    int rowOf(const std::string& run) const; ///< −1 where it is not there

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    bool isShown(const RunInfo& run) const;

    std::vector<RunKind> m_kinds;
    std::vector<RunInfo> m_runs;
    std::vector<std::pair<std::string, QueuePlace>> m_places; ///< of runs, by folder
};

/// A state for people: "running", "done", "died".
QString runStateText(RunState state);
/// What there is to say of a run in one line.
QString runLine(const RunInfo& run);
/// A time for people: "8 s", "3 min", "2 h 10 min".
QString durationText(double seconds);

} // namespace icae
