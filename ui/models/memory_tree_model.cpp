#include "models/memory_tree_model.h"

#include <QIODevice>
#include <QLocale>
#include <QMimeData>

#include <algorithm>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr auto mimeType = "application/x-icae-memory-row";

QString sizes(std::int64_t tokens, std::int64_t slotCount)
{
    const QLocale locale;
    auto text = MemoryTreeModel::tr("%1 tokens → %2").arg(locale.toString(tokens), locale.toString(slotCount));
    if (slotCount > 0)
        text += u" · %1×"_s.arg(locale.toString(static_cast<double>(tokens) / static_cast<double>(slotCount), 'f', 1));
    return text;
}

} // namespace

MemoryTreeModel::Entry MemoryTreeModel::entryOf(const LibraryMemory& memory)
{
    Entry entry;
    entry.memory = memory;
    for (std::size_t i = 0; i < memory.spans.size(); ++i)
        entry.spans.push_back({static_cast<std::int64_t>(i)});
    return entry;
}

void MemoryTreeModel::setMemories(const std::vector<LibraryMemory>& memories)
{
    const auto named = [&](const Entry& entry) {
        return std::find_if(memories.begin(), memories.end(),
                            [&](const LibraryMemory& one) { return one.id == entry.memory.id; });
    };
    std::vector<Entry> entries;
    for (const auto& old : m_entries) {
        if (const auto found = named(old); found != memories.end() && !old.missing) {
            auto kept = old;
            kept.memory = *found;
            if (kept.spans.size() != found->spans.size())
                kept.spans = entryOf(*found).spans;
            entries.push_back(std::move(kept));
        } else if (found != memories.end()) {
            entries.push_back(entryOf(*found));
            use(entries.back(), old.wanted); // as the chat named it
            entries.back().used = old.used;
        } else if (old.missing) {
            entries.push_back(old);
        } else if (old.used) { // gone while it was used
            entries.push_back(old);
            entries.back().missing = true;
            entries.back().wanted = usedOf(old);
        }
    }
    for (const auto& memory : memories)
        if (rowOf(memory.id) < 0)
            entries.push_back(entryOf(memory));
    beginResetModel();
    m_entries = std::move(entries);
    endResetModel();
    Q_EMIT usedChanged();
}

void MemoryTreeModel::put(const LibraryMemory& memory, bool use)
{
    const auto row = rowOf(memory.id);
    auto fresh = entryOf(memory);
    if (row >= 0) {
        auto& old = m_entries[static_cast<std::size_t>(row)];
        if (old.spans.size() == fresh.spans.size()) {
            old.memory = memory;
            old.missing = false;
            old.used = old.used || use;
            touch(index(row, 0));
            Q_EMIT usedChanged();
            return;
        }
        beginRemoveRows({}, row, row);
        m_entries.erase(m_entries.begin() + row);
        endRemoveRows();
    }
    const auto at = row >= 0 ? row : rowCount();
    fresh.used = use;
    beginInsertRows({}, at, at);
    m_entries.insert(m_entries.begin() + at, std::move(fresh));
    endInsertRows();
    Q_EMIT usedChanged();
}

int MemoryTreeModel::rowOf(const std::string& id) const
{
    const auto found =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& one) { return one.memory.id == id; });
    return found == m_entries.end() ? -1 : static_cast<int>(found - m_entries.begin());
}

const LibraryMemory* MemoryTreeModel::find(const QString& id) const
{
    const auto row = rowOf(id.toStdString());
    return row < 0 || m_entries[static_cast<std::size_t>(row)].missing
        ? nullptr
        : &m_entries[static_cast<std::size_t>(row)].memory;
}

const LibraryMemory* MemoryTreeModel::at(const QModelIndex& index) const
{
    return index.isValid() ? &entry(index).memory : nullptr;
}

const UsedMemory* MemoryTreeModel::missing(const QModelIndex& index) const
{
    return index.isValid() && entry(index).missing ? &entry(index).wanted : nullptr;
}

