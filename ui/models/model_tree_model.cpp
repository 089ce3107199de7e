#include "models/model_tree_model.h"

#include "models/byte_text.h"

#include "protocol/hub_name.h"

#include <QFileInfo>
#include <QFont>

#include <algorithm>

namespace icae {

QString folderName(const std::string& path)
{
    auto text = QString::fromStdString(path);
    while (text.endsWith(u'/'))
        text.chop(1);
    if (const auto hub = hubName(path); !hub.empty())
        return QString::fromStdString(hub);
    const auto name = text.section(u'/', -1);
    // Models lie in NAME/base, adapters in NAME/ADAPTER or a file.
    return name == QLatin1String("base") ? text.section(u'/', -2, -2) : name;
}

void ModelTreeModel::setModels(ModelList models)
{
    beginResetModel();
    m_models = std::move(models);
    m_groups.clear();
    std::vector<bool> placed(m_models.adapters.size(), false);
    for (std::size_t b = 0; b < m_models.bases.size(); ++b) {
        Group group{static_cast<int>(b), {}};
        for (std::size_t a = 0; a < m_models.adapters.size(); ++a) {
            const auto& fits = m_models.adapters[a].fits;
            const bool here = std::any_of(fits.begin(), fits.end(), [&](const AdapterFit& fit) {
                return fit.base == m_models.bases[b].folder && fit.doesNotFit.empty();
            });
            if (here) {
                group.adapters.push_back(static_cast<int>(a));
                placed[a] = true;
            }
        }
        m_groups.push_back(std::move(group));
    }
    Group rest;
    for (std::size_t a = 0; a < placed.size(); ++a)
        if (!placed[a])
            rest.adapters.push_back(static_cast<int>(a));
    if (!rest.adapters.empty())
        m_groups.push_back(std::move(rest));
    endResetModel();
}

void ModelTreeModel::setLoaded(const std::string& base, const std::string& adapter)
{
    m_loadedBase = base;
    m_loadedAdapter = adapter;
    for (int row = 0; row < rowCount(); ++row) {
        const auto top = index(row, 0);
        Q_EMIT dataChanged(top, top, {LoadedRole, Qt::DisplayRole});
        if (const int below = rowCount(top); below > 0)
            Q_EMIT dataChanged(index(0, 0, top), index(below - 1, 0, top), {LoadedRole, Qt::DisplayRole});
    }
}

QString ModelTreeModel::nameOf(const std::string& path) const
{
    const auto name = folderName(path);
    const auto isOther = [&](const std::string& other) { return other != path && folderName(other) == name; };
    const bool shared = std::any_of(m_models.bases.begin(), m_models.bases.end(),
                                    [&](const BaseInfo& base) { return base.folder == path; })
        ? std::any_of(m_models.bases.begin(), m_models.bases.end(),
                      [&](const BaseInfo& base) { return isOther(base.folder); })
        : std::any_of(m_models.adapters.begin(), m_models.adapters.end(),
                      [&](const AdapterInfo& adapter) { return isOther(adapter.path); });
    return shared ? tr("%1 (%2)").arg(name, QFileInfo(QString::fromStdString(path)).path()) : name;
}

const BaseInfo* ModelTreeModel::baseAt(const QModelIndex& index) const
{
    const int base = index.isValid() ? index.data(BaseRole).toInt() : -1;
    return base < 0 ? nullptr : &m_models.bases[static_cast<std::size_t>(base)];
}

const AdapterInfo* ModelTreeModel::adapterAt(const QModelIndex& index) const
{
    const int adapter = index.isValid() ? index.data(AdapterRole).toInt() : -1;
    return adapter < 0 ? nullptr : &m_models.adapters[static_cast<std::size_t>(adapter)];
}

QModelIndex ModelTreeModel::indexOf(const std::string& base, const std::string& adapter) const
{
    for (int row = 0; row < rowCount(); ++row) {
        const auto top = index(row, 0);
        const auto* info = baseAt(top);
        if (info == nullptr || info->folder != base)
            continue;
        if (adapter.empty())
            return top;
        for (int below = 0; below < rowCount(top); ++below) {
            const auto entry = index(below, 0, top);
            if (adapterAt(entry)->path == adapter || adapterAt(entry)->file == adapter)
                return entry;
        }
    }
    return {};
}

QModelIndex ModelTreeModel::index(int row, int column, const QModelIndex& parent) const
{
    if (!hasIndex(row, column, parent))
        return {};
    return createIndex(row, column, parent.isValid() ? static_cast<quintptr>(parent.row()) + 1 : quintptr{0});
}

QModelIndex ModelTreeModel::parent(const QModelIndex& child) const
{
    if (!child.isValid() || child.internalId() == 0)
        return {};
    return createIndex(static_cast<int>(child.internalId()) - 1, 0, quintptr{0});
}

int ModelTreeModel::rowCount(const QModelIndex& parent) const
{
    if (!parent.isValid())
        return static_cast<int>(m_groups.size());
    if (parent.internalId() != 0 || parent.column() != 0)
        return 0;
    return static_cast<int>(m_groups[static_cast<std::size_t>(parent.row())].adapters.size());
}

int ModelTreeModel::columnCount(const QModelIndex& /*parent*/) const
{
    return 1;
}

QString ModelTreeModel::reason(const QModelIndex& index) const
{
    if (const auto* adapter = adapterAt(index)) {
        if (!adapter->problem.empty())
            return QString::fromStdString(adapter->problem);
        if (baseAt(index) != nullptr)
            return {};
        for (const auto& fit : adapter->fits)
            if (!fit.doesNotFit.empty())
                return tr("Does not fit %1: %2").arg(folderName(fit.base), QString::fromStdString(fit.doesNotFit));
        return tr("There is no base that it could be tried with.");
    }
    const auto* base = baseAt(index);
    return base == nullptr ? QString() : QString::fromStdString(base->problem);
}

QString ModelTreeModel::summary(const QModelIndex& index) const
{
    if (const auto* adapter = adapterAt(index)) {
        const auto most = adapter->elasticSlots.empty() ? adapter->slots : adapter->elasticSlots.back();
        const auto least = adapter->elasticSlots.empty() ? adapter->slots : adapter->elasticSlots.front();
        const auto counts = least == most ? QString::number(most) : tr("%1 to %2").arg(least).arg(most);
        return (adapter->published ? tr("published · %1 slots · LoRA r %2") : tr("%1 slots a span · LoRA r %2"))
            .arg(counts)
            .arg(adapter->lora.rank);
    }
    if (const auto* base = baseAt(index))
        return tr("%1 · %2 parameters")
            .arg(QString::fromStdString(base->architecture).remove(QStringLiteral("ForCausalLM")),
                 parameterText(base->parameters));
    return tr("They fit none of the bases above");
}

bool ModelTreeModel::isLoaded(const QModelIndex& index) const
{
    const auto* adapter = adapterAt(index);
    const auto* base = baseAt(index);
    return base != nullptr && base->folder == m_loadedBase && !m_loadedBase.empty()
        && (adapter == nullptr ? m_loadedAdapter.empty()
                               : adapter->path == m_loadedAdapter || adapter->file == m_loadedAdapter);
}

QVariant ModelTreeModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const bool top = index.internalId() == 0;
    const auto& group = m_groups[top ? static_cast<std::size_t>(index.row()) : index.internalId() - 1];
    switch (role) {
    case BaseRole:
        return group.base;
    case AdapterRole:
        return top ? -1 : group.adapters[static_cast<std::size_t>(index.row())];
    case ReasonRole:
    case Qt::ToolTipRole:
    case Qt::AccessibleDescriptionRole: {
        const auto why = reason(index);
        if (!why.isEmpty() || role == ReasonRole)
            return why;
        const auto* adapter = adapterAt(index);
        const auto* base = baseAt(index);
        return QString::fromStdString(adapter != nullptr ? adapter->path : base != nullptr ? base->folder : "");
    }
    case Qt::DisplayRole:
        if (const auto* adapter = adapterAt(index))
            return nameOf(adapter->path);
        if (const auto* base = baseAt(index))
            return nameOf(base->folder);
        return tr("Adapters without a base");
    case SummaryRole: {
        auto why = reason(index);
        if (const auto* base = baseAt(index); base != nullptr && adapterAt(index) == nullptr)
            why.remove(QString::fromStdString(base->folder + '/')); // a line is short, and the name stands above
        return why.isEmpty() ? summary(index) : why;
    }
    case LoadedRole:
        return isLoaded(index);
    case Qt::FontRole: {
        QFont font;
        font.setBold(true);
        return isLoaded(index) ? QVariant(font) : QVariant();
    }
    default:
        return {};
    }
}

Qt::ItemFlags ModelTreeModel::flags(const QModelIndex& index) const
{
    if (!index.isValid())
        return Qt::NoItemFlags;
    return Qt::ItemIsEnabled | Qt::ItemIsSelectable; // the reason can be read of what cannot be used, too
}

} // namespace icae
