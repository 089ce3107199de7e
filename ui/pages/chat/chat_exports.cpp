#include "pages/chat/chat_exports.h"

#include "pages/file_dialog.h"
#include "protocol/json_text.h"
#include "tensor/atomic_file.h"

#include <QFileDialog>
#include <QWidget>

#include <memory>
#include <set>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

Conversation withoutTexts(Conversation chat)
{
    chat.texts.clear();
    return chat;
}

} // namespace

ChatExports::ChatExports(EngineClient& client, Settings& settings, ChatStore& store, QWidget* page)
    : QObject(page)
    , m_client(client)
    , m_settings(settings)
    , m_store(store)
    , m_page(page)
{
}

void ChatExports::exportAs(Export what, const Conversation& chat)
{
    const bool markdown = what == Export::Markdown;
    auto name = QString::fromStdString(chat.title()).replace(u'/', u'-');
    auto* dialog = saveDialog(m_page, m_settings, tr("Export the chat"), name + (markdown ? u".md"_s : u".json"_s));
    connect(dialog, &QFileDialog::fileSelected, this, [this, what, chat](const QString& file) {
        if (what == Export::Markdown)
            return save(file, chat.toMarkdown());
        if (what == Export::Json)
            return save(file, jsonText(withoutTexts(chat).toJson(), 1) + "\n");
        exportWithTexts(chat, file);
    });
    dialog->open();
}

void ChatExports::save(const QString& file, const std::string& content)
{
    try {
        writeFile(file.toStdString(), content);
        Q_EMIT reported(tr("Saved %1").arg(file));
    } catch (const Error& error) {
        Q_EMIT failed(error);
    }
}

/// With the texts by the ids that questions name memories by; written once all have come. What is missing is left out.
void ChatExports::exportWithTexts(const Conversation& chat, const QString& file)
{
    struct Gathered {
        nlohmann::json json;
        std::set<std::string> awaited;
    };
    const auto gathered = std::make_shared<Gathered>(Gathered{chat.toJson(), {}});
    gathered->json["texts"] = chat.texts;
    for (const auto& question : chat.questions())
        for (const auto& memory : question.memories)
            gathered->awaited.insert(memory.id);
    const auto came = [this, gathered, file](const std::string& id) {
        gathered->awaited.erase(id);
        if (gathered->awaited.empty())
            save(file, jsonText(gathered->json, 1) + "\n");
    };
    if (gathered->awaited.empty())
        return came({});
    for (const auto& id : std::set(gathered->awaited))
        m_client.call(protocol::libraryText, {id}, this,
                      {.done =
                           [gathered, came, id](const LibraryText& text) {
                               gathered->json["texts"][id] = text.text;
                               came(id);
                           },
                       .failed = [came, id](const Error& /*missing*/) { came(id); }});
}

void ChatExports::importChat()
{
    auto* dialog = openDialog(m_page, m_settings, tr("Import a chat"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        try {
            Q_EMIT imported(m_store.import(file));
        } catch (const Error& error) {
            Q_EMIT failed(error);
        }
    });
    dialog->open();
}

} // namespace icae
