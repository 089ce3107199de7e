#include "../slowness.h"
#include "error_of.h"
#include "text/json/json_tokenizer.h"
#include "text/streaming.h"
#include "text/tokenizer_folder.h"

#include <QTemporaryDir>
#include <QtTest>
#include <nlohmann/json.hpp>

#include <fstream>
#include <random>
#include <sstream>

namespace fs = std::filesystem;
using icae::JsonTokenizer;
using nlohmann::json;

namespace {

const fs::path golden = fs::path(ICAE_TEST_GOLDEN) / "tokenizers";

std::string contentOf(const fs::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
}

json fileOf(const std::string& name)
{
    return json::parse(contentOf(golden / name / "tokenizer.json"));
}

JsonTokenizer tokenizerOf(const std::string& name)
{
    return {contentOf(golden / name / "tokenizer.json"), name};
}

std::vector<json> casesOf(const std::string& name)
{
    std::vector<json> cases;
    std::ifstream file(golden / name / "cases.jsonl");
    for (std::string line; std::getline(file, line);)
        cases.push_back(json::parse(line));
    return cases;
}

/// A tokenizer whose tokens are single characters, and the steps that are given.
json characters(const std::string& alphabet)
{
    json vocabulary;
    int id = 0;
    for (const auto c : QString::fromStdString(alphabet))
        vocabulary[QString(c).toStdString()] = id++;
    return {{"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", json::array()}}}};
}

/// Tokens as the text that each stands for, with bars between them.
std::string shown(const icae::Tokenizer& tokenizer, std::string_view text)
{
    std::string all;
    for (const auto& token : tokenizer.encode(text))
        all += (all.empty() ? "" : "|") + tokenizer.piece(token.id);
    return all;
}

void requireRanges(std::string_view text, const std::vector<icae::Token>& tokens)
{
    std::size_t at = 0;
    for (const auto& token : tokens) {
        QCOMPARE(token.begin, at);
        QVERIFY(token.end >= token.begin);
        if (token.end < text.size())
            QVERIFY((static_cast<unsigned char>(text[token.end]) & 0xC0U) != 0x80U);
        at = token.end;
    }
    if (!tokens.empty())
        QCOMPARE(at, text.size());
}

bool same(const std::vector<icae::Token>& a, const std::vector<icae::Token>& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const icae::Token& x, const icae::Token& y) {
        return x.id == y.id && x.begin == y.begin && x.end == y.end;
    });
}

} // namespace

