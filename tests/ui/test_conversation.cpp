#include "models/conversation_model.h"
#include "models/question_chat.h"
#include "protocol/error.h"
#include "session/chat_store.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <QtTest>

#include <set>

using namespace icae;
using namespace Qt::StringLiterals;

namespace {

const std::vector<UsedMemory> ferry{{"m1", "ferry", "abc", {1, 0}, {0}}};

ChatAnswer answerOf(std::int64_t question, AnswerContext context, const std::string& text)
{
    ChatAnswer answer;
    answer.question = question;
    answer.context = context;
    answer.text = text;
    answer.ended = ReadEnd::Eos;
    answer.model = "nano";
    answer.adapter = "chat";
    answer.tokens = 3;
    return answer;
}

/// Who carried the clock? An old man (slots, two pages; text); And then? He left (after the slots' second page).
Conversation twoTurns()
{
    auto chat = ChatStore::make();
    const auto first = chat.ask(-1, "Who carried the clock?", ferry);
    chat.addAnswer(answerOf(first, AnswerContext::Slots, "A sailor."));
    chat.addAnswer(answerOf(first, AnswerContext::Text, "An old man, it says."));
    chat.addAnswer(answerOf(first, AnswerContext::Slots, "An old man."));
    const auto second = chat.ask(chat.last(), "And then?", ferry);
    chat.addAnswer(answerOf(second, AnswerContext::Slots, "He left."));
    return chat;
}

std::string jsonOf(const Conversation& chat)
{
    return chat.toJson().dump();
}

} // namespace

