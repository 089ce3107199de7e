#include "pages/chat/suggestion_box.h"

#include "protocol/json_text.h"
#include "session/theme.h"

#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostSuggestions = 4;
constexpr qint64 largestSuggestions = 1 << 16;

/// What a model's folder suggests to ask of it, and what it says of itself.
struct Suggestions {
    QString note;
    QStringList questions;
};

Suggestions suggestionsOf(const LoadedModel& model)
{
    for (const auto& folder : {model.adapter, model.base}) {
        QFile file(QString::fromStdString(folder) + u"/suggestions.json"_s);
        if (folder.empty() || !file.open(QIODevice::ReadOnly))
            continue;
        try {
            const auto json = JsonReader::parse(file.read(largestSuggestions).toStdString(), "suggestions.json");
            Suggestions found;
            found.note = QString::fromStdString(json.text("note", {}));
            for (const auto& question : json.texts("questions"))
                found.questions += QString::fromStdString(question);
            return found;
        } catch (const Error&) {
            continue;
        }
    }
    return {};
}

} // namespace

SuggestionBox::SuggestionBox(EngineClient& client, QWidget* parent)
    : QWidget(parent)
    , m_client(client)
{
    refresh();
    connect(&m_client, &EngineClient::modelChanged, this, &SuggestionBox::refresh);
}

void SuggestionBox::refresh()
{
    delete layout();
    qDeleteAll(findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    const auto found = m_client.model() ? suggestionsOf(*m_client.model()) : Suggestions();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::grid(2), 0, Theme::grid(2), Theme::grid(4));
    if (!found.note.isEmpty()) {
        auto* note = new QLabel(found.note);
        note->setProperty("secondary", true);
        note->setWordWrap(true);
        note->setAlignment(Qt::AlignHCenter);
        column->addWidget(note);
    }
    for (const auto& question : found.questions.mid(0, mostSuggestions)) {
        auto* button = new QPushButton(question);
        button->setProperty("small", true);
        connect(button, &QPushButton::clicked, this, [this, question] { Q_EMIT chosen(question); });
        column->addWidget(button, 0, Qt::AlignHCenter);
    }
    setVisible(!found.note.isEmpty() || !found.questions.isEmpty());
}

} // namespace icae
