#include "models/published_figures.h"
#include "models/study_document.h"
#include "models/study_table_model.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "study_samples.h"

#include <QAbstractItemModelTester>
#include <QDir>
#include <QSignalSpy>
#include <QSortFilterProxyModel>
#include <QtTest>

using namespace icae;
using namespace Qt::StringLiterals;

/// A study's document from its samples or its folder, its table, and the published figures beside it.
class TestStudyDocument : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    void write(const QString& name, const QByteArray& content) const
    {
        QFile file(m_folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(content);
    }

    static QByteArray line(const StudySample& sample)
    {
        return QByteArray::fromStdString(nlohmann::json(sample).dump()) + "\n";
    }

private Q_SLOTS:
    void groupsSamplesByCell()
    {
        auto samples = StudySamples::grid(5);
        std::reverse(samples.begin(), samples.end());
        const auto document = makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Length), samples);
        QCOMPARE(document->cells.size(), std::size_t{16});
        QCOMPARE(document->samples, 80);
        QCOMPARE(document->samplesACell(), 5);
        QCOMPARE(document->measures, (std::vector<std::string>{"bleu", "em", "loss", "token_accuracy"}));
        const auto& first = *document->cells.front();
        QCOMPARE(first.cell().tokens, 64);
        QCOMPARE(first.cell().slots, 16);
        QCOMPARE(first.samples.front().index, 0);
        // The statistics are those of every other report.
        const auto table = studyTable(document->config, StudySamples::grid(5));
        for (const auto& row : table.rows) {
            const auto cell = document->indexOf(row.cell);
            QVERIFY(cell >= 0);
            const auto& same = document->cells[static_cast<std::size_t>(cell)]->row;
            QCOMPARE(nlohmann::json(same), nlohmann::json(row));
        }
        QCOMPARE(document->title(), u"Reconstruction by length, nano"_s);
    }

    void appendsWithoutTouchingOtherCells()
    {
        const auto before = makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Length), StudySamples::grid(3));
        const auto cell = StudySamples::cell(128, 32);
        const auto after =
            appendSamples(*before, before->config, {StudySamples::sample(cell, 3), StudySamples::sample(cell, 4)}, 1);
        QCOMPARE(after->samples, before->samples + 2);
        QCOMPARE(after->damaged, 1);
        for (std::size_t i = 0; i < after->cells.size(); ++i)
            QCOMPARE(after->cells[i] == before->cells[i], after->cells[i]->cell() != cell);
        auto all = StudySamples::grid(3);
        all.push_back(StudySamples::sample(cell, 3));
        all.push_back(StudySamples::sample(cell, 4));
        const auto whole = makeStudyDocument(u"run"_s, before->config, all);
        QCOMPARE(nlohmann::json(after->table()), nlohmann::json(whole->table()));
    }

    void countsASampleOnce()
    {
        auto again = StudySamples::sample(StudySamples::cell(64, 16), 0);
        again.bleu = 0.125;
        auto samples = StudySamples::grid(1);
        samples.push_back(again);
        const auto document = makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Length), samples);
        QCOMPARE(document->cells.front()->samples.size(), std::size_t{1});
        QCOMPARE(document->cells.front()->row.find("bleu")->mean, 0.125);
    }

    void findsWorstAndMedianSamples()
    {
        const auto document = StudySamples::byLength(7);
        const auto& samples = document->cells.front()->samples;
        const auto bleu = document->worstFirst(0, "bleu");
        QCOMPARE(bleu.size(), std::size_t{7});
        for (std::size_t i = 1; i < bleu.size(); ++i)
            QVERIFY(*samples[static_cast<std::size_t>(bleu[i - 1])].bleu
                    <= *samples[static_cast<std::size_t>(bleu[i])].bleu);
        const auto loss = document->worstFirst(0, "loss");
        QVERIFY(*samples[static_cast<std::size_t>(loss.front())].loss
                > *samples[static_cast<std::size_t>(loss.back())].loss);
        QCOMPARE(document->medianSample(0, "loss"), loss[3]);
        QCOMPARE(document->medianSample(0, "f1"), -1);
        QVERIFY(document->worstFirst(99, "bleu").empty());
    }

    void groupsOfTokensAreInOrder()
    {
        auto sample = StudySamples::sample(StudySamples::cell(64, 16), 0);
        sample.misses = {{"place", "10", 4, 1}, {"place", "2", 4, 0}, {"class", "name", 3, 3}, {"class", "word", 9, 0}};
        const auto document = makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Position), {sample});
        const auto& groups = document->cells.front()->groups;
        QCOMPARE(groups.size(), std::size_t{4});
        QCOMPARE(groups[0].group, std::string("2"));
        QCOMPARE(groups[1].group, std::string("10"));
        QCOMPARE(groups[2].group, std::string("word"));
        QVERIFY(std::find(document->measures.begin(), document->measures.end(), "miss_rate")
                != document->measures.end());
    }

    void perplexityIsOfTheMeanLoss()
    {
        auto one = StudySamples::sample(StudySamples::cell(64, 16), 0);
        auto two = StudySamples::sample(StudySamples::cell(64, 16), 1);
        one.loss = 1;
        two.loss = 3;
        const auto document = makeStudyDocument(u"run"_s, StudySamples::config(StudyKind::Continuation), {one, two});
        QCOMPARE(document->cells.front()->row.find("perplexity")->mean, std::exp(2.0));
        QCOMPARE(document->table().rows.front().find("perplexity")->q1, std::exp(1.5));
    }

    void readsAFolder()
    {
        write(u"config.json"_s,
              QByteArray::fromStdString(nlohmann::json(StudySamples::config(StudyKind::Length)).dump()));
        const auto cell = StudySamples::cell(64, 16);
        write(u"cells.jsonl"_s,
              line(StudySamples::sample(cell, 0)) + "{\"cell\": damaged\n" + line(StudySamples::sample(cell, 1))
                  + "{\"torn");
        const auto document = readStudyFolder(m_folder.path());
        QCOMPARE(document->samples, 2);
        QCOMPARE(document->damaged, 1);
        QCOMPARE(document->run, m_folder.path());
        QCOMPARE(document->cells.front()->samples[1].offset,
                 line(StudySamples::sample(cell, 0)).size() + qsizetype{17});
    }

    void saysWhatIsNoStudy()
    {
        const auto refuses = [](const QString& folder, const char* words) {
            try {
                readStudyFolder(folder);
                QFAIL("was read");
            } catch (const Error& error) {
                QVERIFY2(error.message().find(words) != std::string::npos, error.what());
                QVERIFY(!error.remedy().empty());
            }
        };
        refuses(m_folder.filePath(u"missing"_s), "no folder");
        QVERIFY(QDir(m_folder.path()).mkdir(u"empty"_s));
        refuses(m_folder.filePath(u"empty"_s), "no study");
        write(u"empty/config.json"_s,
              QByteArray::fromStdString(nlohmann::json(StudySamples::config(StudyKind::Length)).dump()));
        refuses(m_folder.filePath(u"empty"_s), "no samples yet");
    }

    void publishedFiguresBelongToKinds()
    {
        const auto& published = publishedFigures();
        QCOMPARE(published.paper, u"Ge et al., ICLR 2024"_s);
        const auto table3 = published.of(StudyKind::Content);
        QCOMPARE(table3.size(), std::size_t{1});
        QCOMPARE(table3.front().label(), u"Table 3, Llama-7b, N not stated"_s);
        QCOMPARE(table3.front().points.size(), std::size_t{6});
        QCOMPARE(table3.front().points.front().slots, 128);
        QCOMPARE(published.of(StudyKind::Length).size(), std::size_t{2});
        QVERIFY(published.of(StudyKind::Position).empty());
        try {
            readPublishedFigures(
                R"({"paper": {}, "figures": [{"id": "x", "source": "y", "kind": "fast", "points": []}]})", "mine.json");
            QFAIL("was read");
        } catch (const Error& error) {
            QVERIFY2(std::string_view(error.what()).find("kind") != std::string_view::npos, error.what());
        }
    }

    void tableIsAModel()
    {
        StudyTableModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto document = StudySamples::byLength(4);
        model.setDocument(document);
        QCOMPARE(model.rowCount(), 16);
        QCOMPARE(model.columnCount(), 2 + 1 + 4); // tokens, slots; N; the measures
        QCOMPARE(model.headerData(0, Qt::Horizontal).toString(), u"Tokens"_s);
        QCOMPARE(model.headerData(2, Qt::Horizontal).toString(), u"N"_s);
        QCOMPARE(model.headerData(3, Qt::Horizontal).toString(), u"BLEU"_s);
        QCOMPARE(model.measureAt(3), std::string("bleu"));
        const auto number = model.index(0, 3);
        QCOMPARE(number.data(StudyTableModel::RawRole).toDouble(), document->cells[0]->row.find("bleu")->mean);
        QCOMPARE(number.data().toString(), QString::fromStdString(roundedMean(*document->cells[0]->row.find("bleu"))));
        Summary count; // a count that never varies is no 11.000
        count.mean = count.low = count.high = 11;
        QCOMPARE(roundedMean(count), std::string("11"));
        count.mean = count.low = count.high = 1;
        QCOMPARE(roundedMean(count), std::string("1.000"));
        QVERIFY(number.data(Qt::TextAlignmentRole).value<Qt::Alignment>() & Qt::AlignRight);
        QVERIFY(number.data(Qt::ToolTipRole).toString().contains(u"bootstrap"_s));
        QCOMPARE(model.cellAt(3), 3);
        QCOMPARE(model.rowOf(3), 3);

        QSortFilterProxyModel sorted;
        sorted.setSortRole(StudyTableModel::RawRole);
        sorted.setSourceModel(&model);
        sorted.sort(0, Qt::DescendingOrder); // 512 before 64, which texts would not give
        QCOMPARE(sorted.index(0, 0).data().toString(), u"512"_s);
        QCOMPARE(sorted.index(15, 0).data().toString(), u"64"_s);

        // A document that sharpens keeps rows and selection.
        QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
        model.setDocument(
            appendSamples(*document, document->config, {StudySamples::sample(StudySamples::cell(64, 16), 4)}));
        QCOMPARE(resets.size(), 0);
        QCOMPARE(changes.size(), 1);
        QCOMPARE(model.index(0, 2).data().toString(), u"5"_s);
        model.setDocument({});
        QCOMPARE(model.rowCount(), 0);
    }

    void tableIsCopied()
    {
        StudyTableModel model;
        model.setDocument(StudySamples::byLength(4));
        const auto csv = model.copy(StudyTableModel::Format::Csv);
        QCOMPARE(csv.count(u'\n'), 17);
        QVERIFY(csv.startsWith(u"model,step,content"_s));
        const auto markdown = model.copy(StudyTableModel::Format::Markdown, {2, 0});
        QVERIFY2(markdown.startsWith(u"| Slots | N | BLEU | EM | Loss | Token accuracy |\n|---:|---:|"_s),
                 qPrintable(markdown));
        QVERIFY(markdown.section(u'\n', 2, 2).startsWith(u"| 64 | 4 |"_s));
        QVERIFY(markdown.section(u'\n', 3, 3).startsWith(u"| 16 | 4 |"_s));
        QVERIFY(model.copy(StudyTableModel::Format::Latex).contains(u"\\toprule"_s));
    }
};

QTEST_GUILESS_MAIN(TestStudyDocument)
#include "test_study_document.moc"