/// Chats as documents: branches and pages, votes, what is written and read back, and the folder they live in.
class TestConversation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pagesAndBranchesLoseNothing()
    {
        auto chat = twoTurns();
        const auto path = chat.path();
        QCOMPARE(path.size(), 2U);
        QVERIFY((chat.columns(path[0]) == std::vector<AnswerColumn>{AnswerContext::Slots, AnswerContext::Text}));
        const auto pages = chat.pages(chat.shown(path[0], AnswerContext::Slots));
        QCOMPARE(pages.size(), 2U);
        QCOMPARE(chat.answer(pages[1])->text, "An old man.");
        QCOMPARE(chat.turnsBefore(path[1]), (std::vector{std::pair(path[0], pages[1])}));
        // Turned back, the thread that followed the other page is not shown; turned to again, it is.
        chat.turnTo(pages[0]);
        QCOMPARE(chat.path().size(), 1U);
        QCOMPARE(chat.last(), pages[0]);
        chat.turnTo(pages[1]);
        QCOMPARE(chat.path(), path);
        // An edited question is a branch of its own; what followed the first one stays with it.
        const auto edited = chat.edit(path[0], "Who carried the lamp?");
        QCOMPARE(chat.path(), std::vector{edited});
        QCOMPARE(chat.question(edited)->memories, ferry);
        QCOMPARE(chat.last(), -1); // not answered yet
        QCOMPARE(chat.branches(edited), (std::vector{path[0], edited}));
        chat.turnTo(path[0]);
        QCOMPARE(chat.path(), path);
        // So is an answer in somebody's own words.
        const auto own = chat.rewrite(pages[1], "Nobody.");
        QCOMPARE(chat.pages(own).size(), 3U);
        QVERIFY(chat.answer(own)->model.empty());
        QCOMPARE(chat.edit(4711, "no such question"), -1);
        QCOMPARE(chat.rewrite(4711, "no such answer"), -1);
    }

    void comesBackAsItWas()
    {
        auto chat = twoTurns();
        chat.name = "The clock";
        chat.vote({1, 2, Preference::Second, 17});
        const auto again = Conversation::fromJson(JsonReader::parse(jsonOf(chat), "chat.json"));
        QCOMPARE(jsonOf(again), jsonOf(chat));
        QCOMPARE(again.path(), chat.path());
        auto goesOn = again;
        QVERIFY(goesOn.question(goesOn.ask(goesOn.last(), "More?", {})) != nullptr);
        QCOMPARE(goesOn.path().size(), 3U);
    }

    void refusesWhatDoesNotHangTogether_data()
    {
        QTest::addColumn<QString>("pointer");
        QTest::addColumn<QString>("value");
        QTest::newRow("another program's") << u"/icae_chat"_s << u"7"_s;
        QTest::newRow("a question of no answer") << u"/questions/1/parent"_s << u"99"_s;
        QTest::newRow("a question before its answer") << u"/questions/0/parent"_s << u"2"_s;
        QTest::newRow("an answer of no question") << u"/answers/0/question"_s << u"77"_s;
        QTest::newRow("an id twice") << u"/answers/0/id"_s << u"0"_s;
        QTest::newRow("not in order") << u"/answers/0/id"_s << u"5"_s;
        QTest::newRow("no such context") << u"/answers/0/context"_s << u"\"air\""_s;
        QTest::newRow("a vote on nothing") << u"/votes/0/first"_s << u"50"_s;
        QTest::newRow("no text") << u"/answers/0/text"_s << u"null"_s;
    }
    void refusesWhatDoesNotHangTogether()
    {
        QFETCH(QString, pointer);
        QFETCH(QString, value);
        auto chat = twoTurns();
        chat.vote({1, 2, Preference::Tie, 1});
        auto json = chat.toJson();
        json[nlohmann::json::json_pointer(pointer.toStdString())] = nlohmann::json::parse(value.toStdString());
        try {
            Conversation::fromJson(JsonReader(json, "chat.json"));
            QFAIL("It was taken.");
        } catch (const Error& error) {
            QVERIFY(QString::fromUtf8(error.what()).contains(u"chat.json"));
        }
    }

    void markdownHasWhatIsShown()
    {
        auto chat = twoTurns();
        chat.vote({2, 3, Preference::Second, 5});
        const auto text = QString::fromStdString(chat.toMarkdown());
        QVERIFY2(text.startsWith(u"# Who carried the clock?\n"), qPrintable(text));
        QVERIFY2(text.contains(u"Memories: ferry, spans 2 1 (1 of them as text)"), qPrintable(text));
        QVERIFY(text.contains(u"**Slots · nano · chat · 2 of 2 · 3 tokens**\n\n> An old man.\n"));
        QVERIFY(!text.contains(u"A sailor."));
        QVERIFY(text.contains(u"**Full text · nano · chat · 3 tokens**"));
        QVERIFY(text.contains(u"Blind vote: Slots is better than Full text."));
        QCOMPARE(text.count(u"Memories:"_s), 1); // they did not change
        const auto hostile = chat.ask(-1, "# No heading\n**bold**", {});
        QVERIFY(chat.path() == std::vector{hostile});
        QVERIFY(QString::fromStdString(chat.toMarkdown()).contains(u"> # No heading\n> **bold**"_s));
    }

    /// Sides are drawn anew each time; a comparison is the same whichever is at the left.
    void votesAddUp()
    {
        std::vector<ConversationPtr> chats;
        for (int i = 0; i < 8; ++i) {
            auto chat = twoTurns();
            const bool swapped = i % 2 == 0;
            const auto preference = i == 7 ? Preference::Tie
                : (i < 6) != swapped       ? Preference::First
                                           : Preference::Second;
            chat.vote({swapped ? 2 : 3, swapped ? 3 : 2, preference, i});
            chat.vote({3, 2,
                       chat.votes().front().preference == Preference::Tie ? Preference::Tie
                           : i < 6                                        ? Preference::First
                                                                          : Preference::Second,
                       i});
            QCOMPARE(chat.votes().size(), 1U); // a second thought replaces the first
            chats.push_back(std::make_shared<const Conversation>(chat));
        }
        const auto all = tallies(chats);
        QCOMPARE(all.size(), 1U);
        const auto& tally = all.front();
        QCOMPARE(tally.first, "Slots");
        QCOMPARE(tally.second, "Full text");
        QCOMPARE(tally.firstBetter, 6);
        QCOMPARE(tally.secondBetter, 1);
        QCOMPARE(tally.ties, 1);
        QCOMPARE(tally.share, 6.5 / 8);
        // Wilson's interval of 6.5 of 8, computed apart from this program.
        QVERIFY(std::abs(tally.low - 0.46679) < 1e-3);
        QVERIFY(std::abs(tally.high - 0.95547) < 1e-3);
        QVERIFY(tallies({}).empty());
    }

    void aFolderOfChats()
    {
        QTemporaryDir folder;
        const auto path = folder.filePath(u"chats"_s);
        std::string kept;
        std::string removed;
        {
            ChatStore store(path);
            QAbstractItemModelTester tester(&store.list());
            QSignalSpy loaded(&store, &ChatStore::loaded);
            store.load();
            QVERIFY(loaded.wait());
            QCOMPARE(store.list().rowCount(), 0);
            auto chat = twoTurns();
            kept = chat.id;
            store.put(chat);
            chat.name = "Named";
            store.put(chat);
            const auto other = twoTurns();
            removed = other.id;
            store.put(other);
            QCOMPARE(store.list().rowCount(), 2);
            QCOMPARE(store.list().index(1).data().toString(), u"Named"_s);
            QCOMPARE(store.list().index(1).data(ChatListModel::LineRole).toString(), u"2 questions · 1 memory"_s);
            QVERIFY(store.list().index(1).data(ChatListModel::WordsRole).toString().contains(u"an old man"));
            store.remove(removed);
            QCOMPARE(store.undo(), removed);
            store.remove(removed);
        }
        QFile torn(path + u"/torn.json"_s);
        QVERIFY(torn.open(QIODevice::WriteOnly));
        torn.write("{\"icae_chat\": 1, \"quest");
        torn.close();
        ChatStore store(path);
        QSignalSpy loaded(&store, &ChatStore::loaded);
        QSignalSpy failed(&store, &ChatStore::failed);
        store.load();
        QVERIFY(loaded.wait());
        QCOMPARE(failed.size(), 1);
        QCOMPARE(store.list().rowCount(), 1);
        QCOMPARE(store.list().find(kept)->name, "Named");
        QVERIFY(QFile::exists(path + u"/torn.json"_s)); // left as it is
        QVERIFY(QFile::exists(path + u"/trash/"_s + QString::fromStdString(removed) + u".json"_s));
        const auto again = store.import(path + u"/trash/"_s + QString::fromStdString(removed) + u".json"_s);
        QVERIFY(again != removed);
        QCOMPARE(store.list().rowCount(), 2);
    }

    void aFolderThatCannotBeWrittenIsSaid()
    {
        QTemporaryDir folder;
        QFile file(folder.filePath(u"chats"_s)); // a file where the folder should be
        QVERIFY(file.open(QIODevice::WriteOnly));
        ChatStore store(file.fileName());
        QSignalSpy failed(&store, &ChatStore::failed);
        store.put(twoTurns());
        QVERIFY(failed.wait());
        QCOMPARE(store.list().rowCount(), 1); // still in the window
    }

    void fiveHundredChatsAreThereAtOnce()
    {
        QTemporaryDir folder;
        std::vector<ListedChat> chats;
        for (int i = 0; i < 500; ++i) {
            auto chat = twoTurns();
            for (int turn = 0; turn < 10; ++turn)
                chat.addAnswer(answerOf(chat.ask(chat.last(), "What about " + std::to_string(i) + "?", ferry),
                                        AnswerContext::Slots, std::string(400, 'x') + " end"));
            QFile file(folder.filePath(QString::fromStdString(chat.id) + u".json"_s));
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray::fromStdString(jsonOf(chat)));
        }
        ChatStore store(folder.path());
        QSignalSpy loaded(&store, &ChatStore::loaded);
        QElapsedTimer clock;
        clock.start();
        store.load();
        QVERIFY(clock.elapsed() < 20); // nothing of it on the main thread
        QVERIFY(loaded.wait());
        qInfo("500 chats read in %lld ms", clock.restart());
        QCOMPARE(store.list().rowCount(), 500);
        int found = 0;
        for (int row = 0; row < 500; ++row)
            found += store.list().index(row).data(ChatListModel::WordsRole).toString().contains(u"what about 77?"_s);
        qInfo("and searched in %lld ms", clock.elapsed());
        QCOMPARE(found, 1);
    }

    /// A set's questions are branches, side by side in their contexts, with what was expected, and to be voted on.
    void aQuestionSetIsAChat()
    {
        StudyConfig study;
        study.spec.title = "pwc";
        study.models = {{"chat", "/models/nano/base", "/models/nano/chat", "b", "a", 0}};
        std::vector<StudySample> samples;
        for (const auto context : {StudyContext::Text, StudyContext::Slots, StudyContext::Nothing})
            for (std::int64_t i = 0; i < 8; ++i) {
                StudySample sample;
                sample.cell.model = "chat";
                sample.cell.context = context;
                sample.index = i;
                sample.question = "Question " + std::to_string(i);
                sample.reference = "Right";
                sample.written = std::string(nameOf(context)) + std::to_string(i);
                sample.loss = 0.5;
                samples.push_back(sample);
            }
        auto chat = chatOfQuestions("pwc-1", study, samples, 7);
        QCOMPARE(chat.title(), "pwc");
        QCOMPARE(chat.path().size(), 1U);
        QCOMPARE(chat.question(chat.path().front())->text, "Question 0");
        QCOMPARE(chat.branches(chat.path().front()).size(), 8U);
        QCOMPARE(chat.votes().size(), 8U);
        QCOMPARE(chat.answers().front().adapterSha256, "a");
        ConversationModel model;
        model.setConversation(chat, {});
        const auto* row = model.at(model.index(1));
        QVERIFY(row->toVote && row->cells.size() == 2 && row->verdict.isEmpty());
        std::set<std::string> left;
        for (const auto& vote : chat.votes())
            left.insert(chat.answer(vote.first)->text.substr(0, 4));
        QCOMPARE(left.size(), 2U); // sides are drawn
        QVERIFY(chatOfQuestions("pwc-2", study, samples, 7).votes() == chat.votes());
        auto vote = chat.votes().front();
        vote.preference = Preference::Tie;
        chat.vote(vote);
        model.setConversation(chat, {});
        QVERIFY(model.at(model.index(1))->verdict.contains(u"Expected: Right."));
        QCOMPARE(model.at(model.index(1))->cells.size(), 3U);
        QVERIFY(chat.toMarkdown().find("*Expected*\n\n> Right") != std::string::npos);
        const auto json = jsonOf(chat);
        QCOMPARE(jsonOf(Conversation::fromJson(JsonReader::parse(json, "chat"))), json);
    }

    /// Answers of one context that differ in what they were written with stand side by side, and are compared by that.
    void variantsAreColumns()
    {
        auto chat = ChatStore::make();
        const auto question = chat.ask(-1, "Who?", ferry);
        for (const auto* variant : {"128 slots", "32 slots", "32 slots"}) {
            auto answer = answerOf(question, AnswerContext::Slots, variant);
            answer.variant = variant;
            chat.addAnswer(answer);
        }
        QCOMPARE(chat.columns(question).size(), 2U);
        QCOMPARE(chat.pages(chat.shown(question, {AnswerContext::Slots, "32 slots"})).size(), 2U);
        chat.vote({chat.answers()[2].id, chat.answers()[0].id, Preference::Second, 1});
        const auto all = tallies({std::make_shared<const Conversation>(chat)});
        QCOMPARE(all.size(), 1U);
        QCOMPARE(all.front().first + "/" + all.front().second, "128 slots/32 slots");
        QCOMPARE(all.front().firstBetter, 1);
        chat.texts["m1"] = "The ferry.";
        chat.turnsAsText = true;
        const auto read = Conversation::fromJson(JsonReader::parse(jsonOf(chat), "chat"));
        QCOMPARE(read.texts.at("m1"), "The ferry.");
        QVERIFY(read.turnsAsText);
        QCOMPARE(jsonOf(read), jsonOf(chat));
    }
};

QTEST_GUILESS_MAIN(TestConversation)
#include "test_conversation.moc"
