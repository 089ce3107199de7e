#pragma once

#include "models/diff_document.h"
#include "models/token_document.h"
#include "session/engine_client.h"

#include <QElapsedTimer>
#include <QFutureWatcher>
#include <QObject>
#include <QTimer>

#include <memory>

namespace icae {

/// What a finished run has to show. Immutable; the views share it.
struct ReconstructionView {
    std::shared_ptr<const ReconstructResult> result;
    DiffDocumentPtr diff;
    TokenDocumentPtr forced; ///< the source teacher-forced
    TokenDocumentPtr free; ///< what was written
    std::string source; ///< as it was given; `diff` has it as its tokens read
    QString remark; ///< what the tokenizer changes in it; empty: nothing
};

/// One reconstruction at a time: asks the engine, aligns what has been written so far on another thread, and hands the
/// documents over.
class ReconstructionRun : public QObject {
    Q_OBJECT

public:
    explicit ReconstructionRun(EngineClient& client, QObject* parent = nullptr);

    /// @param plan how the source is cut: its spans are what streams side by side
    void start(const QString& source, const TextPlan& plan, ReconstructParams params);
    /// Shows what was written before, as if it had just been. A run that is under way is given up.
    void showRecorded(const QString& source, ReconstructResult result);
    void stop(); ///< what was written stays
    bool isRunning() const { return m_request >= 0; }
    double seconds() const { return m_seconds; } ///< that the last run took, all of it
    /// Indices of the spans that this run reads, or the last one did; empty: all.
    const std::vector<std::int64_t>& asked() const { return m_asked; }

Q_SIGNALS:
    void started();
    /// @param firstChanged rows before it are as in the document before
    void documentReady(const icae::DiffDocumentPtr& document, int firstChanged);
    void finished(const icae::ReconstructionView& view);
    void failed(const icae::Error& why);

private:
    struct Built {
        std::int64_t request = -1; ///< that it was built for
        ReconstructionView view;
        int firstChanged = 0;
    };

    void append(const TokensNote& note);
    void finish(const ReconstructResult& result);
    void fail(const Error& why);
    void buildLive();
    void buildFinal();
    void deliver();
    std::vector<DiffSegment> liveSegments() const;

    EngineClient& m_client;
    std::int64_t m_request = -1;
    std::string m_source;
    std::vector<SpanInfo> m_spans; ///< of the source, all
    std::vector<std::int64_t> m_asked;
    std::vector<std::string> m_parts; ///< written so far
    DiffDocumentPtr m_document;
    std::shared_ptr<const ReconstructResult> m_result;
    QFutureWatcher<Built> m_watcher;
    QTimer m_liveTimer;
    QElapsedTimer m_begun;
    double m_seconds = 0;
    bool m_moreToBuild = false;
};

} // namespace icae
