#pragma once

#include "models/study_document.h"
#include "session/theme.h"

#include <QWidget>

class QLabel;
class QListWidget;
class QScrollArea;

namespace icae {

/// The cell under the cursor: N, every measure with its interval, and its samples, the worst first.
class StudyDetails : public QWidget {
    Q_OBJECT

public:
    explicit StudyDetails(const Theme& theme, QWidget* parent = nullptr);

    /// @param measure that the samples are ordered by; @param cell −1: none
    void show(const StudyDocumentPtr& study, int cell, const std::string& measure);
    int cell() const { return m_cell; }

Q_SIGNALS:
    void sampleActivated(int cell, int sample);

private:
    void clear();

    const Theme& m_theme;
    StudyDocumentPtr m_study;
    int m_cell = -1;
    std::string m_measure;
    QLabel* m_title;
    QLabel* m_hint;
    QLabel* m_facts;
    QScrollArea* m_scroll;
    QLabel* m_caption;
    QListWidget* m_samples;
};

/// A cell for people: "512 → 32", with what else varies in the study.
QString cellTitle(const StudyDocument& study, int cell);

} // namespace icae
