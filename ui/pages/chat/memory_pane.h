#pragma once

#include "models/memory_tree_model.h"
#include "pages/chat/memory_preview.h"
#include "session/engine_client.h"
#include "session/model_catalog.h"
#include "session/settings.h"
#include "session/theme.h"

#include <QWidget>

#include <map>
#include <optional>

class QAction;
class QComboBox;
class QLineEdit;
class QPushButton;
class QTreeView;

namespace icae {

class EmptyState;
class LibraryDelegate;

/// The library at the left: memories to tick, order, add and rename, their spans, and a preview of the one that is
/// current, with the words that an answer is from.
class MemoryPane : public QWidget {
    Q_OBJECT

public:
    MemoryPane(const Theme& theme, EngineClient& client, Settings& settings, const ModelCatalog& catalog,
               QWidget* parent = nullptr);

    MemoryTreeModel& model() { return m_model; }
    QTreeView& tree() { return *m_tree; }
    MemoryPreview& preview() { return *m_preview; }
    /// For the shortcut sheet, in the order of menus.
    QList<QAction*> actions() const;

    void refresh();
    bool isListed() const { return m_listed; }
    /// Compresses a text at once, and uses it. @param name empty: made of its first words
    void addText(const QString& text, const QString& name);
    /// Texts of this machine, and memory files.
    void addFiles(const QStringList& paths);
    /// Texts that a chat brought with it, by memories' ids: missing ones can be made of them again.
    void setChatTexts(const std::map<std::string, std::string>& texts) { m_chatTexts = texts; }
    /// Brings a missing memory back: from the trash, or compressed again from its text, which is asked for where nobody
    /// knows it.
    void revive(const UsedMemory& missing);
    void setLit(const std::optional<ChatAttribution>& attribution);

Q_SIGNALS:
    void usedChanged();
    void listed();
    /// A span is read as text now. @param before what was used until then
    void expanded(const QPersistentModelIndex& span, const std::vector<icae::UsedMemory>& before);
    void failed(const icae::Error& why);
    void reported(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct Deleted {
        LibraryMemory memory;
        bool used = false;
    };

    void makeActions();
    void connectViews();
    void updateActions();
    QString current() const; ///< id of the memory; empty: none
    void expand(const QModelIndex& index);
    void move(int step);
    void showPreview();
    void showMissing();
    void showTags();
    void pointAtSlots(QPoint position);
    void showPointed(const std::optional<SlotPlace>& place);

    // With the library: memory_pane_library.cpp.
    void addMemoryFile(const QString& path);
    void take(const LibraryMemory& memory);
    void askForText();
    void openTexts();
    void paste();
    void rename();
    void recompress();
    void recompressWith(LibraryRecompressParams params);
    void exportMemory();
    void reviveFrom(const UsedMemory& missing, const QString& text);
    void reviveFromAnother(const UsedMemory& missing);
    void askForTextOf(const UsedMemory& missing);
    void remove();
    void undo();
    void search(const QString& words);
    void hide(const std::optional<std::vector<std::string>>& shown);

    EngineClient& m_client;
    Settings& m_settings;
    const ModelCatalog& m_catalog;
    MemoryTreeModel m_model;
    LibraryDelegate* m_delegate;
    QLineEdit* m_search;
    QComboBox* m_tag;
    QPushButton* m_missing;
    QTreeView* m_tree;
    EmptyState* m_empty;
    MemoryPreview* m_preview;
    QAction* m_add;
    QAction* m_open;
    QAction* m_paste;
    QAction* m_expand;
    QAction* m_up;
    QAction* m_down;
    QAction* m_rename;
    QAction* m_recompress;
    QAction* m_export;
    QAction* m_revive;
    QAction* m_delete;
    QAction* m_undo;
    std::vector<Deleted> m_deleted; ///< the last one last
    std::map<std::string, std::string> m_chatTexts;
    std::optional<std::vector<std::string>> m_found; ///< ids; none: nothing is searched for
    bool m_lit = false;
    std::int64_t m_searching = -1; ///< request
    bool m_listed = false;
};

} // namespace icae
