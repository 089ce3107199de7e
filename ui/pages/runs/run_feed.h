#pragma once

#include "models/run_list_model.h"
#include "session/engine_client.h"

#include <QObject>
#include <QSet>
#include <QTimer>

#include <functional>
#include <map>
#include <memory>

namespace icae {

/// The runs of some kinds on the engine's machine: lists them while somebody watches, and reads those that are shown as
/// they grow, by offset. What is read becomes documents, off the main thread.
class RunFeed : public QObject {
    Q_OBJECT

public:
    RunFeed(EngineClient& client, std::vector<RunKind> kinds, QObject* parent);

    RunListModel& list() { return m_list; }
    const RunListModel& list() const { return m_list; }
    const std::vector<FolderProblem>& problems() const { return m_problems; } ///< of folders of runs
    bool isListed() const { return m_listed; } ///< it has been said what there is

    /// Folders of runs, or runs, beside the engine's own; on its machine.
    void setFolders(const QStringList& folders);
    void setWatching(bool watching);
    void refresh(); ///< now
    /// The runs to read, by folder.
    void setShown(const QStringList& runs);

Q_SIGNALS:
    void listed();
    void documentChanged(const QString& run);
    void failed(const icae::Error& why);

protected:
    using Document = std::shared_ptr<const void>;
    /// What becomes of a part of a run; called off the main thread. Empty: the document stays as it was.
    using Digest = std::function<Document()>;

    /// @param before null where the run is read from its beginning
    virtual Digest digest(const QString& run, Document before, const RunContent& content) const = 0;
    Document anyDocument(const QString& run) const; ///< as far as it was read; null where nothing was yet

private:
    struct Reading {
        RunPosition position;
        Document document;
        bool busy = false; ///< asked for, or being built
        bool whole = false; ///< it has ended, and all of it was read
    };

    void read(const QString& run);
    void take(const QString& run, const RunContent& content);
    void fail(const Error& why);

    EngineClient& m_client;
    std::vector<std::string> m_folders;
    RunListModel m_list;
    std::vector<FolderProblem> m_problems;
    std::map<QString, Reading> m_readings;
    QSet<QString> m_shown;
    QTimer m_timer;
    bool m_listing = false;
    bool m_listed = false;
    QString m_lastFault; ///< told once
};

} // namespace icae
