#include "pages/chat/memory_dialogs.h"

#include "session/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int longestSpan = 1 << 16; // tokens

/// The buttons below a form; accepting says what happens.
void addButtons(QDialog& dialog, QFormLayout& form, const QString& accept)
{
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Ok)->setText(accept);
    buttons->button(QDialogButtonBox::Ok)->setProperty("primary", true);
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    form.addRow(buttons);
}

} // namespace

MemoryLabelDialog::MemoryLabelDialog(const LibraryMemory& memory, QWidget* parent)
    : QDialog(parent)
    , m_id(memory.id)
    , m_name(new QLineEdit(QString::fromStdString(memory.name)))
    , m_tags(new QLineEdit)
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Name and tags"));
    QStringList tags;
    for (const auto& tag : memory.tags)
        tags += QString::fromStdString(tag);
    m_tags->setText(tags.join(u", "_s));
    m_tags->setPlaceholderText(tr("separated by commas"));
    m_name->setAccessibleName(tr("Name"));
    m_tags->setAccessibleName(tr("Tags"));
    m_name->setMinimumWidth(Theme::grid(40));
    auto* form = new QFormLayout(this);
    form->addRow(tr("Name"), m_name);
    form->addRow(tr("Tags"), m_tags);
    addButtons(*this, *form, tr("Save"));
}

LibraryRenameParams MemoryLabelDialog::label() const
{
    LibraryRenameParams label;
    label.id = m_id;
    label.name = m_name->text().trimmed().toStdString();
    for (const auto& part : m_tags->text().split(u',', Qt::SkipEmptyParts)) {
        const auto tag = part.simplified().toStdString();
        if (!tag.empty() && std::find(label.tags.begin(), label.tags.end(), tag) == label.tags.end())
            label.tags.push_back(tag);
    }
    return label;
}

std::vector<AdapterInfo> otherAdapters(const LoadedModel& model, const ModelCatalog& catalog)
{
    std::vector<AdapterInfo> others;
    for (const auto& one : catalog.models().adapters)
        if (one.path != model.adapter && one.problem.empty()
            && std::any_of(one.fits.begin(), one.fits.end(),
                           [&](const AdapterFit& fit) { return fit.base == model.base && fit.doesNotFit.empty(); }))
            others.push_back(one);
    return others;
}

RecompressDialog::RecompressDialog(const LibraryMemory& memory, const LoadedModel& model, const ModelCatalog& catalog,
                                   QWidget* parent)
    : QDialog(parent)
    , m_id(memory.id)
    , m_model(model)
    , m_others(otherAdapters(model, catalog))
    , m_adapter(new QComboBox)
    , m_slots(new QComboBox)
    , m_spanTokens(new QSpinBox)
    , m_replace(new QCheckBox(tr("Replace the present one (it goes to the trash)")))
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Compress %1 again").arg(QString::fromStdString(memory.name)));
    m_adapter->addItem(tr("%1 (in use)").arg(folderName(model.adapter)));
    for (const auto& other : m_others)
        m_adapter->addItem(folderName(other.path));
    m_spanTokens->setRange(0, longestSpan);
    m_spanTokens->setSpecialValueText(tr("as the adapter was trained"));
    m_adapter->setAccessibleName(tr("Adapter"));
    m_slots->setAccessibleName(tr("Slots a span"));
    m_spanTokens->setAccessibleName(tr("Tokens a span at most"));
    connect(m_adapter, &QComboBox::currentIndexChanged, this, &RecompressDialog::showSlots);
    showSlots();
    auto* form = new QFormLayout(this);
    form->addRow(tr("Adapter"), m_adapter);
    form->addRow(tr("Slots a span"), m_slots);
    form->addRow(tr("Tokens a span at most"), m_spanTokens);
    form->addRow(m_replace);
    addButtons(*this, *form, tr("Compress again"));
}

void RecompressDialog::showSlots()
{
    const auto at = m_adapter->currentIndex();
    auto choices = m_model.slotChoices;
    auto most = m_model.slots;
    if (at > 0) {
        choices = m_others[static_cast<std::size_t>(at - 1)].elasticSlots;
        most = m_others[static_cast<std::size_t>(at - 1)].slots;
    }
    if (choices.empty())
        choices = {most};
    m_slots->clear();
    for (const auto choice : choices)
        m_slots->addItem(QString::number(choice), QVariant::fromValue(qint64(choice)));
    m_slots->setCurrentIndex(m_slots->count() - 1);
}

LibraryRecompressParams RecompressDialog::params() const
{
    LibraryRecompressParams params;
    params.id = m_id;
    params.slots = m_slots->currentData().toLongLong();
    if (m_spanTokens->value() > 0)
        params.spanTokens = m_spanTokens->value();
    params.replace = m_replace->isChecked();
    return params;
}

std::optional<std::string> RecompressDialog::otherAdapter() const
{
    const auto at = m_adapter->currentIndex();
    return at <= 0 ? std::nullopt : std::optional(m_others[static_cast<std::size_t>(at - 1)].path);
}

} // namespace icae
