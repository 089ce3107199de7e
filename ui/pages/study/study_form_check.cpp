// What a new study's form asks the engine: whether it is right, what it comes to; and the files that are added to it.
#include "models/run_list_model.h"
#include "pages/file_dialog.h"
#include "pages/study/study_form.h"
#include "protocol/fields.h"
#include "protocol/study_fields.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// The field of the form that a problem belongs to: "models[1].adapter" is one of "models".
std::string formField(const std::string& field)
{
    return field.substr(0, field.find_first_of(".["));
}

} // namespace

void StudyForm::check()
{
    StudySpec read;
    bool readable = true;
    for (const auto& row : m_rows) {
        const bool wrong = row.line != nullptr && !row.line->isHidden() && !row.text->take(read, row.line->text());
        showProblem(row.field, wrong ? specFieldText(row.text->hint) : QString());
        readable = readable && !wrong;
    }
    m_whole->hide();
    if (!readable)
        return;
    if (m_checkRequest >= 0)
        m_client.cancel(m_checkRequest);
    m_checkRequest = m_client.call(protocol::studyCheck, {nlohmann::json(spec()).dump()}, this,
                                   {.done = [this](const StudyCheck& found) { takeCheck(found); },
                                    .failed =
                                        [this](const Error& why) {
                                            if (why.kind() == ErrorKind::Cancelled)
                                                return;
                                            m_whole->setText(QString::fromStdString(why.message()));
                                            m_whole->show();
                                        }});
}

void StudyForm::takeCheck(const StudyCheck& found)
{
    m_checkRequest = -1;
    if (m_checkTimer.isActive()) // what was checked is no more
        return;
    QStringList whole;
    for (const auto& problem : found.problems) {
        const auto text = QString::fromStdString(problem.problem + " " + problem.remedy);
        const auto field = formField(problem.field);
        const auto row = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& one) { return one.field == field; });
        if (row == m_rows.end())
            whole += text;
        else
            showProblem(field, text);
    }
    m_whole->setText(whole.join(u'\n'));
    m_whole->setVisible(!whole.isEmpty());
    m_ready = found.problems.empty();
    m_start->setEnabled(m_ready);
    m_estimate->setEnabled(m_ready);
    if (m_ready)
        m_comesTo->setText(tr("%L1 cells, %L2 samples").arg(found.cells).arg(found.samples));
    if (found.spec && m_ready)
        for (auto& row : m_rows)
            if (row.line != nullptr)
                row.line->setPlaceholderText(row.text->text(*found.spec));
}

void StudyForm::showProblem(const std::string& field, const QString& text)
{
    for (auto& row : m_rows)
        if (row.field == field) {
            row.problem->setText(text);
            row.problem->setVisible(!text.isEmpty() && !row.editor->isHidden());
            row.editor->setAccessibleDescription(text);
        }
}

void StudyForm::estimate()
{
    m_estimate->setEnabled(false);
    m_estimateRequest = m_client.call(
        protocol::studyEstimate, {nlohmann::json(spec()).dump()}, this,
        {.done =
             [this](const StudyEstimate& found) {
                 m_estimate->setEnabled(m_ready);
                 m_comesTo->setText(tr("%L1 samples in about %2 on %3; every cell has its first after %4")
                                        .arg(found.samples)
                                        .arg(durationText(found.seconds), QString::fromStdString(found.device),
                                             durationText(found.firstSeconds)));
             },
         .failed =
             [this](const Error& why) {
                 m_estimate->setEnabled(m_ready);
                 if (why.kind() == ErrorKind::Cancelled)
                     return;
                 m_whole->setText(QString::fromStdString(why.message() + " " + why.remedy()));
                 m_whole->show();
             }});
}

void StudyForm::addFiles(const QStringList& files)
{
    for (auto& row : m_rows) {
        if (!row.takesFiles() || row.line->isHidden())
            continue;
        const auto before = row.line->text().trimmed();
        const bool replaces = row.field == "questions" || before.isEmpty() || before == u"samples"_s;
        row.line->setText(replaces ? files.join(u"; "_s) : before + u"; "_s + files.join(u"; "_s));
    }
}

void StudyForm::chooseFiles()
{
    auto* dialog = openDialog(this, m_settings, tr("Add texts to the study"),
                              tr("Texts (*.txt *.md *.jsonl *.json);;All files (*)"));
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &StudyForm::addFiles);
    dialog->open();
}

void StudyForm::dragEnterEvent(QDragEnterEvent* event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void StudyForm::dropEvent(QDropEvent* event)
{
    QStringList files;
    for (const auto& url : event->mimeData()->urls())
        if (url.isLocalFile())
            files += url.toLocalFile();
    addFiles(files);
    event->acceptProposedAction();
}

} // namespace icae