/// tokenizer.json gives what Hugging Face tokenizers gives.
class TestJsonTokenizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void golden_data()
    {
        QTest::addColumn<QString>("name");
        for (const auto* name : {"gpt2_digits", "llama3", "qwen", "sp_byte_fallback"})
            QTest::newRow(name) << QString::fromLatin1(name);
    }

    void golden()
    {
        QFETCH(QString, name);
        const auto tokenizer = std::make_shared<const JsonTokenizer>(
            contentOf(::golden / name.toStdString() / "tokenizer.json"), "tokenizer.json");
        const auto cases = casesOf(name.toStdString());
        QVERIFY(cases.size() > 200);
        for (const auto& line : cases) {
            const auto text = line["text"].get<std::string>();
            const auto ids = tokenizer->encodePrompt(text);
            QVERIFY2(json(ids) == line["ids"], text.c_str());
            QVERIFY2(json(tokenizer->withSpecial(ids)) == line["with_special"], text.c_str());
            QVERIFY2(json(tokenizer->decodeWithControls(ids)) == line["decoded"], text.c_str());
            requireRanges(text, tokenizer->encode(text));
            icae::StreamingDetokenizer stream(tokenizer);
            std::string streamed;
            for (const auto id : ids)
                streamed += stream.push(id);
            QCOMPARE(streamed + stream.finish(), tokenizer->decode(ids));
        }
    }

    /// Parts on their own give the tokens of the whole.
    void longTexts_data() { golden_data(); }
    void longTexts()
    {
        QFETCH(QString, name);
        const auto tokenizer = tokenizerOf(name.toStdString());
        for (const auto* separator : {"\n", " ", "\n\n", "  ", "，"}) {
            std::string text;
            for (const auto& line : casesOf(name.toStdString()))
                text += line["text"].get<std::string>() + separator;
            // The vocabulary of the last one has marks behind other characters.
            QCOMPARE(tokenizer.parts(text).size() > 5, name != QStringLiteral("sp_byte_fallback"));
            QVERIFY(same(tokenizer.encode(text), tokenizer.encodePart(text, {0, text.size()})));
        }
        std::string ideographs;
        for (int i = 0; i < 3000; ++i)
            ideographs += "世界你好，在这里。";
        QVERIFY(same(tokenizer.encode(ideographs), tokenizer.encodePart(ideographs, {0, ideographs.size()})));
    }

    /// Where no token holds the mark of a space behind another character, texts without words can be cut, too.
    void longTextsOfMarkedSpaces()
    {
        auto file = characters("abc\u2581\n");
        file["model"]["vocab"]["\u2581a"] = 8;
        file["model"]["merges"] = json::array({"\u2581 a"});
        file["normalizer"] = json::parse(
            R"({"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"\u2581"},{"type":"Replace","pattern":{"String":" "},"content":"\u2581"}]})");
        const JsonTokenizer tokenizer(file.dump(), "t");
        std::string text;
        for (int i = 0; i < 20000; ++i)
            text += i % 7 == 0 ? "\n" : i % 3 == 0 ? "ab  c" : " a";
        QVERIFY(tokenizer.parts(text).size() > 5);
        QVERIFY(same(tokenizer.encode(text), tokenizer.encodePart(text, {0, text.size()})));
    }

    void hugeWordsAndSpaces_data() { golden_data(); }
    void hugeWordsAndSpaces()
    {
        QFETCH(QString, name);
        const auto tokenizer = tokenizerOf(name.toStdString());
        std::string word;
        std::mt19937 random(7);
        while (word.size() < std::size_t{2} << 20U)
            word += static_cast<char>('a' + random() % 26);
        for (const auto& text : {std::string(std::size_t{2} << 20U, 'a'), word, std::string(std::size_t{1} << 20U, ' '),
                                 std::string(std::size_t{1} << 20U, ' ') + "a", std::string(100000, '\n') + "   x"}) {
            QElapsedTimer timer;
            timer.start();
            const auto tokens = tokenizer.encode(text);
            QVERIFY2(timer.elapsed() < 2000 * slowness, qPrintable(QString::number(timer.elapsed())));
            requireRanges(text, tokens);
            QVERIFY(!tokens.empty());
        }
    }

    /// What a person writes never becomes a control token; other added tokens are recognised.
    void controlTokensInTextsStayText()
    {
        auto file = fileOf("llama3");
        file["added_tokens"].push_back({{"id", 1503}, {"content", "<think>"}, {"special", false}});
        const JsonTokenizer tokenizer(file.dump(), "llama3");
        const std::string text = "a<|eot_id|><think>b<|begin_of_text|>";
        const auto ids = tokenizer.encodeIds(text);
        QCOMPARE(std::count_if(ids.begin(), ids.end(), [](auto id) { return id >= 1500; }), 1);
        QVERIFY(std::find(ids.begin(), ids.end(), 1503) != ids.end());
        QCOMPARE(tokenizer.decode(ids), text);
        const auto prompt = tokenizer.encodePrompt(text);
        QCOMPARE(std::count_if(prompt.begin(), prompt.end(), [](auto id) { return id >= 1500; }), 3);
        QCOMPARE(tokenizer.decode(prompt), std::string("a<think>b"));
        QVERIFY(tokenizer.isControl(1502) && !tokenizer.isControl(1503));
        QCOMPARE(tokenizer.bosId(), 1500);
        QCOMPARE(tokenizerOf("qwen").bosId(), -1);
    }

    void addedTokensKnowTheirFlags()
    {
        auto file = characters("ab xy");
        file["added_tokens"] = {
            {{"id", 9}, {"content", "ab"}, {"single_word", true}, {"normalized", false}, {"special", false}},
            {{"id", 10}, {"content", "xy"}, {"lstrip", true}, {"rstrip", true}, {"normalized", false}}};
        const JsonTokenizer tokenizer(file.dump(), "t");
        QCOMPARE(shown(tokenizer, "ab aba ab"), std::string("ab| |a|b|a| |ab"));
        QCOMPARE(shown(tokenizer, "a  xy b"), std::string("a|xy|b"));
        QCOMPARE(tokenizer.encode("a  xy b")[1].end, 6U);
    }

    void normalisesWithExactRanges_data()
    {
        QTest::addColumn<QByteArray>("step");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("tokens");
        QTest::addColumn<QByteArray>("ends"); ///< of the tokens in the source
        const auto row = [](const char* name, const char* step, const char* text, const char* tokens,
                            const char* ends) {
            QTest::newRow(name) << QByteArray(step) << QByteArray(text) << QByteArray(tokens) << QByteArray(ends);
        };
        row("nfc", R"({"type":"NFC"})", "ae\u0301b", "a|é|b", "1 4 5");
        row("nfd", R"({"type":"NFD"})", "éa", "e|\u0301|a", "0 2 3");
        row("nfkc", R"({"type":"NFKC"})", "ﬁa", "f|i|a", "0 3 4");
        row("nfkd", R"({"type":"NFKD"})", "①b", "1|b", "3 4");
        row("prepend", R"({"type":"Prepend","prepend":"_"})", "ab", "_|a|b", "0 1 2");
        row("replace", R"({"type":"Replace","pattern":{"String":"ab"},"content":"x"})", "abcab", "x|c|x", "2 3 5");
        row("replace by expression", R"({"type":"Replace","pattern":{"Regex":"a+"},"content":"x_"})", "aab", "x|_|b",
            "0 2 3");
        row("strip", R"({"type":"Strip","strip_left":true,"strip_right":true})", "  a b\u00a0", "a| |b", "3 4 7");
        row("lowercase", R"({"type":"Lowercase"})", "AÉ1", "a|é|1", "1 3 4");
        row("sequence",
            R"({"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"Replace","pattern":{"String":"e"},"content":"x"},{"type":"NFC"},{"type":"Prepend","prepend":"_"}]})",
            "bé1", "_|b|x|\u0301|1", "0 1 1 3 4");
    }

    void normalisesWithExactRanges()
    {
        QFETCH(QByteArray, step);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, tokens);
        QFETCH(QByteArray, ends);
        auto file = characters("abcefix1_é\u0301 ");
        file["normalizer"] = json::parse(step.toStdString());
        const JsonTokenizer tokenizer(file.dump(), "t");
        QCOMPARE(shown(tokenizer, text.toStdString()), tokens.toStdString());
        QByteArray found;
        for (const auto& token : tokenizer.encode(text.toStdString()))
            found += (found.isEmpty() ? "" : " ") + QByteArray::number(static_cast<qulonglong>(token.end));
        QCOMPARE(found, ends);
    }

    void cutsIntoWords_data()
    {
        QTest::addColumn<QByteArray>("step");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("words"); ///< what could be merged is
        const auto row = [](const char* name, const char* step, const char* text, const char* words) {
            QTest::newRow(name) << QByteArray(step) << QByteArray(text) << QByteArray(words);
        };
        const auto split = [](const char* behaviour, bool inverted = false, const char* expression = "1+") {
            const json step{
                {"type", "Split"}, {"pattern", {{"Regex", expression}}}, {"behavior", behaviour}, {"invert", inverted}};
            return QByteArray::fromStdString(step.dump());
        };
        row("none", "null", "a1", "a1");
        row("isolated", split("Isolated"), "aa11a", "aa|11|a");
        row("removed", split("Removed"), "aa11a", "aa|a");
        row("removed, inverted", split("Removed", true), "aa11a", "11");
        row("previous", split("MergedWithPrevious"), "aa11a", "aa11|a");
        row("next", split("MergedWithNext"), "aa11a", "aa|11a");
        row("contiguous", R"({"type":"Split","pattern":{"String":"1"},"behavior":"Contiguous","invert":false})", "a11a",
            "a|11|a");
        row("digits", R"({"type":"Digits","individual_digits":true})", "a11a", "a|1|1|a");
        row("digits together", R"({"type":"Digits","individual_digits":false})", "a11a", "a|11|a");
        row("punctuation", R"({"type":"Punctuation"})", "a!!a", "a|!|!|a");
        row("whitespace", R"({"type":"Whitespace"})", "aa !! a1", "aa|!!|a1");
        row("whitespace split", R"({"type":"WhitespaceSplit"})", "a!  a1", "a!|a1");
        row("metaspace", R"({"type":"Metaspace","replacement":"_","prepend_scheme":"always"})", "aa a", "_aa|_a");
        row("metaspace, first", R"({"type":"Metaspace","replacement":"_","prepend_scheme":"first","split":false})",
            "a a", "_a|_a");
        row("metaspace, never", R"({"type":"Metaspace","replacement":"_","prepend_scheme":"never"})", "aa a", "aa|_a");
        row("metaspace, old", R"({"type":"Metaspace","replacement":"_","add_prefix_space":true})", "a", "_a");
        row("sequence",
            R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Digits","individual_digits":true}]})",
            "a1 1a", "a|1|1|a");
        row("empty matches", split("Isolated", false, "(?=1)"), "a11a", "a|1|1a");
    }

    /// Any two tokens of this vocabulary merge, up to seven characters, so that tokens are words.
    void cutsIntoWords()
    {
        QFETCH(QByteArray, step);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, words);
        json file{{"pre_tokenizer", json::parse(step.toStdString())}};
        json vocabulary;
        json merges = json::array();
        int id = 0;
        const auto add = [&](const std::string& name) {
            if (!vocabulary.contains(name))
                vocabulary[name] = id++;
        };
        for (const auto* c : {"a", "1", "!", "_", " "})
            add(c);
        for (const auto& word : words.split('|'))
            for (int length = 2; length <= word.size(); ++length) {
                add(word.left(length).toStdString());
                merges.push_back({word.left(length - 1).toStdString(), word.mid(length - 1, 1).toStdString()});
            }
        file["model"] = {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", merges}};
        QCOMPARE(shown(JsonTokenizer(file.dump(), "t"), text.toStdString()), words.toStdString());
    }

    /// Oniguruma's classes, which PCRE2 has otherwise.
    void matchesAsOnigurumaDoes()
    {
        icae::PatternScratch scratch;
        const auto count = [&](const char* expression, std::string_view text) {
            int matches = 0;
            icae::Pattern::expression(expression, "t").forEach(text, scratch, [&](const auto&) { ++matches; });
            return matches;
        };
        const std::string spaces = "\t\n\v\f\r \u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000";
        QCOMPARE(count(R"(\s)", spaces), 16);
        QCOMPARE(count(R"([\s])", spaces), 16);
        QCOMPARE(count(R"(\S)", spaces), 0);
        for (const auto* none : {"\u180e", "\u200b", "\ufeff", "\u0084"}) {
            QCOMPARE(count(R"(\s)", none), 0);
            QCOMPARE(count(R"([^\s])", none), 1);
            QCOMPARE(count(R"(\S)", none), 1);
            QCOMPARE(count(R"([\S])", none), 1);
        }
        QCOMPARE(count(R"(\w)", "a\u0301_\u203f9é"), 6);
        QCOMPARE(count(R"(\W)", "a-\u0301 "), 2);
        QCOMPARE(count(R"(\d)", "1\u0661\u00b2a"), 2);
        QCOMPARE(count(R"(\p{N})", "1\u0661\u00b2\u2167a"), 4);
        QCOMPARE(count(R"(\p{L})", "aé世1\u0301"), 3);
        QCOMPARE(count(R"([^\r\n\p{L}\p{N}])", "a1\n!"), 1);
        QCOMPARE(count(R"((?i:'s|'re))", "'S 'ſ 'RE 'x"), 3);
        QCOMPARE(count(R"(a.c)", "a\nc abc"), 1);
        QCOMPARE(count(R"(^b)", "a\nb"), 1);
        for (const auto* refused : {R"([a[b]])", R"([a&&b])", R"(\X)", R"([\W])"})
            QVERIFY(icae::errorOf([&] { count(refused, "a"); }).kind() == icae::ErrorKind::Unsupported);
        QVERIFY(icae::errorOf([&] { count("(", "a"); }).kind() == icae::ErrorKind::InvalidInput);
    }

    void readsMergesAsPairsAndAsStrings()
    {
        auto file = fileOf("gpt2_digits");
        for (auto& merge : file["model"]["merges"])
            merge = merge[0].get<std::string>() + " " + merge[1].get<std::string>();
        const JsonTokenizer strings(file.dump(), "t");
        const auto pairs = tokenizerOf("gpt2_digits");
        for (const auto& line : casesOf("gpt2_digits"))
            QCOMPARE(strings.encodeIds(line["text"].get<std::string>()),
                     pairs.encodeIds(line["text"].get<std::string>()));
    }

    void unknownCharacters()
    {
        auto file = characters("ab?");
        file["model"]["unk_token"] = "?";
        QCOMPARE(shown(JsonTokenizer(file.dump(), "t"), "axyb"), std::string("a|?|?|b"));
        file["model"]["fuse_unk"] = true;
        QCOMPARE(shown(JsonTokenizer(file.dump(), "t"), "axyb"), std::string("a|?|b"));
        file["model"].erase("unk_token");
        const JsonTokenizer dropping(file.dump(), "t");
        QCOMPARE(shown(dropping, "axyb"), std::string("a|b"));
        QCOMPARE(dropping.encode("axyb").back().begin, 1U);
        file["model"]["vocab"]["<0xC3>"] = 7;
        file["model"]["vocab"]["<0xA9>"] = 8;
        file["model"]["byte_fallback"] = true;
        const JsonTokenizer bytes(file.dump(), "t");
        QCOMPARE(shown(bytes, "aéb"), std::string("a|<0xC3>|<0xA9>|b"));
        QCOMPARE(bytes.encode("aéb")[1].end, 1U); // the character belongs to its last byte
        QCOMPARE(bytes.encode("aéb")[2].end, 3U);
    }

    void refuses_data()
    {
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("named");
        const auto row = [](const char* name, const char* patch, const char* named) {
            QTest::newRow(name) << QByteArray(patch) << QByteArray(named);
        };
        row("model", R"({"model":{"type":"Unigram"}})", "a tokenizer model of type \"Unigram\"");
        row("dropout", R"({"model":{"dropout":0.1}})", "dropout");
        row("suffix", R"({"model":{"end_of_word_suffix":"</w>"}})", "end_of_word_suffix");
        row("normalizer", R"({"normalizer":{"type":"BertNormalizer"}})", "the normalizer \"BertNormalizer\"");
        row("pre-tokenizer", R"({"pre_tokenizer":{"type":"UnicodeScripts"}})", "the pre-tokenizer \"UnicodeScripts\"");
        row("behind bytes",
            R"({"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"ByteLevel"},{"type":"Digits"}]}})",
            "\"Digits\" behind ByteLevel");
        row("post-processor", R"({"post_processor":{"type":"BertProcessing"}})",
            "the post-processor \"BertProcessing\"");
        row("decoder", R"({"decoder":{"type":"WordPiece"}})", "the decoder \"WordPiece\"");
        row("behaviour", R"({"pre_tokenizer":{"type":"Split","pattern":{"String":"a"},"behavior":"Odd"}})", "behavior");
        row("expression", R"({"pre_tokenizer":{"type":"Split","pattern":{"Regex":"+"},"behavior":"Isolated"}})",
            "regular expression");
        row("merge", R"({"model":{"merges":[["a","z"]]}})", "the token \"az\"");
        row("unknown", R"({"model":{"unk_token":"z"}})", "\"z\" is not in its vocabulary");
        row("no model", R"({"model":null})", "model");
    }

    void refuses()
    {
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, named);
        auto file = characters("ab");
        file.merge_patch(json::parse(patch.toStdString()));
        const auto error = icae::errorOf([&] { JsonTokenizer(file.dump(), "some/tokenizer.json"); });
        QVERIFY2(error.message().find("some/tokenizer.json") != std::string::npos, error.what());
        QVERIFY2(error.message().find(named.toStdString()) != std::string::npos, error.what());
        QVERIFY(!error.remedy().empty());
    }

    void foldersWithTwoTokenizers()
    {
        const QTemporaryDir folder;
        const fs::path path = folder.path().toStdString();
        QVERIFY(icae::loadFolderTokenizer(path).tokenizer == nullptr);
        fs::copy_file(fs::path(ICAE_TEST_DATA) / "tiny/tokenizer.model", path / "tokenizer.model");
        const auto alone = icae::loadFolderTokenizer(path);
        QCOMPARE(alone.file.filename(), fs::path("tokenizer.model"));
        QVERIFY(alone.remark.empty());
        json vocabulary;
        for (std::int32_t id = 0; id < alone.tokenizer->size(); ++id)
            vocabulary[alone.tokenizer->piece(id)] = id;
        json file{{"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", json::array()}}}};
        std::ofstream(path / "tokenizer.json") << file;
        const auto agreeing = icae::loadFolderTokenizer(path);
        QCOMPARE(agreeing.file.filename(), fs::path("tokenizer.model"));
        QVERIFY2(agreeing.remark.empty(), agreeing.remark.c_str());
        std::swap(file["model"]["vocab"][alone.tokenizer->piece(300)], file["model"]["vocab"]["<0x41>"]);
        std::ofstream(path / "tokenizer.json") << file;
        const auto other = icae::loadFolderTokenizer(path);
        QCOMPARE(other.file.filename(), fs::path("tokenizer.json"));
        QVERIFY2(other.remark.find("vocabulary is another") != std::string::npos, other.remark.c_str());
        QCOMPARE(icae::tokenizerFileIn(path).filename(), fs::path("tokenizer.json"));
    }
};

QTEST_GUILESS_MAIN(TestJsonTokenizer)
#include "test_json_tokenizer.moc"
