#include "protocol/error.h"
#include "text/tokenizer.h"
#include "train/batch.h"
#include "train/corpus.h"
#include "train/prefetcher.h"

#include <QTemporaryDir>
#include <QtTest>

#include <lzma.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <numeric>
#include <set>

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Texts of every kind become the same tokens; the cache is found again, and made again where it is damaged; the order
/// of batches depends on the seed alone.
class TestCorpus : public QObject {
    Q_OBJECT

    using Ids = std::vector<std::int64_t>;

    QTemporaryDir m_folder;
    fs::path m_tokenizerFile = fs::path(ICAE_TEST_DATA) / "tiny/tokenizer.model";
    std::shared_ptr<const icae::Tokenizer> m_tokenizer = icae::Tokenizer::load(m_tokenizerFile);

    fs::path path(const std::string& name) const { return m_folder.path().toStdString() + "/" + name; }

    fs::path write(const std::string& name, const std::string& content) const
    {
        std::ofstream(path(name), std::ios::binary) << content;
        return path(name);
    }

    static std::string compressed(const std::string& content)
    {
        std::string out(lzma_stream_buffer_bound(content.size()), '\0');
        std::size_t size = 0;
        const auto* in = reinterpret_cast<const std::uint8_t*>(content.data()); // NOLINT: bytes
        auto* to = reinterpret_cast<std::uint8_t*>(out.data()); // NOLINT: bytes
        if (lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, nullptr, in, content.size(), to, &size, out.size()) != LZMA_OK)
            return {};
        out.resize(size);
        return out;
    }

    icae::TokenizeOptions options(const std::string& cache) const
    {
        return {m_tokenizer, m_tokenizerFile, 1, path(cache)};
    }

    icae::TextCorpus open(const std::vector<fs::path>& files, const std::string& cache) const
    {
        return icae::TextCorpus::open(files, options(cache), {}, {});
    }

    static Ids idsOf(const icae::TextCorpus& corpus)
    {
        Ids ids(static_cast<std::size_t>(corpus.tokens()));
        corpus.copy(0, ids);
        return ids;
    }

    Ids expected(const std::vector<std::string>& texts) const
    {
        Ids ids;
        for (const auto& text : texts) {
            ids.push_back(1);
            for (const auto id : m_tokenizer->encodeIds(text))
                ids.push_back(id);
        }
        return ids;
    }

    std::vector<fs::path> cacheFiles(const std::string& cache) const
    {
        std::vector<fs::path> files;
        for (const auto& entry : fs::directory_iterator(path(cache)))
            files.push_back(entry.path());
        return files;
    }

    std::string faultOf(const fs::path& file, bool questions = false) const
    {
        try {
            if (questions)
                icae::QuestionCorpus::open({file}, options("faults"), {}, {});
            else
                open({file}, "faults");
        } catch (const icae::Error& error) {
            return error.message() + " " + error.remedy();
        }
        return "no fault";
    }

    const std::vector<std::string> m_texts{"The miller counted his coins.\nTwice.", "Café 日本, said the fox."};

    static icae::TrainJob questionJob(bool overSlots, std::int64_t turns)
    {
        icae::TrainJob job;
        job.adapter.slots = 8;
        job.adapter.elasticSlots = {4, 8};
        job.adapter.spanTokens = 64;
        job.adapter.layout = icae::PositionLayout::Spread;
        job.mixture = {{overSlots ? icae::Objective::Instruct : icae::Objective::InstructText, 1}};
        job.batchTokens = 512;
        job.questionTurns = turns;
        return job;
    }

    struct Learned {
        Ids ids; ///< an answer and EOS
        bool readOn = true; ///< what follows stands behind all of them, or nothing does
    };

    /// The answers that a row of a batch is to predict.
    static std::vector<Learned> learnedOf(const icae::Batch& batch, std::int64_t row)
    {
        std::vector<Learned> answers;
        const auto* ids = batch.textIds.data() + row * batch.textLength;
        const auto* targets = batch.targets.data() + row * batch.textLength;
        for (std::int64_t i = 0; i < batch.textLength; ++i) {
            if (targets[i] < 0)
                continue;
            if (i == 0 || targets[i - 1] < 0)
                answers.emplace_back();
            answers.back().ids.push_back(targets[i]);
            const bool last = std::all_of(targets + i + 1, targets + batch.textLength, [](auto id) { return id < 0; });
            answers.back().readOn &= last || ids[i + 1] == targets[i];
        }
        return answers;
    }

