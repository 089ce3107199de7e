// Prints how long the Chat page takes with 500 chats and 200 memories of 20,000 tokens. Build bench_chat and run it by
// hand, with ICAE_MODEL=… : machines differ, so nothing here passes or fails.
#include "models/sample_texts.h"
#include "pages/all_pages.h"
#include "pages/chat/chat_page.h"
#include "pages/chat/memory_pane.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"
#include "watchdog.h"
#include "window/main_window.h"

#include <QApplication>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QLineEdit>
#include <QListView>
#include <QTemporaryDir>
#include <QTreeView>
#include <QtTest>

#include <cstdio>
#include <unistd.h>

using namespace icae;
using namespace Qt::StringLiterals;

namespace {

constexpr int chats = 500;
constexpr int turns = 8;
constexpr int memories = 200;
constexpr qsizetype characters = 80'000; // some 20,000 tokens
constexpr int patience = 600'000; // milliseconds

void report(const char* what, qint64 milliseconds)
{
    std::printf("%-52s %6lld ms\n", what, static_cast<long long>(milliseconds));
    std::fflush(stdout);
}

void writeChats(const QString& folder)
{
    QDir().mkpath(folder);
    for (int i = 0; i < chats; ++i) {
        auto chat = ChatStore::make();
        for (int turn = 0; turn < turns; ++turn) {
            ChatAnswer answer;
            answer.question =
                chat.ask(chat.last(), "Question " + std::to_string(turn) + " of chat " + std::to_string(i), {});
            answer.text = sampleText(u"news"_s).toStdString();
            answer.ended = ReadEnd::Eos;
            chat.addAnswer(answer);
        }
        QFile file(folder + u'/' + QString::fromStdString(chat.id) + u".json"_s);
        if (file.open(QIODevice::WriteOnly))
            file.write(QByteArray::fromStdString(chat.toJson().dump()));
    }
}

/// One is compressed; the others are names of the same file, which is read as often.
bool makeMemories(EngineClient& client, const QString& data)
{
    QString text;
    while (text.size() < characters)
        text += sampleText(u"ferry"_s) + u"\n\n"_s + sampleText(u"news"_s) + u"\n\n"_s;
    bool done = false;
    LibraryAddParams params;
    params.name = "long";
    params.text = text.left(characters).toStdString();
    client.call(protocol::libraryAdd, params, &client, {.done = [&](const LibraryMemory& memory) {
                    std::printf("%-52s %6lld\n", "tokens of a memory", static_cast<long long>(memory.tokens));
                    done = true;
                }});
    if (!QTest::qWaitFor([&] { return done; }, patience))
        return false;
    QDirIterator files(data, {u"*.memory"_s}, QDir::Files, QDirIterator::Subdirectories);
    const QFileInfo file(files.next());
    for (int i = 1; i < memories; ++i)
        if (::link(file.filePath().toLocal8Bit().constData(),
                   u"%1/copy-%2.memory"_s.arg(file.path()).arg(i).toLocal8Bit().constData())
            != 0)
            return false;
    return true;
}

QLineEdit& searchField(QWidget& page, const QString& name)
{
    for (auto* edit : page.findChildren<QLineEdit*>())
        if (edit->accessibleName() == name)
            return *edit;
    qFatal("no field %s", qPrintable(name));
}

} // namespace

int main(int argc, char** argv)
{
    QApplication application(argc, argv);
    const QTemporaryDir folder;
    qputenv("XDG_DATA_HOME", folder.path().toLocal8Bit());
    qputenv("XDG_CONFIG_HOME", folder.path().toLocal8Bit());
    writeChats(folder.filePath(u"settings-chats"_s));
    Settings settings(folder.filePath(u"settings.ini"_s));
    settings.setPage(u"chat"_s);
    Theme theme;
    theme.apply();
    EngineClient client;
    client.setCommand(u"%1 serve"_s.arg(QStringLiteral(ICAE_PROGRAM)));
    {
        MainWindow window(theme, client, settings, QStringList{qEnvironmentVariable("ICAE_MODEL")}, allPages());
        client.start();
        if (!QTest::qWaitFor([&] { return client.model().has_value(); }, patience)
            || !makeMemories(client, folder.path()))
            return 1;
    }
    QElapsedTimer clock;
    clock.start();
    Watchdog watchdog;
    MainWindow window(theme, client, settings, QStringList{qEnvironmentVariable("ICAE_MODEL")}, allPages());
    window.show();
    if (!QTest::qWaitForWindowExposed(&window))
        return 1;
    report("window on the Chat page", clock.elapsed());
    report("  longest stall: it is made in one piece", watchdog.longestStall());
    watchdog.reset();
    auto& page = *window.findChild<ChatPage*>();
    auto& library = page.memories();
    if (!QTest::qWaitFor([&] { return page.store().isLoaded(); }, patience))
        return 1;
    report("500 chats are there", clock.elapsed());
    if (!QTest::qWaitFor([&] { return library.model().rowCount() == memories; }, patience))
        return 1;
    report("200 memories are there", clock.elapsed());
    report("longest stall meanwhile", watchdog.longestStall());

    watchdog.reset();
    auto& list = *page.findChild<QListView*>(u"chats"_s);
    auto& inChats = searchField(page, u"Search in all chats"_s);
    qint64 slowest = 0;
    for (const auto* words : {"chat 77", "night train", "nothing has this"}) {
        clock.start();
        inChats.setText(QString::fromLatin1(words));
        slowest = std::max(slowest, clock.elapsed());
        QTest::qWait(20);
    }
    inChats.clear();
    report("search in 500 chats", slowest);
    auto& inTexts = searchField(library, u"Search in the memories"_s);
    slowest = 0;
    for (const auto* words : {"clock", "night train"}) { // a text that has them, and answers about which have not
        inTexts.setText(u"nothing has this"_s);
        if (!QTest::qWaitFor([&] { return library.tree().isRowHidden(0, {}); }, patience))
            return 1;
        clock.start();
        inTexts.setText(QString::fromLatin1(words));
        if (!QTest::qWaitFor([&] { return !library.tree().isRowHidden(0, {}); }, patience))
            return 1;
        slowest = std::max(slowest, clock.elapsed());
    }
    report("search in 200 memories of 20,000 tokens", slowest);
    report("longest stall while searching", watchdog.longestStall());

    watchdog.reset();
    for (int i = 0; i < 20; ++i) {
        list.setCurrentIndex(list.model()->index(i * 7, 0));
        library.tree().setCurrentIndex(library.model().index(i, 0));
        QTest::qWait(30);
    }
    report("longest stall while going through both", watchdog.longestStall());
    return 0;
}
