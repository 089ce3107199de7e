#pragma once

#include "models/json_text.h"
#include "pages/runs/run_form.h"
#include "protocol/train_protocol.h"

#include <vector>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPlainTextEdit;

namespace icae {

class ChoiceEditor;
class JobEditor;
class LineEditor;

/// A new training job: what people change as controls, all of it as JSON beside them. Both are views of one text, which
/// keeps its comments; it is checked as one types, and each fault stands at its field.
class JobForm : public RunForm {
    Q_OBJECT

public:
    /// @param context whose requests the form's are
    explicit JobForm(const PageContext& context, QWidget* parent = nullptr);

    void beginNew(); ///< from the template that was chosen last
    /// From a job, e.g. another run's. @param name of the run to make
    void begin(const std::string& job, const QString& name);
    const JsonText& job() const { return m_job; }
    QString name() const;

Q_SIGNALS:
    void startRequested(const QString& job, const QString& name, bool queued);
    void failed(const icae::Error& why);

protected:
    void start() override;
    void check() override;
    void estimate() override;
    void takeFiles(const QStringList& files, const QPoint& at) override;

private:
    struct Row {
        Field field;
        JobEditor* editor = nullptr;
    };

    QWidget* makeRows();
    void addRow(QGridLayout& grid, const QString& title, const QString& hint, JobEditor* editor);
    void loadTemplate();
    void showModels();
    void setJob(std::string text); ///< both views show it
    void showRows();
    void write(const JobEditor& editor);
    void takeCheck(const TrainCheck& found);
    void mark(const std::string& field); ///< in the text
    void clearProblems();
    void browse(LineEditor& editor);
    void openJob();
    std::string stage() const;

    JsonText m_job;
    std::vector<Row> m_rows;
    QComboBox* m_template;
    QLineEdit* m_name;
    ChoiceEditor* m_base = nullptr;
    ChoiceEditor* m_initFrom = nullptr;
    ChoiceEditor* m_device = nullptr;
    LineEditor* m_texts = nullptr;
    QPlainTextEdit* m_text;
    QCheckBox* m_queue;
    bool m_showing = false; ///< views follow the text, not the other way round
};

} // namespace icae
