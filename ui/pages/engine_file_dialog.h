#pragma once

#include "pages/engine_files.h"
#include "protocol/file_messages.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace icae {

class Theme;

/// Files of an engine on another machine, to choose from: it says what is in a folder. Deletes itself.
class EngineFileDialog : public QDialog {
    Q_OBJECT

public:
    /// @param host for the title
    EngineFileDialog(const Theme& theme, EngineClient& client, const QString& host, const EngineFilesWanted& wanted,
                     QWidget* parent);

    QString folder() const { return m_folder; } ///< absolute; empty until the engine has answered
    void open() override;
    void accept() override; ///< enters a folder, or takes what is chosen

Q_SIGNALS:
    void chosen(const QStringList& paths);

private:
    void goTo(const QString& folder);
    void show(const FileList& list);
    void showEntries();
    void updateButton();
    void activate(const QTreeWidgetItem& item);
    QStringList selected() const;
    QString pathOf(const QTreeWidgetItem& item) const;

    const Theme& m_theme;
    EngineClient& m_client;
    EngineFilesWanted m_wanted;
    QString m_folder;
    FileList m_shown;
    std::int64_t m_request = -1;
    QLineEdit* m_path;
    QPushButton* m_up;
    QTreeWidget* m_entries;
    QComboBox* m_filter;
    QLabel* m_problem;
    QPushButton* m_take;
};

} // namespace icae