std::vector<UsedMemory> MemoryTreeModel::missing() const
{
    std::vector<UsedMemory> all;
    for (const auto& one : m_entries)
        if (one.missing && one.used)
            all.push_back(one.wanted);
    return all;
}

void MemoryTreeModel::revive(const std::string& missing, const LibraryMemory& memory)
{
    const auto row = rowOf(missing);
    if (row < 0 || !m_entries[static_cast<std::size_t>(row)].missing)
        return put(memory, true);
    auto revived = entryOf(memory);
    auto& old = m_entries[static_cast<std::size_t>(row)];
    const auto fits = [&](std::int64_t span) { return span < std::ssize(revived.spans); };
    if (std::all_of(old.wanted.spans.begin(), old.wanted.spans.end(), fits))
        use(revived, old.wanted);
    revived.used = old.used;
    beginResetModel();
    old = std::move(revived);
    for (auto other = m_entries.size(); other-- > 0;) // the same may have come by itself
        if (static_cast<int>(other) != row && m_entries[other].memory.id == memory.id)
            m_entries.erase(m_entries.begin() + static_cast<std::ptrdiff_t>(other));
    endResetModel();
    Q_EMIT usedChanged();
}

QStringList MemoryTreeModel::tags() const
{
    std::set<QString> all;
    for (const auto& one : m_entries)
        for (const auto& tag : one.memory.tags)
            all.insert(QString::fromStdString(tag));
    return {all.begin(), all.end()};
}

void MemoryTreeModel::setGain(const QModelIndex& span, double gain)
{
    if (!span.parent().isValid())
        return;
    entry(span).spans[static_cast<std::size_t>(span.row())].gain = gain;
    Q_EMIT dataChanged(span, span);
}

QModelIndex MemoryTreeModel::indexOf(const QString& id) const
{
    const auto row = rowOf(id.toStdString());
    return row < 0 ? QModelIndex() : index(row, 0);
}

QModelIndex MemoryTreeModel::spanIndex(const QString& id, std::int64_t span) const
{
    const auto memory = indexOf(id);
    if (!memory.isValid())
        return {};
    const auto& spans = entry(memory).spans;
    const auto found = std::find_if(spans.begin(), spans.end(), [&](const Span& one) { return one.index == span; });
    return found == spans.end() ? QModelIndex() : index(static_cast<int>(found - spans.begin()), 0, memory);
}

UsedMemory MemoryTreeModel::usedOf(const Entry& entry)
{
    UsedMemory memory{entry.memory.id, entry.memory.name, entry.memory.textSha256, {}, {}};
    bool all = true;
    for (std::size_t i = 0; i < entry.spans.size(); ++i) {
        const auto& span = entry.spans[i];
        all = all && span.used && span.index == static_cast<std::int64_t>(i);
        if (span.used)
            memory.spans.push_back(span.index);
        if (span.used && span.expanded)
            memory.expanded.push_back(span.index);
    }
    if (all)
        memory.spans.clear();
    return memory;
}

std::vector<UsedMemory> MemoryTreeModel::used() const
{
    std::vector<UsedMemory> used;
    for (const auto& entry : m_entries) {
        if (!entry.used)
            continue;
        if (entry.missing) { // as it was, should it come back
            used.push_back(entry.wanted);
            continue;
        }
        used.push_back(usedOf(entry));
    }
    return used;
}

/// Its spans as a question read them.
void MemoryTreeModel::use(Entry& entry, const UsedMemory& memory)
{
    entry.used = true;
    const auto placeOf = [&](const Span& span) {
        return std::find(memory.spans.begin(), memory.spans.end(), span.index) - memory.spans.begin();
    };
    for (auto& span : entry.spans) {
        span.used = memory.spans.empty() || placeOf(span) < std::ssize(memory.spans);
        span.expanded = std::find(memory.expanded.begin(), memory.expanded.end(), span.index) != memory.expanded.end();
    }
    if (!memory.spans.empty())
        std::stable_sort(entry.spans.begin(), entry.spans.end(),
                         [&](const Span& a, const Span& b) { return placeOf(a) < placeOf(b); });
}