private Q_SLOTS:
    void everyKindIsReadAlike()
    {
        std::string rows;
        for (const auto& text : m_texts)
            rows += Json{{"text", text}}.dump() + "\n\n"; // empty lines do no harm
        const std::vector<std::vector<fs::path>> forms{
            {write("one.txt", m_texts[0]), write("two.md", m_texts[1])},
            {write("one.txt.xz", compressed(m_texts[0])), write("two.md.xz", compressed(m_texts[1]))},
            {write("all.jsonl", rows)},
            // Several .xz streams after each other are one file, as `cat` makes them.
            {write("all.jsonl.xz", compressed(rows.substr(0, 20)) + compressed(rows.substr(20)))},
        };
        for (const auto& files : forms) {
            const auto corpus = open(files, "kinds");
            QCOMPARE(idsOf(corpus), expected(m_texts));
            Ids part(5); // across the border of two files
            const auto first = std::ssize(expected({m_texts[0]})) - 2;
            corpus.copy(first, part);
            const auto all = expected(m_texts);
            QVERIFY(std::equal(part.begin(), part.end(), all.begin() + first));
            for (const auto& file : files)
                QVERIFY(icae::isTextFile(file));
        }
        QCOMPARE(cacheFiles("kinds").size(), std::size_t{6});
    }

    void questionsShareTheirTexts()
    {
        std::string rows;
        for (const auto* answer : {"Twice.", "Two times."})
            rows += Json{{"input", m_texts[0]}, {"prompt", "How often?"}, {"answer", answer}}.dump() + "\n";
        for (const auto& file : {write("q.jsonl", rows), write("q.jsonl.xz", compressed(rows))}) {
            const auto corpus = icae::QuestionCorpus::open({file}, options("questions"), {}, {});
            QCOMPARE(corpus.size(), std::size_t{2});
            QCOMPARE(corpus.context(1), m_tokenizer->encodeIds(m_texts[0]));
            QCOMPARE(corpus.question(0), m_tokenizer->encodeIds("How often?"));
            QCOMPARE(corpus.answer(1), m_tokenizer->encodeIds("Two times."));
            QCOMPARE(corpus.lengths(1).answer, std::ssize(corpus.answer(1)));
            QCOMPARE(corpus.contextOf(0), corpus.contextOf(1));
        }
    }

    /// Questions about one text may follow each other in a sample: each reads those before with their answers and EOS,
    /// and only answers are learned.
    void questionsFollowEachOther_data()
    {
        QTest::addColumn<bool>("overSlots");
        QTest::addColumn<int>("turns");
        for (const int turns : {1, 2, 3, 64}) {
            QTest::addRow("slots, %d", turns) << true << turns;
            QTest::addRow("text, %d", turns) << false << turns;
        }
    }

    void questionsFollowEachOther()
    {
        QFETCH(bool, overSlots);
        QFETCH(int, turns);
        std::string rows;
        const std::vector<std::pair<std::string, std::string>> asked{{"How many?", "Four."},
                                                                     {"Who came first?", "A man with a hat."},
                                                                     {"Why?", "Rain."},
                                                                     {"Where to?", "Home."}};
        const std::string context = "They came one after the other when it rained.";
        for (const auto& [question, answer] : asked)
            rows += Json{{"input", context}, {"prompt", question}, {"answer", answer}}.dump() + "\n";
        rows += Json{{"input", context + " All of them."}, {"prompt", "And?"}, {"answer", "No."}}.dump() + "\n";
        const auto corpus = std::make_shared<icae::QuestionCorpus>(
            icae::QuestionCorpus::open({write("turns.jsonl", rows)}, options("turns"), {}, {}));
        auto job = questionJob(overSlots, turns);
        icae::LlmConfig config;
        config.vocabSize = 320;
        config.maxPositions = 1024;
        const icae::BatchSource source(job, config, nullptr, corpus, *m_tokenizer);
        std::size_t most = 0;
        std::set<std::string> seen;
        for (std::int64_t i = 0; i < 40; ++i) {
            const auto batch = source.make(i);
            std::int64_t rated = 0;
            for (std::int64_t row = 0; row < batch.sequences; ++row) {
                const auto learned = learnedOf(batch, row);
                rated += std::accumulate(learned.begin(), learned.end(), std::int64_t{0},
                                         [](auto sum, const auto& answer) { return sum + std::ssize(answer.ids); });
                most = std::max(most, learned.size());
                std::set<std::string> inRow;
                for (const auto& answer : learned) {
                    QCOMPARE(answer.ids.back(), config.eosId());
                    const std::vector<std::int32_t> words(answer.ids.begin(), answer.ids.end() - 1);
                    QVERIFY(inRow.insert(m_tokenizer->decode(words)).second); // each question once
                    QVERIFY(answer.readOn);
                }
                seen.merge(inRow);
            }
            QCOMPARE(batch.targetCount, rated);
        }
        QCOMPARE(most, static_cast<std::size_t>(std::min(turns, 4)));
        QCOMPARE(seen.size(), std::size_t{5});
    }

    /// Where questions are predicted too, their tokens are targets like their answers'; the same texts are read.
    void questionsCanBePredicted()
    {
        const std::string context = "They came one after the other when it rained.";
        std::string rows;
        for (const auto* question : {"How many came?", "When did they come?"})
            rows += Json{{"input", context}, {"prompt", question}, {"answer", "Four."}}.dump() + "\n";
        const auto corpus = std::make_shared<icae::QuestionCorpus>(
            icae::QuestionCorpus::open({write("predicted.jsonl", rows)}, options("predicted"), {}, {}));
        icae::LlmConfig config;
        config.vocabSize = 320;
        config.maxPositions = 1024;
        for (const bool overSlots : {false, true}) {
            auto job = questionJob(overSlots, 2);
            job.adapter.prompt.rightBefore = " Q:";
            job.adapter.prompt.rightAfter = " A:";
            job.questionDropout = 0.1;
            const auto only = icae::BatchSource(job, config, nullptr, corpus, *m_tokenizer).make(0);
            job.questionsPredicted = 1;
            const icae::BatchSource source(job, config, nullptr, corpus, *m_tokenizer);
            const auto batch = source.make(0);
            QCOMPARE(batch.textLength, only.textLength);
            std::int64_t rated = 0;
            for (std::int64_t row = 0; row < batch.sequences; ++row) {
                const auto learned = learnedOf(batch, row);
                QCOMPARE(learned.size(), std::size_t{4}); // question, answer, question, answer
                for (std::size_t i = 0; i < 4; ++i) {
                    const auto& ids = learned[i].ids;
                    QCOMPARE(ids.back() == config.eosId(), i % 2 == 1);
                    const std::vector<std::int32_t> words(ids.begin(), ids.end());
                    if (i % 2 == 0)
                        QVERIFY(m_tokenizer->decode(words).ends_with("?"));
                    rated += std::ssize(ids);
                }
            }
            QCOMPARE(batch.targetCount, rated);
            QVERIFY(rated > only.targetCount);
            // Keys of dropout: one an example, and each rank has those of its own.
            QCOMPARE(std::ssize(batch.sequenceKeys), batch.sequences);
            QVERIFY(batch.sequenceKeys == source.make(0).sequenceKeys);
            QVERIFY(batch.sequenceKeys != source.make(1).sequenceKeys);
            auto together = icae::partOf(batch, 0, 2).sequenceKeys;
            const auto second = icae::partOf(batch, 1, 2).sequenceKeys;
            together.insert(together.end(), second.begin(), second.end());
            QVERIFY(together == batch.sequenceKeys);
        }
    }

    void faultsNameTheFileAndTheLine()
    {
        const auto contains = [](const std::string& said, const std::string& part) {
            return said.find(part) != std::string::npos;
        };
        QVERIFY(contains(faultOf(write("a.jsonl", "{\"text\": \"x\"}\n{\"tex\": 1}\n")), "a.jsonl line 2"));
        QVERIFY(contains(faultOf(write("b.jsonl", "{\"text\": 5}")), "text"));
        QVERIFY(contains(faultOf(write("c.jsonl", "[]")), "c.jsonl line 1"));
        QVERIFY(contains(faultOf(write("d.jsonl", "{\"input\": \"x\", \"prompt\": \"y\"}"), true), "answer"));
        QVERIFY(contains(faultOf(write("e.pdf", "x")), "e.pdf is no corpus"));
        QVERIFY(contains(faultOf(write("f.txt", "caf\xe9")), "f.txt is not valid UTF-8"));
        QVERIFY(contains(faultOf(write("f.txt.xz", compressed("caf\xe9"))), "f.txt.xz is not valid UTF-8"));
        QVERIFY(contains(faultOf(write("g.txt.xz", std::string(100, 'x'))), "it is no .xz file"));
        const auto whole = compressed(m_texts[0]);
        QVERIFY(contains(faultOf(write("h.txt.xz", whole.substr(0, whole.size() / 2))), "ends too early"));
        QVERIFY(contains(faultOf(write("i.txt.xz", "")), "ends too early"));
        auto spoilt = whole;
        spoilt[spoilt.size() / 2] = static_cast<char>(spoilt[spoilt.size() / 2] ^ 1);
        QVERIFY(contains(faultOf(write("j.txt.xz", spoilt)), "damaged"));
        QVERIFY(contains(faultOf(path("k.txt")), "k.txt"));
        QVERIFY(!fs::exists(path("faults")) || cacheFiles("faults").empty());
    }

    void theCacheIsKeyedByContentAndTokenizer()
    {
        const auto file = write("keyed.txt", m_texts[0]);
        open({file}, "keyed");
        const auto first = cacheFiles("keyed");
        QCOMPARE(first.size(), std::size_t{1});
        const auto time = fs::last_write_time(first[0]);
        open({write("other_name.txt", m_texts[0])}, "keyed");
        QCOMPARE(cacheFiles("keyed").size(), std::size_t{1});
        QVERIFY(fs::last_write_time(first[0]) == time); // found, not made again
        write("keyed.txt", m_texts[1]);
        QCOMPARE(idsOf(open({file}, "keyed")), expected({m_texts[1]}));
        QCOMPARE(cacheFiles("keyed").size(), std::size_t{2});
        auto other = options("keyed");
        other.tokenizerFile = write("other.model", "another tokenizer");
        icae::TextCorpus::open({file}, other, {}, {});
        QCOMPARE(cacheFiles("keyed").size(), std::size_t{3});
        other.bosId = 2;
        icae::TextCorpus::open({file}, other, {}, {});
        QCOMPARE(cacheFiles("keyed").size(), std::size_t{4});
    }

    void aDamagedCacheIsMadeAgain_data()
    {
        QTest::addColumn<int>("how");
        QTest::newRow("empty") << 0;
        QTest::newRow("cut off") << 1;
        QTest::newRow("one bit") << 2;
        QTest::newRow("something else") << 3;
    }

    void aDamagedCacheIsMadeAgain()
    {
        QFETCH(int, how);
        const auto cache = "damaged" + std::to_string(how);
        const auto file = write("whole.txt", m_texts[0]);
        open({file}, cache);
        const auto cached = cacheFiles(cache).front();
        const auto size = fs::file_size(cached);
        if (how < 2) {
            fs::resize_file(cached, how == 0 ? 0 : size - 4);
        } else if (how == 2) {
            std::fstream stream(cached, std::ios::in | std::ios::out | std::ios::binary);
            stream.seekp(-3, std::ios::end);
            stream.put('\x7f'); // an id beyond any vocabulary
        } else {
            std::ofstream(cached) << "something else";
        }
        QCOMPARE(idsOf(open({file}, cache)), expected({m_texts[0]}));
        QCOMPARE(fs::file_size(cached), size);
        QCOMPARE(cacheFiles(cache).size(), std::size_t{1});
    }

    void batchesFollowFromTheSeed()
    {
        std::string text;
        for (int i = 0; i < 60; ++i)
            text += m_texts[0];
        icae::TrainJob job;
        job.adapter.slots = 8;
        job.adapter.elasticSlots = {4, 8};
        job.adapter.spanTokens = 32;
        job.adapter.layout = icae::PositionLayout::Spread;
        job.mixture = {{icae::Objective::Autoencode, 1}, {icae::Objective::Continue, 1}, {icae::Objective::Plain, 1}};
        job.autoencode = {{16, 4}, {32, 8}};
        job.leastSpans = 1;
        job.mostSpans = 2;
        job.continueSlots = {4, 8};
        job.continueTokens = 16;
        job.plainTokens = 32;
        job.copies = 0.5;
        job.batchTokens = 128;
        job.seed = 3;
        icae::LlmConfig config;
        config.vocabSize = 320;
        config.maxPositions = 512;
        const auto corpus = std::make_shared<icae::TextCorpus>(open({write("long.txt", text)}, "order"));
        const icae::BatchSource source(job, config, corpus, nullptr, *m_tokenizer);
        const icae::BatchSource again(job, config, corpus, nullptr, *m_tokenizer);
        job.seed = 4;
        const icae::BatchSource other(job, config, corpus, nullptr, *m_tokenizer);
        icae::Prefetcher fromFirst(source, 0);
        icae::Prefetcher fromFifth(source, 5);
        int differing = 0;
        std::set<std::string> series;
        for (std::int64_t i = 0; i < 40; ++i) {
            const auto batch = again.make(i);
            const auto prefetched = fromFirst.next();
            QCOMPARE(prefetched.textIds, batch.textIds);
            QCOMPARE(prefetched.spanIds, batch.spanIds);
            QCOMPARE(prefetched.targets, batch.targets);
            QCOMPARE(prefetched.series, batch.series);
            if (i >= 5)
                QCOMPARE(fromFifth.next().textIds, batch.textIds);
            differing += other.make(i).textIds != batch.textIds ? 1 : 0;
            series.insert(batch.series);
            QVERIFY(batch.contextTokens <= job.batchTokens);
        }
        QVERIFY(differing > 30);
        QVERIFY(series.size() >= 4);
    }

    /// Whatever the lengths, a batch fits in positions and window, its parts add up, and no question is too many.
    void manyQuestionsFit_data()
    {
        QTest::addColumn<bool>("overSlots");
        QTest::addColumn<int>("positions");
        QTest::addColumn<int>("window");
        for (const auto& [positions, window] : {std::pair{300, 0}, std::pair{1000, 0}, std::pair{4096, 350}}) {
            QTest::addRow("slots, %d, %d", positions, window) << true << positions << window;
            QTest::addRow("text, %d, %d", positions, window) << false << positions << window;
        }
    }

    void manyQuestionsFit()
    {
        QFETCH(bool, overSlots);
        QFETCH(int, positions);
        QFETCH(int, window);
        std::string rows;
        const std::vector<std::string> contexts{"They came when it rained.", std::string(90, 'x') + " and then home"};
        for (const auto& context : contexts)
            for (int i = 0; i < 60; ++i)
                rows += Json{{"input", context},
                             {"prompt", std::string(static_cast<std::size_t>(3 + i % 40), 'q') + std::to_string(i)},
                             {"answer", std::string(static_cast<std::size_t>(1 + i % 20), 'a')}}
                            .dump()
                    + "\n";
        const auto corpus = std::make_shared<icae::QuestionCorpus>(
            icae::QuestionCorpus::open({write("many.jsonl", rows)}, options("many"), {}, {}));
        const auto job = questionJob(overSlots, 64);
        icae::LlmConfig config;
        config.vocabSize = 320;
        config.maxPositions = positions;
        if (window > 0)
            config.slidingWindow = window;
        const icae::BatchSource source(job, config, nullptr, corpus, *m_tokenizer);
        QCOMPARE(source.leftOut(), 0);
        std::size_t most = 0;
        for (std::int64_t i = 0; i < 60; ++i) {
            const auto batch = source.make(i); // throws where something does not fit
            const auto read = batch.leftLength + batch.slotsOfSequence() + batch.textLength;
            QVERIFY(window == 0 || read <= window);
            std::int64_t targets = 0;
            for (std::int64_t part = 0; part < 3; ++part) {
                const auto share = icae::partOf(batch, part, 3);
                targets += std::count_if(share.targets.begin(), share.targets.end(), [](auto id) { return id >= 0; });
            }
            QCOMPARE(targets, batch.targetCount);
            for (std::int64_t row = 0; row < batch.sequences; ++row)
                most = std::max(most, learnedOf(batch, row).size());
        }
        QVERIFY(most > 3);
    }

    void oneSampleIsTheSmallestBatch()
    {
        icae::TrainJob job;
        job.mixture = {{icae::Objective::Plain, 1}};
        job.plainTokens = 16;
        icae::LlmConfig config;
        config.vocabSize = 320;
        config.maxPositions = 512;
        const auto corpus = std::make_shared<icae::TextCorpus>(open({write("s.txt", std::string(200, 'a'))}, "small"));
        for (const auto& [tokens, sequences] :
             {std::pair{16, 1}, std::pair{31, 1}, std::pair{32, 2}, std::pair{64, 4}}) {
            job.batchTokens = tokens;
            QCOMPARE(icae::BatchSource(job, config, corpus, nullptr, *m_tokenizer).make(0).sequences, sequences);
        }
        job.plainTokens = 1 << 20;
        try {
            const icae::BatchSource source(job, config, corpus, nullptr, *m_tokenizer);
            QFAIL("a sample that is longer than all texts");
        } catch (const icae::Error& error) {
            QVERIFY(error.message().find("data.texts") != std::string::npos);
        }
    }

    void bombsAreRefused()
    {
        const auto fault = faultOf(write("bomb.txt.xz", compressed(std::string(std::size_t{70} << 20U, 'a'))));
        QVERIFY2(fault.find("unpacks to more than the 64 MiB") != std::string::npos, fault.c_str());
    }

    /// A cache with whole checksums and tokens that there are not is made again.
    void cachesOfOtherTokensAreMadeAgain()
    {
        const auto file = write("ranged.txt", m_texts[0]);
        const auto ids = idsOf(open({file}, "ranged"));
        const auto cache = cacheFiles("ranged").front();
        std::vector<std::int32_t> wrong(ids.size(), 1 << 30U);
        const auto bytes = std::as_bytes(std::span(wrong));
        const auto sum = lzma_crc64(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), 0); // NOLINT
        icae::writeSafetensors(cache, {{"ids", icae::DType::I32, {std::ssize(wrong)}, bytes}},
                               {{"icae_corpus", "2"}, {"crc64", std::to_string(sum)}});
        QCOMPARE(idsOf(open({file}, "ranged")), ids);
    }

    /// A cache that is cut while it is read ends a training with a sentence, and not with a signal.
    void cutCachesAreNamed()
    {
        const auto corpus = open({write("cut.txt", std::string(50'000, 'x'))}, "cut");
        fs::resize_file(cacheFiles("cut").front(), 200);
        Ids ids(static_cast<std::size_t>(corpus.tokens()));
        QVERIFY_THROWS_EXCEPTION(icae::Error, corpus.copy(0, ids));
    }
};

QTEST_GUILESS_MAIN(TestCorpus)
#include "test_corpus.moc"
