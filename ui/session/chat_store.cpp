#include "session/chat_store.h"

#include "protocol/json_text.h"
#include "tensor/atomic_file.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QUuid>
#include <QtConcurrent>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 largestChat = qint64{64} << 20;

Conversation readChat(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(ErrorKind::Io, "The chat " + path.toStdString() + " could not be read.",
                    "Check that you may read it.", file.errorString().toStdString());
    const auto bytes = file.read(largestChat + 1);
    if (bytes.size() > largestChat)
        throw Error(ErrorKind::InvalidInput, path.toStdString() + " is larger than 64 MB.", "Move it elsewhere.");
    return Conversation::fromJson(JsonReader::parse(bytes.toStdString(), path.toStdString()));
}

std::optional<Error> writeChat(const QString& path, const Conversation& chat, bool removed)
{
    const QFileInfo file(path);
    const auto folder = removed ? file.path() + u"/trash"_s : file.path();
    const auto target = folder + u'/' + file.fileName();
    try {
        QDir().mkpath(folder);
        writeFile(target.toStdString(), jsonText(chat.toJson()) + "\n");
        QFile::setPermissions(target, QFile::ReadOwner | QFile::WriteOwner);
        if (removed)
            QFile::remove(path);
    } catch (const Error& error) {
        return error;
    }
    return std::nullopt;
}

} // namespace

ChatStore::ChatStore(QString folder, QObject* parent)
    : QObject(parent)
    , m_folder(std::move(folder))
{
    connect(&m_reading, &QFutureWatcherBase::finished, this, [this] {
        auto [chats, faults] = m_reading.result();
        // What was asked while they were read stands before them.
        for (const auto& early : m_list.all()) {
            std::erase_if(chats, [&](const ListedChat& one) { return one.chat->id == early->id; });
            chats.insert(chats.begin(), {early, early->searchText()});
        }
        m_list.setChats(std::move(chats));
        m_loaded = true;
        Q_EMIT loaded();
        for (const auto& fault : faults)
            Q_EMIT failed(fault);
    });
    connect(&m_writing, &QFutureWatcherBase::finished, this, [this] {
        if (const auto fault = m_writing.result())
            Q_EMIT failed(*fault);
        writeNext();
    });
}

ChatStore::~ChatStore()
{
    m_reading.waitForFinished();
    m_writing.waitForFinished();
    for (const auto& [id, change] : m_unwritten)
        writeChat(fileOf(id), *change.chat, change.removed);
}

QString ChatStore::fileOf(const std::string& id) const
{
    return m_folder + u'/' + QString::fromStdString(id) + u".json"_s;
}

Conversation ChatStore::make()
{
    Conversation chat;
    chat.id = QUuid::createUuid().toString(QUuid::WithoutBraces).toStdString();
    chat.changed = QDateTime::currentSecsSinceEpoch();
    return chat;
}

ChatStore::Loaded ChatStore::read(const QString& folder)
{
    Loaded result;
    const auto files = QDir(folder).entryInfoList({u"*.json"_s}, QDir::Files);
    for (const auto& file : files) {
        try {
            auto chat = readChat(file.filePath());
            chat.id = file.completeBaseName().toStdString(); // a copy is a chat of its own
            const auto words = chat.searchText();
            result.chats.push_back({std::make_shared<const Conversation>(std::move(chat)), words});
        } catch (const Error& error) {
            result.faults.push_back(error);
        }
    }
    std::stable_sort(result.chats.begin(), result.chats.end(),
                     [](const ListedChat& a, const ListedChat& b) { return a.chat->changed > b.chat->changed; });
    return result;
}

void ChatStore::load()
{
    if (!m_loaded && !m_reading.isRunning())
        m_reading.setFuture(QtConcurrent::run(&ChatStore::read, m_folder));
}

void ChatStore::put(const Conversation& chat)
{
    const auto kept = std::make_shared<const Conversation>(chat);
    m_list.put({kept, kept->searchText()});
    m_unwritten[chat.id] = {kept, false};
    writeNext();
}

/// One at a time and in order; what changes meanwhile is written once.
void ChatStore::writeNext()
{
    if (m_writing.isRunning() || m_unwritten.empty())
        return;
    const auto next = m_unwritten.extract(m_unwritten.begin());
    m_writing.setFuture(QtConcurrent::run(
        [path = fileOf(next.key()), change = next.mapped()] { return writeChat(path, *change.chat, change.removed); }));
}

void ChatStore::remove(const std::string& id)
{
    const auto chat = m_list.take(id);
    if (!chat)
        return;
    m_removed.push_back(chat);
    m_unwritten[id] = {chat, true};
    writeNext();
}

std::string ChatStore::undo()
{
    if (m_removed.empty())
        return {};
    const auto chat = m_removed.back();
    m_removed.pop_back();
    put(*chat);
    return chat->id;
}

std::string ChatStore::import(const QString& file)
{
    auto chat = readChat(file);
    chat.id = make().id;
    put(chat);
    return chat.id;
}

} // namespace icae
