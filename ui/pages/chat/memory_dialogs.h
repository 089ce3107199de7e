#pragma once

#include "protocol/chat_requests.h"
#include "session/model_catalog.h"

#include <QDialog>

#include <optional>

class QCheckBox;
class QComboBox;
class QLineEdit;
class QSpinBox;

namespace icae {

/// A memory's name and tags.
class MemoryLabelDialog : public QDialog {
    Q_OBJECT

public:
    MemoryLabelDialog(const LibraryMemory& memory, QWidget* parent);

    /// What the library is asked for. Tags are separated by commas, each once.
    LibraryRenameParams label() const;

private:
    std::string m_id;
    QLineEdit* m_name;
    QLineEdit* m_tags;
};

/// How a memory's text is to be compressed again.
class RecompressDialog : public QDialog {
    Q_OBJECT

public:
    /// @param model that is in use
    RecompressDialog(const LibraryMemory& memory, const LoadedModel& model, const ModelCatalog& catalog,
                     QWidget* parent);

    /// `model` is left empty.
    LibraryRecompressParams params() const;
    /// The adapter where it is another than the one in use; else nothing.
    std::optional<std::string> otherAdapter() const;

private:
    void showSlots();

    std::string m_id;
    const LoadedModel m_model;
    const std::vector<AdapterInfo> m_others; ///< that fit the base in use
    QComboBox* m_adapter;
    QComboBox* m_slots;
    QSpinBox* m_spanTokens;
    QCheckBox* m_replace;
};

/// Adapters that can be used with the base in use, but for the one that is.
std::vector<AdapterInfo> otherAdapters(const LoadedModel& model, const ModelCatalog& catalog);

} // namespace icae
