#include "pages/engine_file_dialog.h"

#include "models/byte_text.h"
#include "session/theme.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QShortcut>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int folderRole = Qt::UserRole;

/// "Texts (*.txt *.md)" → "*.txt", "*.md"
QStringList patternsOf(const QString& filter)
{
    const auto begin = filter.lastIndexOf(u'(');
    const auto end = filter.lastIndexOf(u')');
    return begin < 0 || end < begin ? QStringList(u"*"_s)
                                    : filter.mid(begin + 1, end - begin - 1).split(u' ', Qt::SkipEmptyParts);
}

} // namespace

EngineFileDialog::EngineFileDialog(const Theme& theme, EngineClient& client, const QString& host,
                                   const EngineFilesWanted& wanted, QWidget* parent)
    : QDialog(parent)
    , m_theme(theme)
    , m_client(client)
    , m_wanted(wanted)
    , m_path(new QLineEdit)
    , m_up(new QPushButton(tr("Up")))
    , m_entries(new QTreeWidget)
    , m_filter(new QComboBox)
    , m_problem(new QLabel)
    , m_take(new QPushButton(wanted.folder ? tr("Choose this folder") : tr("Choose")))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("%1 – on %2").arg(wanted.title, host));
    m_path->setAccessibleName(tr("Folder on the engine's machine"));
    m_up->setToolTip(tr("The folder that this one is in (Alt+Up)"));
    m_up->setAutoDefault(false);
    m_entries->setAccessibleName(tr("Files on the engine's machine"));
    m_entries->setHeaderLabels({tr("Name"), tr("Size")});
    m_entries->setRootIsDecorated(false);
    m_entries->setUniformRowHeights(true);
    m_entries->setSelectionMode(wanted.folder ? QAbstractItemView::SingleSelection
                                              : QAbstractItemView::ExtendedSelection);
    m_entries->header()->setStretchLastSection(false);
    m_entries->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_filter->setAccessibleName(tr("Kinds of files"));
    m_filter->addItems(wanted.filters);
    m_filter->setVisible(m_filter->count() > 1);
    m_problem->setProperty("kind", u"error"_s);
    m_problem->setWordWrap(true);
    m_problem->hide();
    m_take->setProperty("primary", true);
    m_take->setDefault(true);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    buttons->addButton(m_take, QDialogButtonBox::AcceptRole);
    auto* above = new QHBoxLayout;
    above->setSpacing(Theme::grid());
    above->addWidget(m_path, 1);
    above->addWidget(m_up);
    auto* below = new QHBoxLayout;
    below->addWidget(m_filter);
    below->addStretch(1);
    below->addWidget(buttons);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::grid());
    column->addLayout(above);
    column->addWidget(m_entries, 1);
    column->addWidget(m_problem);
    column->addLayout(below);
    resize(Theme::grid(80), Theme::grid(60));
    auto* up = new QShortcut(QKeySequence(Qt::ALT | Qt::Key_Up), this);
    connect(up, &QShortcut::activated, m_up, &QPushButton::click);
    connect(m_up, &QPushButton::clicked, this, [this] { goTo(QString::fromStdString(m_shown.parent)); });
    connect(m_filter, &QComboBox::activated, this, &EngineFileDialog::showEntries);
    connect(m_path, &QLineEdit::textEdited, this, &EngineFileDialog::updateButton);
    connect(m_entries, &QTreeWidget::itemSelectionChanged, this, &EngineFileDialog::updateButton);
    connect(m_entries, &QTreeWidget::itemActivated, this, [this](const QTreeWidgetItem* item) { activate(*item); });
    connect(buttons, &QDialogButtonBox::accepted, this, &EngineFileDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &EngineFileDialog::reject);
    updateButton();
}

void EngineFileDialog::open()
{
    QDialog::open();
    goTo(m_wanted.start);
}

void EngineFileDialog::goTo(const QString& folder)
{
    if (m_request >= 0)
        m_client.cancel(m_request);
    m_request = m_client.call(protocol::filesList, {folder.toStdString()}, this,
                              {.done = [this](const FileList& list) { show(list); },
                               .failed =
                                   [this](const Error& why) {
                                       if (why.kind() == ErrorKind::Cancelled)
                                           return;
                                       m_request = -1;
                                       m_problem->setText(QString::fromStdString(why.message() + ' ' + why.remedy()));
                                       m_problem->show();
                                   }});
}

void EngineFileDialog::show(const FileList& list)
{
    m_request = -1;
    m_shown = list;
    m_folder = QString::fromStdString(list.folder);
    m_path->setText(m_folder);
    m_up->setEnabled(!list.parent.empty());
    m_problem->setText(list.leftOut > 0 ? tr("%L1 more are not listed: name the file's folder above.").arg(list.leftOut)
                                        : QString());
    m_problem->setVisible(list.leftOut > 0);
    showEntries();
    m_entries->setFocus(Qt::OtherFocusReason);
}

void EngineFileDialog::showEntries()
{
    m_entries->clear();
    const auto patterns = patternsOf(m_filter->currentText());
    const auto isWanted = [&](const QString& name) {
        return !m_wanted.folder && std::any_of(patterns.begin(), patterns.end(), [&](const QString& pattern) {
            return QRegularExpression(QRegularExpression::wildcardToRegularExpression(pattern)).match(name).hasMatch();
        });
    };
    for (const auto& entry : m_shown.entries) {
        const auto name = QString::fromStdString(entry.name);
        if (!entry.isFolder && !isWanted(name))
            continue;
        auto* item = new QTreeWidgetItem(m_entries);
        item->setText(0, name);
        item->setData(0, folderRole, entry.isFolder);
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
        if (entry.isFolder)
            item->setIcon(0, m_theme.icon(u"open"_s));
        else
            item->setText(1, byteText(entry.bytes));
    }
    if (m_entries->topLevelItemCount() > 0)
        m_entries->setCurrentItem(m_entries->topLevelItem(0), 0, QItemSelectionModel::NoUpdate);
    updateButton();
}

QString EngineFileDialog::pathOf(const QTreeWidgetItem& item) const
{
    return (m_folder.endsWith(u'/') ? m_folder : m_folder + u'/') + item.text(0);
}

QStringList EngineFileDialog::selected() const
{
    QStringList paths;
    const auto items = m_entries->selectedItems();
    for (const auto* item : items)
        if (item->data(0, folderRole).toBool() == m_wanted.folder)
            paths += pathOf(*item);
    return paths;
}

void EngineFileDialog::updateButton()
{
    const bool elsewhere = m_path->text().trimmed() != m_folder;
    m_take->setEnabled(elsewhere || (m_wanted.folder ? !m_folder.isEmpty() : !selected().isEmpty()));
}

void EngineFileDialog::activate(const QTreeWidgetItem& item)
{
    if (item.data(0, folderRole).toBool())
        goTo(pathOf(item));
    else
        accept();
}

void EngineFileDialog::accept()
{
    if (!isVisible()) // Enter on a file says it twice
        return;
    if (const auto typed = m_path->text().trimmed(); typed != m_folder)
        return goTo(typed);
    const auto items = m_entries->selectedItems();
    if (m_entries->hasFocus() && items.size() == 1 && items.front()->data(0, folderRole).toBool() && !m_wanted.folder)
        return goTo(pathOf(*items.front()));
    auto paths = selected();
    if (paths.isEmpty() && m_wanted.folder && !m_folder.isEmpty())
        paths = {m_folder};
    if (paths.isEmpty())
        return;
    Q_EMIT chosen(paths);
    QDialog::accept();
}

} // namespace icae
