#include "protocol/fields.h"
#include "report/csv_cell.h"
#include "report/study_table.h"

#include <QtTest>

/// Cells, differences and exports of a study, from its samples alone.
class TestStudyTable : public QObject {
    Q_OBJECT

    static icae::StudySample sample(const std::string& model, std::int64_t slots, std::int64_t index, double bleu)
    {
        icae::StudySample sample;
        sample.cell.model = model;
        sample.cell.tokens = 64;
        sample.cell.slots = slots;
        sample.index = index;
        sample.text = "t";
        sample.begin = index * 10;
        sample.bleu = bleu;
        return sample;
    }

    static icae::StudyConfig config(const std::vector<std::string>& models)
    {
        icae::StudyConfig config;
        for (const auto& model : models)
            config.models.push_back({model, {}, {}, {}, {}, 0});
        return config;
    }

private Q_SLOTS:
    /// No cell is a formula to a spreadsheet.
    void cellsAreTexts()
    {
        for (const auto& [text, cell] : {std::pair{"plain", "plain"},
                                         {"", ""},
                                         {"a,b", "\"a,b\""},
                                         {"a\"b", "\"a\"\"b\""},
                                         {"=1+1", "'=1+1"},
                                         {"+1", "'+1"},
                                         {"-", "'-"},
                                         {"@SUM(A1)", "'@SUM(A1)"},
                                         {"=a,\"b\"", "\"'=a,\"\"b\"\"\""}})
            QCOMPARE(icae::csvCell(text), std::string(cell));
    }

    void groupsByCell()
    {
        const std::vector samples{sample("a", 4, 0, 0.25), sample("a", 8, 0, 1), sample("a", 4, 1, 0.75)};
        const auto table = icae::studyTable(config({"a"}), samples);
        QCOMPARE(table.rows.size(), std::size_t{2});
        QCOMPARE(table.rows[0].n, 2);
        QCOMPARE(table.rows[0].find("bleu")->mean, 0.5);
        QCOMPARE(table.rows[1].find("bleu")->mean, 1.0);
        QVERIFY(table.rows[0].find("loss") == nullptr);
        QVERIFY(table.differences.empty());
        QCOMPARE(icae::asCsv(table),
                 std::string("model,step,content,context,tokens,slots,spans,batch,axis,group,n,bleu_mean,bleu_median,"
                             "bleu_q1,bleu_q3,bleu_low,bleu_high\n"
                             "a,0,normal,slots,64,4,1,1,,,2,0.5,0.5,0.375,0.625,0.25,0.75\n"
                             "a,0,normal,slots,64,8,1,1,,,1,1.0,1.0,1.0,1.0,1.0,1.0\n"));
        const auto latex = icae::asLatex(table);
        QVERIFY2(latex.find("Slots & $N$ & BLEU \\\\") != std::string::npos, latex.c_str());
        QVERIFY2(latex.find("\\bottomrule") != std::string::npos, latex.c_str());
    }

    void pairsTheSameWindows()
    {
        const std::vector samples{sample("a", 4, 0, 0.5), sample("b", 4, 0, 0.75), sample("a", 4, 1, 0.25),
                                  sample("b", 4, 1, 0.5), sample("b", 4, 2, 0.9)};
        const auto table = icae::studyTable(config({"a", "b"}), samples);
        QCOMPARE(table.differences.size(), std::size_t{1});
        const auto& difference = table.differences.front();
        QCOMPARE(difference.cell.model, std::string("b"));
        QCOMPARE(difference.against, std::string("a"));
        QCOMPARE(difference.difference.summary.n, 2);
        QCOMPARE(difference.difference.summary.mean, 0.25);
    }

    void breakEven()
    {
        auto text = sample("a", 0, 0, 0);
        text.cell.context = icae::StudyContext::Text;
        text.prefillSeconds = 3;
        text.decodeSeconds = 1;
        auto slots = sample("a", 4, 0, 0);
        slots.compressSeconds = 4;
        slots.prefillSeconds = 1;
        slots.decodeSeconds = 1;
        const auto reads = icae::studyTable(config({"a"}), std::vector{text, slots}).breakEven;
        QCOMPARE(reads.size(), std::size_t{1});
        QCOMPARE(reads[0].reads, std::optional(2.0));
        slots.decodeSeconds = 4; // slots may lose
        QVERIFY(!icae::studyTable(config({"a"}), std::vector{text, slots}).breakEven[0].reads);
    }

    void groupsOfTokens()
    {
        auto one = sample("a", 4, 0, 0);
        one.misses = {{"place", "1", 4, 1}, {"place", "2", 4, 0}};
        const auto table = icae::studyTable(config({"a"}), std::vector{one});
        QCOMPARE(table.rows.size(), std::size_t{3});
        QCOMPARE(table.rows[1].axis, std::string("place"));
        QCOMPARE(table.rows[1].find("miss_rate")->mean, 0.25);
    }

    void roundTrip()
    {
        auto one = sample("a", 4, 3, 0.125);
        one.firstMiss = 7;
        one.misses = {{"class", "word", 4, 1}};
        one.referenceIds = {1, 2, 3};
        const nlohmann::json json(one);
        const auto read = icae::fromJson<icae::StudySample>(icae::JsonReader(json, "test"));
        QCOMPARE(nlohmann::json(read), json);
        QVERIFY(read.cell == one.cell);
        QVERIFY(!read.loss);
    }
};

QTEST_GUILESS_MAIN(TestStudyTable)
#include "test_study_table.moc"
