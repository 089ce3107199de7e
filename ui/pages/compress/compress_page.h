#pragma once

#include "pages/compress/reconstruction_run.h"
#include "pages/compress/slot_sweep.h"
#include "pages/page.h"
#include "session/draft.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"
#include "widgets/common/find_panes.h"
#include "widgets/text/row_geometry.h"

#include <QTimer>

#include <optional>

class QSplitter;

namespace icae {

class CompressControls;
class CompressExport;
class MemoryBar;
class MetricsStrip;
class NoticeBar;
class OverviewStrip;
class ProseColumn;
class RecordedBar;
class ResultPane;
class SourcePane;
class SweepBar;

/// Paste a text, see how it is cut, compress it, and see what was lost.
class CompressPage : public Page {
    Q_OBJECT

public:
    explicit CompressPage(const PageContext& context, QWidget* parent = nullptr);
    ~CompressPage() override; ///< keeps the draft
    CompressPage(const CompressPage&) = delete;
    CompressPage& operator=(const CompressPage&) = delete;

    QString id() const override { return QStringLiteral("compress"); }
    QString title() const override { return tr("Compress"); }
    QString icon() const override { return QStringLiteral("compress"); }
    std::vector<ShortcutGroup> shortcuts() const override;
    std::pair<FindTarget*, QWidget*> findTarget() override;

    QSize minimumSizeHint() const override; ///< with the panes one above the other

    QString source() const;
    void setSource(const QString& text);
    void openSample(const QString& id);
    bool restoreDraft(); ///< the text that was here last and that no file has; false where there is none
    /// A text, or a memory that was saved. @return false where it cannot, and says why
    bool openFile(const QString& path);
    void showError(const Error& error) override;
    bool useModel() override { return true; }
    bool showRecorded(const RecordedReconstruction& recorded) override;
    void stop() override;
    void clearError(); ///< what failed has been done since
    void showWarning(const QString& message, const QString& remedy);
    ProseColumn& sourceColumn();
    QAction* saveMemoryAction() const;
    const ReconstructionView& result() const { return m_view; }
    /// The first start: a sample, with as many slots as tell something of what the loaded model does.
    void openFirst();
    bool isRunning() const { return m_run.isRunning() || m_sweep.isRunning(); }
    /// The tokens and spans that the source would be cut into; absent while that is being found out.
    const std::optional<TextPlan>& plan() const { return m_plan; }

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool event(QEvent* event) override;

private:
    void connectSource();
    void connectResult();
    void connectScrolling();
    void foldPanes();
    std::vector<FindPanes::Pane> panesToSearch() const;
    /// The inline view has both texts: the source stands beside it only to be edited.
    void arrangePanes();
    void onModelChanged();
    void onSourceChanged();
    void setKnownSource(const QString& text); ///< that a file or a sample has
    void keepDraft();
    void planAgain();
    void requestPlan();
    void takePlan(const TextPlan& plan);
    void onPlanFailed(const Error& why);
    void rerun();
    void rerunIfChanged();
    void showPlan();
    int spanAtCursor() const; ///< −1: there is none
    void run();
    bool canWriteBack() const; ///< the model is there and has what reconstructions begin with
    bool isStale() const; ///< the result is of another text, other settings or another model
    void onLoadingChanged();
    void setWaiting(bool waiting);
    void onFinished(const ReconstructionView& view);
    void openDropped(const QList<QUrl>& files); ///< the first: the page has one text
    void chooseFile();
    void openMemory(const QString& path);
    void closeMemory();
    void readMemory();
    void connectSweep();
    void sweep();
    void closeSweep();
    void showStep(int step);
    void endSweep();
    void introduce();
    void saveMemory();
    void updateReady();
    void link(TextRange range, bool ofSource);
    void unlink();

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog& m_catalog;
    Activities& m_activities;
    RowGeometry m_geometry;
    ReconstructionRun m_run;
    CompressControls* m_controls;
    NoticeBar* m_notice;
    RecordedBar* m_recorded;
    SlotSweep m_sweep;
    SweepBar* m_sweepBar;
    bool m_introduces = false; ///< the first start: what is shown first is chosen by what the model does
    MemoryBar* m_memoryBar;
    std::optional<MemoryInfo> m_memory; ///< from a file, that is read in place of the text
    SourcePane* m_source;
    ResultPane* m_result;
    OverviewStrip* m_overview;
    MetricsStrip* m_metrics;
    QSplitter* m_splitter;
    CompressExport* m_export;
    FindPanes m_find;
    bool m_arranged = false; ///< the panes, for the first time
    Draft m_draft;
    QTimer m_draftTimer;
    bool m_isKnown = false; ///< the text that is being inserted: a file has it
    QString m_known;
    QTimer m_planTimer;
    QTimer m_rerunTimer;
    std::int64_t m_planRequest = -1;
    std::optional<TextPlan> m_plan;
    bool m_planStale = false; ///< what is being planned has changed meanwhile
    bool m_waiting = false; ///< a run, for its plan or for the model
    bool m_waitingForModel = false;
    bool m_runAgain = false; ///< what is being reconstructed has changed meanwhile, and is to follow
    bool m_firstDocument = false; ///< of this run
    bool m_changed = false; ///< text or settings, since this run began
    std::string m_ranWith; ///< the model of the last run
    bool m_lostRun = false; ///< it ended with the engine, and might again: it is not repeated unasked
    ReconstructionView m_view;
    QString m_sourceName;
    std::string m_modelKey; ///< which model the plan is for
};

} // namespace icae