void MemoryTreeModel::setUsed(const std::vector<UsedMemory>& used)
{
    beginResetModel();
    std::erase_if(m_entries, [](const Entry& one) { return one.missing; });
    for (auto& entry : m_entries)
        entry.used = false;
    std::vector<Entry> first;
    for (const auto& memory : used) {
        const auto row = rowOf(memory.id);
        Entry entry;
        if (row < 0) {
            entry.memory.id = memory.id;
            entry.memory.name = memory.name;
            entry.memory.textSha256 = memory.textSha256;
            entry.missing = true;
            entry.wanted = memory;
        } else {
            entry = entryOf(m_entries[static_cast<std::size_t>(row)].memory);
            m_entries.erase(m_entries.begin() + row);
        }
        use(entry, memory);
        first.push_back(std::move(entry));
    }
    m_entries.insert(m_entries.begin(), std::make_move_iterator(first.begin()), std::make_move_iterator(first.end()));
    endResetModel();
    Q_EMIT usedChanged();
}

bool MemoryTreeModel::moveRow(const QModelIndex& parent, int from, int before)
{
    const auto count = rowCount(parent);
    if (from < 0 || from >= count || before < 0 || before > count || before == from || before == from + 1)
        return false;
    if (!beginMoveRows(parent, from, from, parent, before))
        return false;
    const auto move = [&](auto& list) {
        if (before > from)
            std::rotate(list.begin() + from, list.begin() + from + 1, list.begin() + before);
        else
            std::rotate(list.begin() + before, list.begin() + from, list.begin() + from + 1);
    };
    if (parent.isValid())
        move(entry(parent).spans);
    else
        move(m_entries);
    endMoveRows();
    Q_EMIT usedChanged();
    return true;
}

QModelIndex MemoryTreeModel::moveBy(const QModelIndex& index, int step)
{
    const auto above = index.parent();
    const auto row = index.row();
    return index.isValid() && moveRow(above, row, step < 0 ? row - 1 : row + 2) ? this->index(row + step, 0, above)
                                                                                : QModelIndex();
}

void MemoryTreeModel::touch(const QModelIndex& index)
{
    Q_EMIT dataChanged(index, index);
    if (const auto count = rowCount(index); count > 0)
        Q_EMIT dataChanged(this->index(0, 0, index), this->index(count - 1, 0, index));
}

void MemoryTreeModel::toggleExpanded(const QModelIndex& index)
{
    if (!index.isValid())
        return;
    auto& spans = entry(index).spans;
    if (index.parent().isValid()) {
        auto& span = spans[static_cast<std::size_t>(index.row())];
        span.expanded = !span.expanded;
        span.gain.reset();
    } else {
        const bool all = std::all_of(spans.begin(), spans.end(), [](const Span& one) { return one.expanded; });
        for (auto& span : spans) {
            span.expanded = !all;
            span.gain.reset();
        }
    }
    touch(index.parent().isValid() ? index.parent() : index);
    Q_EMIT usedChanged();
}

void MemoryTreeModel::setLit(const ChatAttribution* attribution)
{
    m_lit = attribution == nullptr ? std::vector<SlotGroup>() : attribution->groups;
    m_strongest = 0;
    for (const auto& group : m_lit)
        m_strongest = std::max(m_strongest, group.rise);
    for (int row = 0; row < rowCount(); ++row)
        touch(index(row, 0));
}

double MemoryTreeModel::lit(const std::string& memory, std::int64_t span) const
{
    double most = 0;
    for (const auto& group : m_lit)
        if (group.memory == memory && (span < 0 || group.span == span))
            most = std::max(most, group.rise);
    return m_strongest > 0 ? most / m_strongest : 0;
}

