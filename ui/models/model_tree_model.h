#pragma once

#include "protocol/model_messages.h"

#include <QAbstractItemModel>

#include <vector>

namespace icae {

/// Bases, their adapters below them, and below a last entry the adapters that go with none of them.
/// What cannot be used stays selectable, so that one can read why (ReasonRole).
class ModelTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Role {
        BaseRole = Qt::UserRole, ///< index into the list's bases; −1: none
        AdapterRole, ///< index into the list's adapters; −1: none
        ReasonRole, ///< why it cannot be used; empty where it can
        SummaryRole, ///< a line on what it is, or why it cannot be used
        LoadedRole, ///< whether it is the model at work
    };

    using QAbstractItemModel::QAbstractItemModel;

    void setModels(ModelList models);
    const ModelList& models() const { return m_models; }
    /// Name of a base or an adapter by its path; with the folder around it where another one is called the same.
    QString nameOf(const std::string& path) const;
    /// Marks what is loaded. @param base, adapter folders; empty: none
    void setLoaded(const std::string& base, const std::string& adapter);

    const BaseInfo* baseAt(const QModelIndex& index) const; ///< null where there is none
    const AdapterInfo* adapterAt(const QModelIndex& index) const;
    /// Entry of a base and an adapter (or of the base alone); invalid where there is none.
    QModelIndex indexOf(const std::string& base, const std::string& adapter) const;

    QModelIndex index(int row, int column, const QModelIndex& parent = {}) const override;
    QModelIndex parent(const QModelIndex& child) const override;
    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;

private:
    /// Top entries are numbered from 0; what is below one holds its number + 1 as internal id.
    struct Group {
        int base = -1;
        std::vector<int> adapters;
    };
    QString reason(const QModelIndex& index) const;
    QString summary(const QModelIndex& index) const;
    bool isLoaded(const QModelIndex& index) const;

    ModelList m_models;
    std::vector<Group> m_groups;
    std::string m_loadedBase;
    std::string m_loadedAdapter;
};

/// The last part of a path, as people call the thing.
QString folderName(const std::string& path);

} // namespace icae
