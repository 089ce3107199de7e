#pragma once

#include "models/json_text.h"
#include "pages/page.h"
#include "protocol/train_protocol.h"

#include <QTimer>
#include <QWidget>

#include <vector>

class QCheckBox;
class QComboBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;

namespace icae {

class ChoiceEditor;
class JobEditor;
class LineEditor;

/// A new training job: what people change as controls, all of it as JSON beside them. Both are views of one text, which
/// keeps its comments; it is checked as one types, and each fault stands at its field.
class JobForm : public QWidget {
    Q_OBJECT

public:
    /// @param context whose requests the form's are
    explicit JobForm(const PageContext& context, QWidget* parent = nullptr);

    void beginNew(); ///< from the template that was chosen last
    /// From a job, e.g. another run's. @param name of the run to make
    void begin(const std::string& job, const QString& name);
    const JsonText& job() const { return m_job; }
    QString name() const;
    bool isReady() const { return m_ready; } ///< nothing is known to be wrong with it

Q_SIGNALS:
    void startRequested(const QString& job, const QString& name, bool queued);
    void cancelled();
    void reported(const QString& sentence);
    void failed(const icae::Error& why);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Row {
        JobEditor* editor = nullptr;
        QLabel* label = nullptr;
        QLabel* problem = nullptr;
    };

    QWidget* makeRows();
    QWidget* makeFoot();
    void addRow(QGridLayout& grid, const QString& title, const QString& hint, JobEditor* editor);
    void loadTemplate();
    void showModels();
    void setJob(std::string text); ///< both views show it
    void showRows();
    void write(const JobEditor& editor);
    void changed();
    void check();
    void takeCheck(const TrainCheck& found);
    void clearProblems();
    void estimate();
    void addFiles(LineEditor& to, const QStringList& files);
    void browse(LineEditor& editor);
    bool refuseLocal(const QStringList& files); ///< with a remote engine. @return it was refused
    void openJob();
    std::string stage() const;

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog& m_catalog;
    JsonText m_job;
    std::vector<Row> m_rows;
    QComboBox* m_template;
    QLineEdit* m_name;
    ChoiceEditor* m_base = nullptr;
    ChoiceEditor* m_initFrom = nullptr;
    ChoiceEditor* m_device = nullptr;
    LineEditor* m_texts = nullptr;
    QPlainTextEdit* m_text;
    QLabel* m_whole; ///< what is wrong with no field of the form
    QLabel* m_comesTo;
    QLabel* m_command;
    QCheckBox* m_queue;
    QPushButton* m_estimate;
    QPushButton* m_start;
    QTimer m_checkTimer;
    std::int64_t m_checkRequest = -1;
    std::int64_t m_estimateRequest = -1;
    bool m_ready = false;
    bool m_showing = false; ///< views follow the text, not the other way round
};

} // namespace icae
