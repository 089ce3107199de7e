// What a new study's form asks the engine: whether it is right, what it comes to; and the files that are added to it.
#include "models/run_list_model.h"
#include "pages/study/study_form.h"
#include "protocol/fields.h"
#include "protocol/study_fields.h"

#include <QLineEdit>

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
    showWhole({});
    if (readable)
        askWhether(protocol::studyCheck, {nlohmann::json(spec()).dump()},
                   [this](const StudyCheck& found) { takeCheck(found); });
}

void StudyForm::takeCheck(const StudyCheck& found)
{
    QStringList whole;
    for (const auto& problem : found.problems) {
        const auto text = QString::fromStdString(problem.problem + " " + problem.remedy);
        const auto field = formField(problem.field);
        const auto row =
            std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& one) { return one.field.name == field; });
        if (row == m_rows.end())
            whole += text;
        else
            showProblem(row->field, text);
    }
    setChecked(whole, found.problems.empty());
    if (isReady() && !isEstimating())
        setComesTo(tr("%L1 cells, %L2 samples").arg(found.cells).arg(found.samples));
    if (found.spec && isReady())
        for (auto& row : m_rows)
            if (row.line != nullptr)
                row.line->setPlaceholderText(row.text->text(*found.spec));
}

void StudyForm::estimate()
{
    askFor(protocol::studyEstimate, {nlohmann::json(spec()).dump()}, [](const StudyEstimate& found) {
        auto text = tr("%L1 samples in about %2 on %3; every cell has its first after %4")
                        .arg(found.samples)
                        .arg(durationText(found.seconds), QString::fromStdString(found.device),
                             durationText(found.firstSeconds));
        if (!found.from.empty())
            text += tr(". By the rate of %1").arg(QString::fromStdString(found.from));
        return text;
    });
}

void StudyForm::takeFiles(const QStringList& files, const QPoint& /*at*/)
{
    addFiles(files);
}

void StudyForm::addFiles(const QStringList& files)
{
    for (auto& row : m_rows) {
        if (!row.takesFiles() || row.line->isHidden())
            continue;
        const auto before = row.line->text().trimmed();
        const bool replaces = row.field.name == "questions" || before.isEmpty() || before == u"samples"_s;
        row.line->setText(replaces ? files.join(u"; "_s) : before + u"; "_s + files.join(u"; "_s));
    }
}

} // namespace icae
