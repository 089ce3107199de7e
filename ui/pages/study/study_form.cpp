#include "pages/study/study_form.h"

#include "models/study_document.h"
#include "protocol/fields.h"
#include "protocol/study_fields.h"
#include "widgets/common/check_menu.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <chrono>

namespace icae {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

StudyForm::StudyForm(const PageContext& context, QWidget* parent)
    : RunForm(context,
              {tr("Start the study"), tr("Estimate the time"), tr("Measures and times the first samples"), 150ms},
              parent)
    , m_kind(new QComboBox)
    , m_title(new QLineEdit)
    , m_models(new QPushButton)
    , m_modelMenu(new CheckMenu(this))
    , m_contents(new QPushButton)
    , m_contentMenu(new CheckMenu(this))
{
    for (int i = 0; i < static_cast<int>(namesOf(StudyKind()).size()); ++i)
        m_kind->addItem(studyKindTitle(static_cast<StudyKind>(i)));
    m_title->setPlaceholderText(tr("Made from kind and models"));
    for (auto* button : {m_models, m_contents})
        button->setStyleSheet(u"text-align: left"_s); // beside fields that are filled in from the left
    m_models->setMenu(m_modelMenu);
    m_contents->setMenu(m_contentMenu);
    for (int i = 0; i < static_cast<int>(namesOf(StudyContent()).size()); ++i) {
        auto* action = m_contentMenu->addAction(studyContentTitle(static_cast<StudyContent>(i)));
        action->setCheckable(true);
        connect(action, &QAction::toggled, this, &StudyForm::showChange);
    }

    auto* rows = new QWidget;
    auto* grid = makeGrid(rows);
    grid->setColumnMinimumWidth(0, Theme::grid(12));
    grid->setColumnStretch(1, 3);
    grid->setColumnStretch(2, 1);
    addRow(*grid, "kind", tr("Kind"), m_kind);
    addRow(*grid, "title", tr("Title"), m_title);
    addRow(*grid, "models", tr("Models"), m_models);
    addRow(*grid, "contents", tr("Contents"), m_contents);
    for (const auto& field : specFields()) {
        auto* line = new QLineEdit;
        line->setToolTip(specFieldText(field.hint));
        auto& row = addRow(*grid, field.name, specFieldText(field.title), line);
        row.line = line;
        row.text = &field;
        connect(line, &QLineEdit::textChanged, this, &StudyForm::showChange);
    }
    grid->setRowStretch(grid->rowCount(), 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(makeScroll(rows), 1);
    auto* copy = new QPushButton(tr("Copy the spec"));
    copy->setToolTip(tr("The study as JSON: the spec.json of this command"));
    connect(copy, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(
            QString::fromStdString(nlohmann::json(withoutUnused(spec())).dump(2) + "\n"));
    });
    layout->addWidget(makeFoot(nullptr, copy));
    connect(m_kind, &QComboBox::currentIndexChanged, this, [this] {
        showKind();
        showChange();
    });
    connect(m_title, &QLineEdit::textChanged, this, &StudyForm::showChange);
    connect(&m_catalog, &ModelCatalog::listed, this, &StudyForm::showModels);
    setFocusProxy(m_kind);
    begin({});
}

StudyForm::Row& StudyForm::addRow(QGridLayout& grid, const char* field, const QString& title, QWidget* editor)
{
    const auto place = grid.rowCount();
    m_rows.push_back({addField(grid, field, title, editor)});
    auto& row = m_rows.back();
    if (row.takesFiles()) {
        auto* add = new QPushButton(tr("Add files…"));
        add->setAccessibleName(tr("Add files to: %1").arg(title));
        connect(add, &QPushButton::clicked, this, [this] {
            chooseFiles(tr("Add texts to the study"), {tr("Texts (*.txt *.md *.jsonl *.json)"), tr("All files (*)")},
                        [this](const QStringList& files) { addFiles(files); });
        });
        grid.addWidget(add, place, 2, Qt::AlignLeft);
        row.button = add;
    }
    return row;
}

void StudyForm::start()
{
    Q_EMIT startRequested(spec(), name());
}

void StudyForm::begin(const StudySpec& spec)
{
    m_filling = true;
    m_spec = spec;
    if (m_spec.texts.empty())
        m_spec.texts = {"samples"};
    m_kind->setCurrentIndex(static_cast<int>(m_spec.kind));
    m_title->setText(QString::fromStdString(m_spec.title));
    const auto contents = m_contentMenu->actions();
    for (int i = 0; i < contents.size(); ++i)
        contents[i]->setChecked(std::find(m_spec.contents.begin(), m_spec.contents.end(), static_cast<StudyContent>(i))
                                != m_spec.contents.end());
    for (auto& row : m_rows)
        if (row.line != nullptr)
            row.line->setText(row.text->text(m_spec));
    showModels();
    showKind();
    m_filling = false;
    showChange();
}

/// Every model that the catalogue has, and those of the spec that it has not.
void StudyForm::showModels()
{
    const auto same = [](const StudyModel& a, const StudyModel& b) {
        return a.base == b.base && a.adapter == b.adapter && a.run == b.run;
    };
    std::vector<StudyModel> models;
    for (const auto& adapter : m_catalog.tree().models().adapters)
        for (const auto& fit : adapter.fits)
            if (adapter.problem.empty() && fit.doesNotFit.empty())
                models.push_back({{}, fit.base, adapter.path, {}});
    const auto& loaded = m_client.model();
    if (m_spec.models.empty() && loaded && !loaded->adapter.empty())
        m_spec.models = {{{}, loaded->base, loaded->adapter, {}}};
    for (const auto& model : m_spec.models)
        if (std::none_of(models.begin(), models.end(), [&](const auto& one) { return same(one, model); }))
            models.push_back(model);
    m_modelMenu->clear();
    for (const auto& model : models) {
        const auto base = folderName(model.run.empty() ? model.base : model.run);
        auto* action =
            m_modelMenu->addAction(model.adapter.empty() ? base : tr("%1 · %2").arg(base, folderName(model.adapter)));
        action->setToolTip(QString::fromStdString(model.adapter));
        action->setCheckable(true);
        action->setChecked(
            std::any_of(m_spec.models.begin(), m_spec.models.end(), [&](const auto& one) { return same(one, model); }));
        connect(action, &QAction::toggled, this, [this, model, same](bool on) {
            std::erase_if(m_spec.models, [&](const auto& one) { return same(one, model); });
            if (on)
                m_spec.models.push_back(model);
            showChange();
        });
    }
    showChange();
}

void StudyForm::showKind()
{
    const auto kind = static_cast<StudyKind>(m_kind->currentIndex());
    for (auto& row : m_rows) {
        const bool used =
            row.text != nullptr ? row.text->isUsed(kind) : row.field.name != "contents" || fieldsOf(kind).contents;
        showField(row.field, used);
        if (row.button != nullptr)
            row.button->setVisible(used);
    }
}

StudySpec StudyForm::spec() const
{
    auto spec = m_spec;
    spec.kind = static_cast<StudyKind>(m_kind->currentIndex());
    spec.title = m_title->text().trimmed().toStdString();
    spec.contents.clear();
    const auto contents = m_contentMenu->actions();
    for (int i = 0; i < contents.size(); ++i)
        if (contents[i]->isChecked())
            spec.contents.push_back(static_cast<StudyContent>(i));
    for (const auto& row : m_rows)
        if (row.line != nullptr)
            row.text->take(spec, row.line->text());
    return withoutUnused(std::move(spec));
}

QString StudyForm::name() const
{
    return runNameFor(spec());
}

void StudyForm::showChange()
{
    if (m_filling)
        return;
    setComesTo({});
    QStringList models;
    QStringList contents;
    const auto modelActions = m_modelMenu->actions();
    for (const auto* action : modelActions)
        if (action->isChecked())
            models += action->text();
    const auto contentActions = m_contentMenu->actions();
    for (const auto* action : contentActions)
        if (action->isChecked())
            contents += action->text();
    const auto asMenu = [](const QString& text) { return u"  %1 ▾"_s.arg(text); }; // Qt pads no text at the left
    m_models->setText(asMenu(models.isEmpty() ? tr("Choose models") : models.join(u", "_s)));
    m_contents->setText(asMenu(contents.isEmpty() ? tr("The kind's own") : contents.join(u", "_s)));
    setCommand(studyCommand(name()));
    changed();
}

} // namespace icae
