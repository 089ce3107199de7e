#pragma once

#include "pages/runs/run_form.h"
#include "pages/study/spec_fields.h"

#include <vector>

class QComboBox;
class QLineEdit;
class QPushButton;

namespace icae {

class CheckMenu;

/// A new study: what is measured on what, checked as it is written, with what it comes to and how long it takes.
class StudyForm : public RunForm {
    Q_OBJECT

public:
    /// @param page whose requests the form's are
    StudyForm(const PageContext& context, QWidget* parent = nullptr);

    /// Begins from a spec, e.g. another study's.
    void begin(const StudySpec& spec);
    StudySpec spec() const; ///< as it is written now
    QString name() const;

Q_SIGNALS:
    void startRequested(const icae::StudySpec& spec, const QString& name);

protected:
    void start() override;
    void check() override;
    void estimate() override;
    void takeFiles(const QStringList& files, const QPoint& at) override;

private:
    struct Row {
        Field field;
        QLineEdit* line = nullptr; ///< null: another editor
        const SpecField* text = nullptr; ///< what the line is
        QPushButton* button = nullptr; ///< that adds files

        bool takesFiles() const { return field.name == "texts" || field.name == "questions"; }
    };

    Row& addRow(QGridLayout& grid, const char* field, const QString& title, QWidget* editor);
    void showModels();
    void showKind();
    void showChange();
    void takeCheck(const StudyCheck& found);
    void addFiles(const QStringList& files);

    StudySpec m_spec; ///< what the form began from, and what has no editor
    std::vector<Row> m_rows;
    QComboBox* m_kind;
    QLineEdit* m_title;
    QPushButton* m_models;
    CheckMenu* m_modelMenu;
    QPushButton* m_contents;
    CheckMenu* m_contentMenu;
    bool m_filling = false;
};

} // namespace icae