QVariantList MemoryTreeModel::litSlots(const std::string& memory, std::int64_t span) const
{
    QVariantList groups;
    for (const auto& group : m_lit)
        if (group.memory == memory && group.span == span)
            groups << QVariant::fromValue(qint64(group.firstSlot)) << QVariant::fromValue(qint64(group.slots))
                   << (m_strongest > 0 ? std::max(0.0, group.rise / m_strongest) : 0);
    return groups;
}

// Ids: 0 for a memory, its row + 1 for its spans.

QModelIndex MemoryTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr(0));
}

QModelIndex MemoryTreeModel::parent(const QModelIndex& index) const
{
    if (!index.isValid() || index.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(index.internalId()) - 1, 0, quintptr(0));
}

const MemoryTreeModel::Entry& MemoryTreeModel::entry(const QModelIndex& index) const
{
    const auto row = index.internalId() == 0 ? static_cast<std::size_t>(index.row()) : index.internalId() - 1;
    return m_entries[row];
}

MemoryTreeModel::Entry& MemoryTreeModel::entry(const QModelIndex& index)
{
    return const_cast<Entry&>(std::as_const(*this).entry(index)); // NOLINT: its own
}

int MemoryTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_entries.size());
    return parent.internalId() == 0 && parent.column() == 0 ? static_cast<int>(entry(parent).spans.size()) : 0;
}

int MemoryTreeModel::columnCount(const QModelIndex& /*parent*/) const
{
    return 1;
}

QVariant MemoryTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto& of = entry(index);
    if (role == IdRole)
        return QString::fromStdString(of.memory.id);
    return index.internalId() == 0 ? memoryData(of, role)
                                   : spanData(of, of.spans[static_cast<std::size_t>(index.row())], role);
}

QVariant MemoryTreeModel::memoryData(const Entry& entry, int role) const
{
    const auto& memory = entry.memory;
    const auto name = QString::fromStdString(memory.name);
    QStringList tags;
    for (const auto& tag : memory.tags)
        tags += QString::fromStdString(tag);
    const auto problem = entry.missing ? tr("It is no longer in the library. Enter brings it back from its text.")
        : memory.problem.empty()       ? QString()
                                       : QString::fromStdString(memory.problem + " " + memory.remedy);
    switch (role) {
    case Qt::DisplayRole:
        return name;
    case Qt::CheckStateRole:
        return entry.used ? Qt::Checked : Qt::Unchecked;
    case SpanRole:
        return -1;
    case LineRole:
        return entry.missing ? tr("missing")
            : tags.isEmpty() ? sizes(memory.tokens, memory.slots)
                             : u"%1 · %2"_s.arg(sizes(memory.tokens, memory.slots), tags.join(u", "_s));
    case TagsRole:
        return tags;
    case ExpandedRole:
        return !entry.spans.empty()
            && std::all_of(entry.spans.begin(), entry.spans.end(), [](const Span& one) { return one.expanded; });
    case ProblemRole:
        return problem;
    case Qt::ToolTipRole:
        return problem.isEmpty()
            ? u"%1\n%2"_s.arg(name, tr("Slots of %1").arg(QString::fromStdString(memory.adapterName)))
            : u"%1\n%2"_s.arg(name, problem);
    case LitRole:
        return m_lit.empty() ? QVariant() : lit(memory.id, -1);
    case TotalSlotsRole:
        return static_cast<int>(memory.slots);
    case Qt::AccessibleTextRole:
        return problem.isEmpty() ? u"%1, %2"_s.arg(name, sizes(memory.tokens, memory.slots))
                                 : u"%1, %2"_s.arg(name, problem);
    default:
        return {};
    }
}

/// With what it costs, and what it gains where that was measured.
QString MemoryTreeModel::expandedLine(const Span& span, const SpanInfo& info)
{
    const QLocale locale;
    auto line = tr("as text: %1 tokens, %2 more")
                    .arg(locale.toString(qint64(info.tokens)),
                         locale.toString(qint64(std::max<std::int64_t>(0, info.tokens - info.slots))));
    if (span.gain)
        line += tr(" · answer %1%2 nats")
                    .arg(*span.gain > 0 ? u"−"_s : u"+"_s, locale.toString(std::abs(*span.gain), 'f', 2));
    return line;
}

