#pragma once

#include "pages/page.h"
#include "pages/study/spec_fields.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QVBoxLayout;

namespace icae {

class CheckMenu;

/// A new study: what is measured on what, checked as it is written, with what it comes to and how long it takes.
class StudyForm : public QWidget {
    Q_OBJECT

public:
    /// @param page whose requests the form's are
    StudyForm(const PageContext& context, QWidget* parent = nullptr);

    /// Begins from a spec, e.g. another study's.
    void begin(const StudySpec& spec);
    StudySpec spec() const; ///< as it is written now
    QString name() const;
    bool isReady() const; ///< nothing is known to be wrong with it

Q_SIGNALS:
    void startRequested(const icae::StudySpec& spec, const QString& name);
    void cancelled();

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Row {
        std::string field;
        QWidget* label = nullptr;
        QWidget* editor = nullptr;
        QLabel* problem = nullptr;
        QLineEdit* line = nullptr; ///< null: another editor
        const SpecField* text = nullptr; ///< what the line is
        QPushButton* button = nullptr; ///< that adds files

        bool takesFiles() const { return field == "texts" || field == "questions"; }
    };

    void addRow(class QGridLayout& grid, const char* field, const QString& title, QWidget* editor);
    QWidget* makeFoot();
    void showModels();
    void showKind();
    void changed();
    void check();
    void takeCheck(const StudyCheck& found);
    void showProblem(const std::string& field, const QString& text);
    void estimate();
    void chooseFiles();
    void addFiles(const QStringList& files);

    const Theme& m_theme;
    EngineClient& m_client;
    ModelCatalog& m_catalog;
    Settings& m_settings;
    StudySpec m_spec; ///< what the form began from, and what has no editor
    std::vector<Row> m_rows;
    QComboBox* m_kind;
    QLineEdit* m_title;
    QPushButton* m_models;
    CheckMenu* m_modelMenu;
    QPushButton* m_contents;
    CheckMenu* m_contentMenu;
    QLabel* m_whole; ///< what is wrong with no field of the form
    QLabel* m_comesTo;
    QLabel* m_command;
    QPushButton* m_estimate;
    QPushButton* m_start;
    QTimer m_checkTimer;
    std::int64_t m_checkRequest = -1;
    std::int64_t m_estimateRequest = -1;
    bool m_ready = false;
    bool m_filling = false;
};

} // namespace icae
