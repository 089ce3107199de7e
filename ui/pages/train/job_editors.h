#pragma once

#include "models/json_text.h"
#include "session/theme.h"

#include <QWidget>

#include <array>
#include <string>
#include <utility>
#include <vector>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QToolButton;

namespace icae {

/// A part of a job as a control: shows what the job's text says, and writes into it what is changed here. The text is
/// the one document; controls keep nothing of their own.
class JobEditor : public QWidget {
    Q_OBJECT

public:
    /// @param field that problems name, and that the text has
    /// @param stages whose jobs have it: "base", "midtrain", "adapter", "instruct"; empty: all
    explicit JobEditor(std::string field, std::vector<std::string> stages = {}, QWidget* parent = nullptr);

    const std::string& field() const { return m_field; }
    /// Whether a stage's job has the field.
    virtual bool isUsed(const std::string& stage) const;
    virtual void show(const JsonText& job) = 0;
    virtual void write(JsonText& job) const = 0;

Q_SIGNALS:
    void edited();

private:
    std::string m_field;
    std::vector<std::string> m_stages;
};

/// A text, a number, or a list of files ("a.txt; b.jsonl.xz").
class LineEditor : public JobEditor {
    Q_OBJECT

public:
    enum class Kind { Text, Number, Files };

    LineEditor(std::string field, Kind kind, std::vector<std::string> stages, QWidget* parent = nullptr);

    void show(const JsonText& job) override;
    void write(JsonText& job) const override;
    QLineEdit& line() { return *m_line; }
    void addFiles(const QStringList& files);

Q_SIGNALS:
    void browseRequested(); ///< of files

private:
    Kind m_kind;
    QLineEdit* m_line;
};

/// A text that is one of some, or another where that is allowed.
class ChoiceEditor : public JobEditor {
    Q_OBJECT

public:
    ChoiceEditor(std::string field, bool anything, std::vector<std::string> stages, QWidget* parent = nullptr);

    void setChoices(const std::vector<std::pair<QString, QString>>& choices); ///< what people read, and what is written
    void show(const JsonText& job) override;
    void write(JsonText& job) const override;
    QComboBox& box() { return *m_box; }

private:
    QComboBox* m_box;
    QString m_shown;
};

/// Shares of the objectives, which stay 1 in all: the others give way to the one that is changed.
class MixtureEditor : public JobEditor {
    Q_OBJECT

public:
    explicit MixtureEditor(QWidget* parent = nullptr);

    bool isUsed(const std::string& stage) const override;
    void show(const JsonText& job) override;
    void write(JsonText& job) const override;

private:
    void balance(std::size_t changed);

    std::array<QDoubleSpinBox*, 5> m_shares{};
    bool m_showing = false;
};

/// Lengths × slot counts that autoencoding trains, to click.
class CellsEditor : public JobEditor {
    Q_OBJECT

public:
    explicit CellsEditor(QWidget* parent = nullptr);

    bool isUsed(const std::string& stage) const override;
    void show(const JsonText& job) override;
    void write(JsonText& job) const override;
    QToolButton* cell(std::int64_t tokens, std::int64_t slotCount) const; ///< null where the grid has none

private:
    struct Cell {
        std::int64_t tokens = 0;
        std::int64_t slotCount = 0;
        QToolButton* button = nullptr;
    };

    std::vector<Cell> m_cells;
    nlohmann::json m_others; ///< cells that the grid has no place for
    QLabel* m_more;
};

/// Modules that get LoRA matrices.
class TargetsEditor : public JobEditor {
    Q_OBJECT

public:
    explicit TargetsEditor(QWidget* parent = nullptr);

    bool isUsed(const std::string& stage) const override { return stage != "base"; }
    void show(const JsonText& job) override;
    void write(JsonText& job) const override;

private:
    std::vector<std::pair<std::string, QCheckBox*>> m_targets;
};

/// When a job ends: after steps or minutes.
class StopEditor : public JobEditor {
    Q_OBJECT

public:
    explicit StopEditor(QWidget* parent = nullptr);

    void show(const JsonText& job) override;
    void write(JsonText& job) const override;

private:
    QLineEdit* m_number;
    QComboBox* m_unit;
};

} // namespace icae
