#pragma once

#include "models/memory_tree_model.h"
#include "models/utf16_offsets.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"

#include <QWidget>

#include <map>
#include <optional>

class QAction;
class QLineEdit;
class QPlainTextEdit;
class QTreeView;

namespace icae {

class EmptyState;
class LibraryDelegate;

/// The library at the left: memories to tick, order, add and rename, their spans, and a preview of the one that is
/// current, with the words that an answer is from.
class MemoryPane : public QWidget {
    Q_OBJECT

public:
    MemoryPane(const Theme& theme, EngineClient& client, Settings& settings, QWidget* parent = nullptr);

    MemoryTreeModel& model() { return m_model; }
    QTreeView& tree() { return *m_tree; }
    /// For the shortcut sheet, in the order of menus.
    QList<QAction*> actions() const;

    void refresh();
    bool isListed() const { return m_listed; }
    /// Compresses a text at once, and uses it. @param name empty: made of its first words
    void addText(const QString& text, const QString& name);
    void addFiles(const QStringList& paths);
    void setLit(const std::optional<ChatAttribution>& attribution);

Q_SIGNALS:
    void usedChanged();
    void listed();
    void failed(const icae::Error& why);
    void reported(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    struct Source {
        QString text;
        Utf16Offsets offsets;
    };

    void makeActions();
    void connectViews();
    void updateActions();
    QString current() const; ///< id of the memory; empty: none
    void askForText();
    void openTexts();
    void paste();
    void rename();
    void remove();
    void undo();
    void search(const QString& words);
    void hide(const std::optional<std::vector<std::string>>& shown);
    void showPreview();
    void lightPreview();
    void pointAt(QPoint position);
    void move(int step);

    const Theme& m_theme;
    EngineClient& m_client;
    Settings& m_settings;
    MemoryTreeModel m_model;
    LibraryDelegate* m_delegate;
    QLineEdit* m_search;
    QTreeView* m_tree;
    EmptyState* m_empty;
    QPlainTextEdit* m_preview;
    QAction* m_add;
    QAction* m_open;
    QAction* m_paste;
    QAction* m_expand;
    QAction* m_up;
    QAction* m_down;
    QAction* m_rename;
    QAction* m_delete;
    QAction* m_undo;
    std::optional<LibraryMemory> m_deleted;
    std::map<QString, Source> m_texts; ///< by id, as they were read
    QString m_shown; ///< whose text the preview has
    std::optional<ChatAttribution> m_lit;
    std::int64_t m_searching = -1; ///< request
    bool m_listed = false;
};

} // namespace icae
