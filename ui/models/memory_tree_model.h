#pragma once

#include "protocol/chat_requests.h"

#include <QAbstractItemModel>

#include <optional>
#include <set>
#include <vector>

namespace icae {

/// The library: memories in the order that they are read, and below each its spans. Ticked ones are used; a span is
/// read as slots, or expanded, as text. Memories that a chat names and the library has not stand there as missing.
class MemoryTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role {
        IdRole = Qt::UserRole, ///< of the memory
        SpanRole, ///< index in its source's order; −1: the memory
        LineRole, ///< "1,204 tokens → 384 · 3.1×"
        ExpandedRole, ///< read as text
        ProblemRole, ///< why its slots cannot be read; empty: they can
        LitRole, ///< share of the strongest rise that its slots have, 0 to 1; none: nothing is lit
        SlotsRole, ///< the same a group of slots, as a list: first slot, slots, share, …
        TotalSlotsRole,
        TagsRole, ///< list of texts
    };

    using QAbstractItemModel::QAbstractItemModel;

    /// New ones come last; those that stay keep order and ticks.
    void setMemories(const std::vector<LibraryMemory>& memories);
    void put(const LibraryMemory& memory, bool use); ///< a new one, or a change
    const LibraryMemory* find(const QString& id) const; ///< null where there is none
    const LibraryMemory* at(const QModelIndex& index) const; ///< the memory, or the span's
    const UsedMemory* missing(const QModelIndex& index) const; ///< as a chat names it; null where it is there
    std::vector<UsedMemory> missing() const; ///< that are used
    /// What a missing one was made to again, under whatever id, takes its place.
    void revive(const std::string& missing, const LibraryMemory& memory);
    QStringList tags() const; ///< of all memories, sorted
    QModelIndex indexOf(const QString& id) const;
    QModelIndex spanIndex(const QString& id, std::int64_t span) const;

    std::vector<UsedMemory> used() const;
    /// Ticks exactly these and puts them first, in their order.
    void setUsed(const std::vector<UsedMemory>& used);
    /// One up or down among its siblings. @return where it is then; invalid: it cannot
    QModelIndex moveBy(const QModelIndex& index, int step);
    void toggleExpanded(const QModelIndex& index); ///< of a span, or of all spans of a memory
    void setLit(const ChatAttribution* attribution); ///< null: nothing
    /// What reading a span as text gave: how much the last answer's loss fell, nats a token.
    void setGain(const QModelIndex& span, double gain);

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& index) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QModelIndexList& indexes) const override;
    bool dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int column,
                      const QModelIndex& parent) override;

Q_SIGNALS:
    void usedChanged(); ///< what is used, as what, or in which order

private:
    struct Span {
        std::int64_t index = 0;
        bool used = true;
        bool expanded = false;
        std::optional<double> gain = {}; ///< nats a token; while it is expanded
    };
    struct Entry {
        LibraryMemory memory;
        bool used = false;
        bool missing = false;
        std::vector<Span> spans;
        UsedMemory wanted = {}; ///< of a missing one: as the chat names it
    };

    static Entry entryOf(const LibraryMemory& memory);
    static UsedMemory usedOf(const Entry& entry);
    static void use(Entry& entry, const UsedMemory& memory);
    int rowOf(const std::string& id) const;
    const Entry& entry(const QModelIndex& index) const;
    Entry& entry(const QModelIndex& index);
    static QString expandedLine(const Span& span, const SpanInfo& info);
    QVariant memoryData(const Entry& entry, int role) const;
    QVariant spanData(const Entry& entry, const Span& span, int role) const;
    QVariantList litSlots(const std::string& memory, std::int64_t span) const;
    double lit(const std::string& memory, std::int64_t span) const;
    bool moveRow(const QModelIndex& parent, int from, int before);
    void touch(const QModelIndex& index);

    std::vector<Entry> m_entries;
    std::vector<SlotGroup> m_lit;
    double m_strongest = 0;
};

} // namespace icae
