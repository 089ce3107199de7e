#include "models/answering_model.h"
#include "models/diff_document.h"
#include "models/diff_list_model.h"
#include "models/model_tree_model.h"
#include "models/sample_texts.h"
#include "models/text_file.h"
#include "models/token_document.h"
#include "models/utf16_offsets.h"
#include "protocol/error.h"

#include <QAbstractItemModelTester>
#include <QtTest>

namespace {

using namespace icae;
using namespace Qt::StringLiterals;

DiffDocument documentOf(const std::string& source, const std::string& written, bool open = false)
{
    return buildDiffDocument(source, {{0, source.size(), written, open}}, {}, open);
}

} // namespace

/// What the views show, before there is a view.
class TestDocuments : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void modelsAreCalledWhatPeopleCallThem()
    {
        QCOMPARE(icae::folderName("/models/nano/base"), u"nano"_s);
        QCOMPARE(icae::folderName("/models/nano/reconstruct/"), u"reconstruct"_s);
        QCOMPARE(icae::folderName("/hub/models--Qwen--Qwen3-0.6B/snapshots/4f1c0a7d"), u"Qwen/Qwen3-0.6B"_s);
    }

    void offsetsGoBothWays()
    {
        const std::string text = "aé日😀b";
        const Utf16Offsets offsets(text);
        const auto whole = QString::fromStdString(text);
        for (std::size_t byte = 0; byte <= text.size(); ++byte)
            if (byte == text.size() || (static_cast<unsigned char>(text[byte]) & 0xC0U) != 0x80U) {
                const auto position = offsets.toUtf16(byte);
                QCOMPARE(position, QString::fromUtf8(text.data(), static_cast<qsizetype>(byte)).size());
                QCOMPARE(offsets.toByte(position), byte);
            }
        QCOMPARE(Utf16Offsets("").toUtf16(3), 0);
    }

    void rowsCoverBothTexts()
    {
        const auto document = documentOf("One here. Two there. Three gone.", "One here. Too many there. Three.");
        qsizetype ours = 0;
        qsizetype theirs = 0;
        for (const auto& row : document.rows) {
            QCOMPARE(row.source.begin, ours);
            QCOMPARE(row.reconstruction.begin, theirs);
            ours = row.source.end;
            theirs = row.reconstruction.end;
        }
        QCOMPARE(ours, document.source.size());
        QCOMPARE(theirs, document.reconstruction.size());
        QCOMPARE(document.rows.size(), 3U);
        QCOMPARE(document.differences.size(), 2U);
    }

    void whatIsNotWrittenYetIsNoDifference()
    {
        const auto document = documentOf("One here. Two there. Three gone.", "One here. Two", true);
        QVERIFY(document.differences.empty());
        QCOMPARE(document.pieces.back().kind, PieceKind::Pending);
        QVERIFY(document.rows.size() >= 3);
        QCOMPARE(commonRows(document, documentOf("One here. Two there. Three gone.", "One here. Two there", true)), 1);
    }

    /// An unfinished text stands for about as much of the source as it has words, whichever of them return far behind.
    void wordsRightByChanceReachNoFurther()
    {
        std::string source = "It was a night of storms. ";
        for (int i = 0; i < 60; ++i)
            source += "Ship " + std::to_string(i) + " lay at the quay and waited for day. ";
        const auto document = documentOf(source, "It was a day of quay 17 and 31 the 59", true);
        QCOMPARE(document.pieces.back().kind, PieceKind::Pending);
        const auto pending = std::find_if(document.pieces.begin(), document.pieces.end(),
                                          [](const DiffPiece& piece) { return piece.kind == PieceKind::Pending; });
        QVERIFY(pending->source.begin < 60);
        // A sentence that was left out is known as that once enough of the next one came.
        const auto left = documentOf("One came by. Two were late. Three stood here all day. Four.",
                                     "One came by. Three stood here all day", true);
        QCOMPARE(left.differences.size(), 1U);
        QCOMPARE(left.differences[0].kind, PieceKind::Deleted);
        QCOMPARE(left.pieces.back().source.begin, left.source.indexOf(u"Four"_s));
    }

    /// A run that was stopped: what it wrote counts, in each span, and what it did not come to does not.
    void whatStopLeavesUnwrittenIsNoDifference()
    {
        const std::string first = "The clock struck twelve. Nobody came to the quay that day, ";
        const std::string second = "and the ferry waited. Then it left for the island without a soul on board. ";
        const std::vector<std::string> endings{"Then it le", "Then it left for", "Then it stayed"};
        for (const auto& ending : endings) {
            const auto document = buildDiffDocument(
                first + second,
                {{0, first.size(), "The watch struck twelve. Nob", true},
                 {first.size(), first.size() + second.size(), "and the ferry waiting. " + ending, true}},
                {first.size()}, false);
            const bool wrong = ending == endings.back();
            QCOMPARE(document.differences.size(), wrong ? 3U : 2U);
            QCOMPARE(document.differences[0].errorClass, DifferenceClass::Wording);
            QCOMPARE(document.differences[1].errorClass, DifferenceClass::Inflection); // its own, not the rest's
            if (wrong)
                QCOMPARE(
                    document.source.mid(document.differences[2].source.begin, document.differences[2].source.size()),
                    u"left"_s);
            QCOMPARE(document.pieces.back().kind, PieceKind::Pending);
            QCOMPARE(document.source.mid(document.pieces.back().source.begin).startsWith(u"The"_s), false);
            QCOMPARE(document.rows.size(), 4U); // a sentence a row, written or not
            QCOMPARE(document.rows.back().source.end, document.source.size());
        }
    }

    /// Both end with a line break: that of an unfinished text is not the source's last one.
    void anUnfinishedLineIsNotTheLastOne()
    {
        const auto document = documentOf("One here.\nTwo there.\nThree gone\n", "One here.\nToo\n", true);
        QCOMPARE(document.differences.size(), 1U);
        QCOMPARE(document.source.mid(document.differences[0].source.begin, document.differences[0].source.size()),
                 u"Two "_s);
        QCOMPARE(document.pieces.back().kind, PieceKind::Pending);
        // Nor is it a row of its own where all is written.
        const auto whole = documentOf("One here.\nTwo there.\nThree gone\n", "One here.\nToo far! Ho\n");
        QVERIFY(whole.source.mid(whole.rows.back().source.begin).size() > 1);
    }

    void longOmissionsAreManyRows()
    {
        std::string source;
        for (int i = 0; i < 200; ++i)
            source += "Nobody came to the quay that day. ";
        const auto document = documentOf(source, "");
        QCOMPARE(document.differences.size(), 1U);
        QCOMPARE(document.rows.size(), 200U);
    }

    void rangesTranslate()
    {
        const auto document = documentOf("The old cat sat.", "The dog sat.");
        const auto sat = document.source.indexOf(u"sat"_s);
        QCOMPARE(document.toReconstruction({sat, sat + 3}).begin, document.reconstruction.indexOf(u"sat"_s));
        const auto dog = document.reconstruction.indexOf(u"dog"_s);
        QCOMPARE(document.toSource({dog, dog + 3}), (TextRange{4, 11}));
    }

    void theListShowsWhatTheFilterLets()
    {
        DiffListModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(model.rowCount(), 0);
        model.setDocument(
            std::make_shared<const DiffDocument>(documentOf("We saw 12 big ships.", "We saw 14 large ships!")));
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.index(1, DiffListModel::Source).data().toString(), u"."_s);
        model.setFilter({DifferenceClass::CaseOrPunctuation});
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.differenceAt(0), 1);
        QCOMPARE(model.rowOf(0), -1);
        // White space that differs is something to see.
        model.setFilter({});
        model.setDocument(std::make_shared<const DiffDocument>(documentOf("Well- known.\n\t", "Well-known.")));
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.index(0, DiffListModel::Source).data().toString(), u"␣"_s);
        QCOMPARE(model.index(1, DiffListModel::Source).data().toString(), u"↵⇥"_s);
        QCOMPARE(model.index(1, DiffListModel::Class).data().toString(), u"white space"_s);
        model.setDocument(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void modelsStandBelowTheirBase()
    {
        ModelTreeModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        ModelList list;
        list.bases.resize(2);
        list.bases[0].folder = "/models/nano/base";
        list.bases[1].folder = "/models/other";
        list.bases[1].problem = "config.json is missing.";
        list.adapters.resize(2);
        list.adapters[0].path = "/models/nano/reconstruct";
        list.adapters[0].fits = {{"/models/nano/base", "", {}}};
        list.adapters[1].path = "/models/large";
        list.adapters[1].fits = {{"/models/nano/base", "hidden size 4096, not 512", {}}};
        model.setModels(list);
        QCOMPARE(model.rowCount(), 3);
        QCOMPARE(model.index(0, 0).data().toString(), u"nano"_s);
        QCOMPARE(model.rowCount(model.index(0, 0)), 1);
        QVERIFY(!model.index(1, 0).data(ModelTreeModel::ReasonRole).toString().isEmpty());
        const auto misfit = model.index(0, 0, model.index(2, 0));
        QVERIFY(misfit.data(ModelTreeModel::ReasonRole).toString().contains(u"hidden size 4096"_s));
        model.setLoaded("/models/nano/base", "/models/nano/reconstruct");
        const auto loaded = model.indexOf("/models/nano/base", "/models/nano/reconstruct");
        QCOMPARE(loaded, model.index(0, 0, model.index(0, 0)));
        QVERIFY(loaded.data(Qt::FontRole).value<QFont>().bold());
        QVERIFY(loaded.data(ModelTreeModel::LoadedRole).toBool());
        QVERIFY(!model.index(0, 0).data(ModelTreeModel::LoadedRole).toBool());
        QVERIFY(misfit.data(ModelTreeModel::SummaryRole).toString().contains(u"hidden size 4096"_s));
        QVERIFY(loaded.data(ModelTreeModel::SummaryRole).toString().contains(u"LoRA"_s));
        // Equal names are told apart by their folders.
        list.adapters[1].path = "/elsewhere/reconstruct";
        list.adapters[1].fits = {{"/models/nano/base", "", {}}};
        model.setModels(list);
        QCOMPARE(model.nameOf("/elsewhere/reconstruct"), u"reconstruct (/elsewhere)"_s);
        QCOMPARE(model.index(0, 0, model.index(0, 0)).data().toString(), u"reconstruct (/models/nano)"_s);
        QCOMPARE(model.nameOf("/models/nano/base"), u"nano"_s);
        model.setModels({});
    }

    /// Whoever asks a model that only copies is shown one that was trained to answer.
    void aModelForQuestionsIsFound()
    {
        ModelList list;
        const auto add = [&](const char* folder, std::int64_t parameters, const char* name,
                             std::vector<std::string> trained, std::int64_t bytes) {
            const auto base = std::string(folder) + "/base";
            if (list.bases.empty() || list.bases.back().folder != base) {
                list.bases.emplace_back().folder = base;
                list.bases.back().parameters = parameters;
            }
            auto& adapter = list.adapters.emplace_back();
            adapter.path = std::string(folder) + "/" + name;
            adapter.trained = std::move(trained);
            adapter.fits = {{base, "", {bytes, bytes / 2}}};
        };
        add("/nano", 27, "reconstruct", {"ae", "lm"}, 100);
        add("/nano", 27, "chat", {"ae", "ft"}, 100);
        add("/nano", 27, "talk", {"ft"}, 100);
        add("/middle", 47, "adapter", {"ae", "lm", "ft"}, 200);
        add("/copier", 300, "chat", {"ae"}, 300); // its name does not decide
        add("/unsaid", 300, "chat", {}, 300);
        add("/large", 1000, "adapter", {"ft"}, 4000);
        LoadedModel inUse;
        inUse.base = "/nano/base";
        inUse.adapter = "/nano/reconstruct";
        inUse.dtype = "fp32";
        inUse.memoryBytes = 100;
        inUse.specialTokens = {"AE", "LM", "FT"};
        inUse.trained = {"ae", "lm"};
        DeviceInfo device;
        device.freeBytes = 1000;
        const auto found = [&] { return modelForQuestions(list, inUse, &device); };
        using Model = AnsweringModel;
        QCOMPARE(found(), (Model{"/middle/base", "/middle/adapter"})); // the largest that finds room
        QCOMPARE(modelForQuestions(list, inUse, nullptr), (Model{"/large/base", "/large/adapter"}));
        device.freeBytes = 3900; // what the model in use takes is free then
        QCOMPARE(found(), (Model{"/large/base", "/large/adapter"}));
        device.freeBytes = 2000;
        inUse.dtype = "bf16";
        QCOMPARE(found(), (Model{"/large/base", "/large/adapter"}));
        inUse.dtype = "fp32";
        list.bases[1].problem = "config.json is missing.";
        list.adapters.back().fits.front().doesNotFit = "hidden size 4096, not 512";
        QCOMPARE(found(), (Model{"/nano/base", "/nano/chat"}));
        // Of equal bases the one in use: it is loaded already.
        list.bases.emplace_back().folder = "/a/base";
        list.bases.back().parameters = 27;
        list.adapters[2].fits.insert(list.adapters[2].fits.begin(), {"/a/base", "", {100, 50}});
        list.adapters.erase(list.adapters.begin() + 1);
        QCOMPARE(found(), (Model{"/nano/base", "/nano/talk"}));
        // Who was trained to answer is left alone, and so is who may have been.
        inUse.trained = {"lm", "ft"};
        QVERIFY(!found());
        inUse.trained = {};
        QVERIFY(found()); // called reconstruct
        inUse.adapter = "/elsewhere/adapter";
        QVERIFY(!found());
        inUse.specialTokens = {"AE"};
        QVERIFY(found());
        inUse.adapter = {};
        QVERIFY(found());
        // Of files that say nothing, the adapter called chat of the base in use, as it ever was.
        list.adapters.clear();
        QVERIFY(!found());
        list.bases[1].problem = {};
        add("/nano", 27, "chat", {}, 100);
        add("/middle", 47, "chat", {}, 100);
        QCOMPARE(found(), (Model{"/nano/base", "/nano/chat"}));
        list.adapters.back().trained = {"ft"};
        QCOMPARE(found(), (Model{"/middle/base", "/middle/chat"}));
    }

    void tokensKnowTheirPlaces()
    {
        std::vector<ScoredToken> tokens(3);
        tokens[0] = {5, "▁é", 0, 2, 0, 0.1, 0.2, 0, {}};
        tokens[1] = {6, "<0x0A>", 2, 3, 0, 3, 1, 4, {}};
        tokens[2] = {2, "</s>", 3, 3, 0, 0.5, 1, 0, {}};
        const auto document = makeTokenDocument(tokens, "é\n", true);
        QCOMPARE(document.items[0].range, (TextRange{0, 1}));
        QVERIFY(document.items[1].breaksLine);
        QVERIFY(document.items[2].special);
        QCOMPARE(document.tokenAt(1), 1);
        QCOMPARE(document.tokenAt(9), -1);
        QCOMPARE(readablePiece("<0xE2>"), u"⟨E2⟩"_s);
        for (const auto measure : {TokenMeasure::Nll, TokenMeasure::Entropy, TokenMeasure::Rank})
            QVERIFY(qAbs(intensityOf(valueAt(0.4, measure), measure) - 0.4) < 1e-9);
    }

    void rowsDoNotBeginWithFullStops()
    {
        const std::string source =
            "Harbour town votes to keep its night train\n\nHALVERN, 14 March. After eleven years of "
            "argument, the council of Halvern decided on Tuesday evening to keep the train that "
            "links the harbour with the capital.";
        const std::string written =
            "Harbour town islin whatever time took the oil reckor., the council of Halvern decided "
            "on Tuesday evening to keep the train that links the harbour with the capital.";
        const auto document = buildDiffDocument(source, {{0, source.size(), written, false}}, {}, false);
        QVERIFY(document.differences.size() >= 2);
        qsizetype at = 0;
        for (const auto& row : document.rows) {
            QCOMPARE(row.source.begin, at);
            at = row.source.end;
            const auto text = document.source.mid(row.source.begin, row.source.size());
            QVERIFY2(!text.startsWith(u'.') && !text.startsWith(u','), qPrintable(text));
        }
        QCOMPARE(at, document.source.size());
        QCOMPARE(document.rows.back().reconstruction.end, document.reconstruction.size());
    }

    void textFilesAreTexts()
    {
        const QTemporaryDir folder;
        const auto write = [&](const QString& name, const QByteArray& bytes) {
            QFile file(folder.filePath(name));
            if (file.open(QIODevice::WriteOnly))
                file.write(bytes);
            return file.fileName();
        };
        QCOMPARE(readTextFile(write(u"a.txt"_s, "Grüße\n")), u"Grüße\n"_s);
        QVERIFY_EXCEPTION_THROWN(readTextFile(folder.filePath(u"none.txt"_s)), Error);
        QVERIFY_EXCEPTION_THROWN(readTextFile(write(u"b.bin"_s, QByteArray("a\0b", 3))), Error);
        QVERIFY_EXCEPTION_THROWN(readTextFile(write(u"latin1.txt"_s,
                                                    "Gr\xfc\xdf"
                                                    "e")),
                                 Error); // no letter is lost unseen
        QVERIFY_EXCEPTION_THROWN(readTextFile(write(u"cut.txt"_s, "Gr\xc3")), Error);
        QVERIFY_EXCEPTION_THROWN(readTextFile(u"/dev/zero"_s), Error); // which never ends
        QCOMPARE(readTextFile(write(u"bom.txt"_s,
                                    "\xEF\xBB\xBF"
                                    "a\xEF\xBF\xBD")),
                 u"a\ufffd"_s);
        QCOMPARE(readTextFile(write(u"empty.txt"_s, "")), QString());
    }

    void samplesAreThere()
    {
        QCOMPARE(shiftLetters(u"Zebra, az"_s), u"Afcsb, ba"_s);
        QCOMPARE(sampleText(u"random"_s), sampleText(u"random"_s));
    }
};

QTEST_MAIN(TestDocuments)
#include "test_documents.moc"
