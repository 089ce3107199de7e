#pragma once

#include "pages/page.h"
#include "session/engine_client.h"
#include "session/model_catalog.h"
#include "session/theme.h"

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace icae {

class ElidedLabel;
class EmptyState;
class FactsView;
class FindTree;
class MemoryBars;
class NoticeBar;

/// Bases and adapters: what they are, whether they go together, what loading them takes, and loading them.
class ModelsPage : public Page {
    Q_OBJECT

public:
    explicit ModelsPage(const PageContext& context, QWidget* parent = nullptr);

    QString id() const override { return QStringLiteral("models"); }
    QString title() const override { return tr("Models"); }
    QString icon() const override { return QStringLiteral("models"); }
    std::vector<ShortcutGroup> shortcuts() const override;
    std::pair<FindTarget*, QWidget*> findTarget() override;
    void showError(const Error& error) override;

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* makeList();
    void showFolders();
    QString selectedFolder() const; ///< the added folder that holds what is selected; empty: none
    QWidget* makeDetails();
    void select(const QModelIndex& index);
    void showSelection();
    void updateMemory();
    void addFolder();
    void loadSelected();
    std::string chosenDevice() const;
    std::string chosenDtype() const;

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    ModelCatalog& m_catalog;
    NoticeBar* m_notice;
    FindTree* m_list;
    QStackedWidget* m_right;
    EmptyState* m_empty;
    QLabel* m_name;
    ElidedLabel* m_path;
    QLabel* m_reason;
    FactsView* m_facts;
    MemoryBars* m_memory;
    QComboBox* m_device;
    QComboBox* m_dtype;
    QPushButton* m_load;
    QAction* m_add;
    QAction* m_refresh;
    QAction* m_hash;
    QVBoxLayout* m_folders;
    QAction* m_forget;
    QAction* m_loadAction;
    QAction* m_unload;
    std::string m_selectedBase; ///< what is selected, by path: lists come and go
    std::string m_selectedAdapter;
};

} // namespace icae
