#include "pages/train/run_dialogs.h"

#include "pages/engine_files.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QCheckBox* queueBox()
{
    auto* box = new QCheckBox(QObject::tr("Wait for the device"));
    box->setToolTip(QObject::tr("Goes on when the jobs before it have left the device"));
    return box;
}

/// Text above, buttons below.
QVBoxLayout* columnOf(QDialog* dialog, const QString& text)
{
    auto* column = new QVBoxLayout(dialog);
    column->setSpacing(Theme::grid());
    auto* label = new QLabel(text);
    label->setWordWrap(true);
    label->setMinimumWidth(Theme::grid(52));
    column->addWidget(label);
    return column;
}

void addButtons(QDialog* dialog, QVBoxLayout& column, const QString& ok)
{
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Ok)->setText(ok);
    buttons->button(QDialogButtonBox::Ok)->setProperty("primary", true);
    QObject::connect(buttons, &QDialogButtonBox::accepted, dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, dialog, &QDialog::reject);
    column.addWidget(buttons);
}

} // namespace

ResumeDialog::ResumeDialog(const PageContext& context, const QString& run, QWidget* parent)
    : QDialog(parent)
    , m_run(run.toStdString())
    , m_data(new QLineEdit)
    , m_changes(new QCheckBox(tr("Go on with a job or data that have changed")))
    , m_queue(queueBox())
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Resume %1").arg(run.section(u'/', -1)));
    auto* column = columnOf(this, tr("A run remembers what it began with, and goes on from its last checkpoint."));
    m_data->setPlaceholderText(tr("Where they were"));
    m_data->setAccessibleName(tr("Folder of the data files"));
    m_changes->setToolTip(tr("Else the run is refused and says what has changed; the run notes that it went on"));
    auto* browse = new QPushButton(tr("Browse…"));
    browse->setAutoDefault(false);
    auto* label = new QLabel(tr("&Data files in"));
    label->setBuddy(m_data);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::grid());
    row->addWidget(label);
    row->addWidget(m_data, 1);
    row->addWidget(browse);
    column->addLayout(row);
    column->addWidget(m_changes);
    column->addWidget(m_queue);
    addButtons(this, *column, tr("Resume"));
    connect(browse, &QPushButton::clicked, this, [this, context] {
        chooseEngineFiles(this, context.theme, context.client, context.settings,
                          {tr("Folder of the data files"), {}, true, m_data->text()},
                          [this](const QStringList& folders) { m_data->setText(folders.front()); });
    });
}

ResumeRunParams ResumeDialog::params() const
{
    return {m_run, m_data->text().trimmed().toStdString(), m_changes->isChecked(), m_queue->isChecked()};
}

ExtendDialog::ExtendDialog(const RunInfo& run, QWidget* parent)
    : QDialog(parent)
    , m_run(run.run)
    , m_queue(queueBox())
{
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Extend %1").arg(QString::fromStdString(run.name)));
    auto* column = columnOf(this, tr("The schedule of the learning rate is stretched to the new end."));
    auto* form = new QFormLayout;
    if (run.status.steps > 0) {
        m_steps = new QSpinBox;
        m_steps->setRange(1, 1'000'000'000);
        m_steps->setGroupSeparatorShown(true);
        m_steps->setValue(static_cast<int>(std::clamp<std::int64_t>(run.status.steps / 2, 1, 1'000'000)));
        form->addRow(tr("&Steps to add"), m_steps);
    } else {
        m_minutes = new QDoubleSpinBox;
        m_minutes->setRange(0.1, 100'000);
        m_minutes->setDecimals(1);
        m_minutes->setValue(10);
        form->addRow(tr("&Minutes to add"), m_minutes);
    }
    column->addLayout(form);
    column->addWidget(m_queue);
    addButtons(this, *column, tr("Extend"));
}

ExtendRunParams ExtendDialog::params() const
{
    ExtendRunParams params;
    params.run = m_run;
    params.queue = m_queue->isChecked();
    if (m_steps != nullptr)
        params.steps = m_steps->value();
    else
        params.minutes = m_minutes->value();
    return params;
}

} // namespace icae
