#pragma once

#include "protocol/model_messages.h"
#include "protocol/text_messages.h"
#include "session/settings.h"
#include "session/theme.h"
#include "widgets/common/folding_row.h"

#include <functional>
#include <optional>

class QAction;
class QCheckBox;
class QLabel;
class QMenu;
class QPushButton;
class QSlider;
class QSpinBox;
class QToolButton;

namespace icae {

class SamplingPopup;
class SpanPopup;

/// The row above the panes: where the text comes from, how it is compressed and read, and the button.
class CompressControls : public FoldingRow {
    Q_OBJECT

public:
    CompressControls(const Theme& theme, Settings& settings, QWidget* parent = nullptr);

    /// Choices follow the adapter; none without a model.
    void setModel(const std::optional<LoadedModel>& model);
    /// Offers the spans of the text.
    void setSpanCount(int count);
    void setSpanAtCursor(std::function<int()> find); ///< index, −1 where there is none
    void setRunning(bool running);
    void setReady(bool ready); ///< there is a text and an adapter that can write it back
    void rebuildRecentFiles();

    /// Slots and span length; no text.
    SourceParams source() const;
    const std::vector<std::int64_t>& slotChoices() const { return m_choices; } ///< ascending
    SamplingParams sampling() const;
    bool rerunsOnChange() const;

    QAction* runAction() const { return m_run; }
    QAction* sweepAction() const { return m_sweep; }
    QAction* openAction() const { return m_open; }
    QAction* saveMemoryAction() const { return m_saveMemory; }
    QList<QAction*> shortcutActions() const;

Q_SIGNALS:
    void sampleChosen(const QString& id);
    void fileChosen(const QString& path);
    void runRequested();
    void stopRequested();
    void planChanged(); ///< slots, span length or the spans to read
    void samplingChanged();
    void rerunSwitchedOn();

private:
    void buildMenus();
    void showSlots();
    void store();

    const Theme& m_theme;
    Settings& m_settings;
    QAction* m_run;
    QAction* m_sweep;
    QAction* m_open;
    QAction* m_saveMemory;
    QAction* m_moreSlots;
    QAction* m_fewerSlots;
    QAction* m_longerSpans;
    QAction* m_shorterSpans;
    QAction* m_chooseSample;
    QAction* m_chooseRecent;
    QAction* m_chooseSpans;
    QAction* m_chooseSampling;
    QAction* m_toggleRerun;
    QToolButton* m_samples;
    QToolButton* m_files;
    QMenu* m_recent;
    QSlider* m_slots;
    QLabel* m_slotsValue;
    QSpinBox* m_spanTokens;
    QToolButton* m_spans;
    SpanPopup* m_spanPopup;
    std::function<int()> m_spanAtCursor;
    QToolButton* m_sampling;
    SamplingPopup* m_samplingPopup;
    QCheckBox* m_rerun;
    QPushButton* m_button;
    std::vector<std::int64_t> m_choices; ///< slot counts, ascending
    std::int64_t m_adapterSpan = 0;
    bool m_running = false;
};

} // namespace icae
