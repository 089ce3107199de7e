#pragma once

#include "models/run_list_model.h"
#include "models/study_document.h"
#include "session/engine_client.h"

#include <QObject>
#include <QSet>
#include <QTimer>

#include <map>

namespace icae {

/// The studies on the engine's machine: lists them while somebody watches, and reads those that are shown as they grow,
/// by offset.
class StudyRuns : public QObject {
    Q_OBJECT

public:
    explicit StudyRuns(EngineClient& client, QObject* parent);

    RunListModel& list() { return m_list; }
    bool isListed() const { return m_listed; } ///< it has been said what there is

    void setWatching(bool watching);
    void refresh(); ///< now
    /// The studies to read, by folder.
    void setShown(const QStringList& runs);
    /// A study as far as it was read; null where nothing was yet.
    StudyDocumentPtr document(const QString& run) const;

Q_SIGNALS:
    void listed();
    void documentChanged(const QString& run);
    void failed(const icae::Error& why);

private:
    struct Reading {
        RunPosition position;
        StudyDocumentPtr document;
        bool busy = false; ///< asked for, or being built
        bool whole = false; ///< it has ended, and all of it was read
    };

    void read(const QString& run);
    void take(const QString& run, const RunContent& content);
    void fail(const Error& why);

    EngineClient& m_client;
    RunListModel m_list;
    std::map<QString, Reading> m_readings;
    QSet<QString> m_shown;
    QTimer m_timer;
    bool m_listing = false;
    bool m_listed = false;
    QString m_lastFault; ///< told once
};

} // namespace icae