QVariant MemoryTreeModel::spanData(const Entry& entry, const Span& span, int role) const
{
    const auto& info = entry.memory.spans[static_cast<std::size_t>(span.index)];
    switch (role) {
    case Qt::DisplayRole:
        return tr("Span %1").arg(span.index + 1);
    case Qt::CheckStateRole:
        return span.used ? Qt::Checked : Qt::Unchecked;
    case SpanRole:
        return QVariant::fromValue(qint64(span.index));
    case LineRole:
        return span.expanded ? expandedLine(span, info) : sizes(info.tokens, info.slots);
    case ExpandedRole:
        return span.expanded;
    case ProblemRole:
        return QString();
    case Qt::ToolTipRole:
        return span.expanded
            ? tr("Read as its full text (Enter: as slots)")
            : tr("Read as slots (Enter: as its full text, which takes %1 positions more)")
                  .arg(QLocale().toString(qint64(std::max<std::int64_t>(0, info.tokens - info.slots))));
    case LitRole:
        return m_lit.empty() ? QVariant() : lit(entry.memory.id, span.index);
    case SlotsRole:
        return litSlots(entry.memory.id, span.index);
    case TotalSlotsRole:
        return static_cast<int>(info.slots);
    case Qt::AccessibleTextRole:
        return u"%1, %2"_s.arg(tr("Span %1").arg(span.index + 1),
                               span.expanded ? tr("as text") : sizes(info.tokens, info.slots));
    default:
        return {};
    }
}

bool MemoryTreeModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::CheckStateRole)
        return false;
    auto& of = entry(index);
    const bool on = value.toInt() == Qt::Checked;
    if (index.internalId() == 0) {
        of.used = on;
        if (on && std::none_of(of.spans.begin(), of.spans.end(), [](const Span& one) { return one.used; }))
            for (auto& span : of.spans)
                span.used = true;
        touch(index);
    } else {
        of.spans[static_cast<std::size_t>(index.row())].used = on;
        of.used = std::any_of(of.spans.begin(), of.spans.end(), [](const Span& one) { return one.used; });
        touch(index.parent());
    }
    Q_EMIT usedChanged();
    return true;
}

Qt::ItemFlags MemoryTreeModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::ItemIsDropEnabled;
    auto flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable | Qt::ItemIsDragEnabled;
    if (index.internalId() == 0)
        flags |= Qt::ItemIsDropEnabled; // for its spans
    return flags;
}

QStringList MemoryTreeModel::mimeTypes() const
{
    return {QString::fromLatin1(mimeType)};
}

QMimeData* MemoryTreeModel::mimeData(const QModelIndexList& indexes) const
{
    if (indexes.isEmpty())
        return nullptr;
    const auto& index = indexes.front();
    auto* mime = new QMimeData; // NOLINT(cppcoreguidelines-owning-memory): the view's
    mime->setData(QString::fromLatin1(mimeType),
                  QByteArray::number(index.internalId() == 0 ? -1 : index.parent().row()) + ' '
                      + QByteArray::number(index.row()));
    return mime;
}

/// Among siblings alone. The row is moved here, so the view is told that nothing is to be removed.
bool MemoryTreeModel::dropMimeData(const QMimeData* data, Qt::DropAction action, int row, int /*column*/,
                                   const QModelIndex& parent)
{
    const auto from = data->data(QString::fromLatin1(mimeType)).split(' ');
    if (action != Qt::MoveAction || from.size() != 2)
        return false;
    const auto memory = from[0].toInt();
    auto target = parent;
    if (memory < 0 && parent.isValid()) { // onto a memory: before it
        row = parent.row();
        target = {};
    }
    if (memory >= 0 && (!target.isValid() || target.internalId() != 0 || target.row() != memory))
        return false;
    moveRow(target, from[1].toInt(), row < 0 ? rowCount(target) : row);
    return false;
}

} // namespace icae
