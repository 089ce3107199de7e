// Answers of a questions study as a chat, to step through and vote on.
#include "models/question_chat.h"
#include "pages/chat/chat_list_pane.h"
#include "pages/chat/chat_page.h"

#include <QInputDialog>
#include <QRandomGenerator>

#include <memory>

namespace icae {

namespace {

constexpr std::size_t mostSamples = 6000; ///< of one study: some thousand questions

/// A study as it is read, part by part.
struct StudyReading {
    ReadRunParams params;
    StudyConfig study;
    std::vector<StudySample> samples;
};

} // namespace

void ChatPage::chooseQuestionStudy()
{
    m_client.call(protocol::runsList, {}, this, {.done = [this](const RunList& list) {
                      QStringList names;
                      std::vector<std::string> runs;
                      for (const auto& run : list.runs)
                          if (run.status.kind == RunKind::Study && run.status.stage == nameOf(StudyKind::Questions)
                              && run.status.step > 0) {
                              names += tr("%1 (%2 answers)").arg(QString::fromStdString(run.name)).arg(run.status.step);
                              runs.push_back(run.run);
                          }
                      if (runs.empty())
                          return showError(Error(ErrorKind::NotFound,
                                                 tr("No question set has been run yet.").toStdString(),
                                                 tr("Run one first (Ctrl+Shift+Q).").toStdString()));
                      auto* dialog = new QInputDialog(this);
                      dialog->setAttribute(Qt::WA_DeleteOnClose);
                      dialog->setWindowTitle(tr("Step through answers"));
                      dialog->setLabelText(tr("Study of questions"));
                      dialog->setComboBoxItems(names);
                      dialog->setOkButtonText(tr("Open"));
                      connect(dialog, &QInputDialog::textValueSelected, this, [this, names, runs](const QString& name) {
                          if (const auto at = names.indexOf(name); at >= 0)
                              stepThrough(runs[static_cast<std::size_t>(at)]);
                      });
                      dialog->open();
                  }});
}

void ChatPage::stepThrough(const std::string& run)
{
    const auto reading = std::make_shared<StudyReading>();
    reading->params.run = run;
    reading->params.texts = true;
    readStudy(reading->params, [this, reading](const RunContent& content) {
        if (content.study)
            reading->study = *content.study;
        for (const auto& sample : content.cells.samples)
            if (reading->samples.size() < mostSamples)
                reading->samples.push_back(sample);
        reading->params.since = content.position;
        if (content.more && reading->samples.size() < mostSamples)
            return std::optional(reading->params);
        if (reading->samples.empty()) {
            showError(Error(ErrorKind::NotFound, tr("This study has no answers yet.").toStdString(),
                            tr("Wait until it has measured some.").toStdString()));
            return std::optional<ReadRunParams>();
        }
        auto chat = chatOfQuestions(ChatStore::make().id, reading->study, reading->samples,
                                    static_cast<std::int64_t>(QRandomGenerator::global()->generate()));
        chat.changed = ChatStore::make().changed;
        m_store.put(chat);
        m_chats->select(chat.id);
        return std::optional<ReadRunParams>();
    });
}

/// @param take what came; answers with what is to be read next, or nothing
void ChatPage::readStudy(const ReadRunParams& params,
                         const std::function<std::optional<ReadRunParams>(const RunContent&)>& take)
{
    m_client.call(protocol::runsRead, params, this, {.done = [this, take](const RunContent& content) {
                      if (const auto next = take(content))
                          readStudy(*next, take);
                  }});
}

} // namespace icae
