#include "../slowness.h"

#include "protocol/fields.h"
#include "study_samples.h"

#include <QDir>
#include <QProcess>
#include <QtTest>

using namespace icae;
using namespace Qt::StringLiterals;

/// icae-explorer --export: figures without a window, and what is wrong with a study or an option.
class TestFigureExport : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString file(const QString& name) const { return m_folder.filePath(name); }

    void write(const QString& name, const QByteArray& content) const
    {
        QFile target(file(name));
        QVERIFY(target.open(QIODevice::WriteOnly));
        target.write(content);
    }

    void makeStudy(const QString& name, StudyKind kind) const
    {
        QVERIFY(QDir(m_folder.path()).mkpath(name));
        write(name + u"/config.json"_s, QByteArray::fromStdString(nlohmann::json(StudySamples::config(kind)).dump(1)));
        QByteArray lines;
        for (const auto& sample : StudySamples::grid(3))
            lines += QByteArray::fromStdString(nlohmann::json(sample).dump()) + "\n";
        write(name + u"/cells.jsonl"_s, lines);
    }

    struct Result {
        int code = -1;
        QByteArray said;
    };

    Result run(const QStringList& arguments) const
    {
        QProcess process;
        process.setWorkingDirectory(m_folder.path());
        auto environment = QProcessEnvironment::systemEnvironment();
        environment.remove(u"QT_QPA_PLATFORM"_s); // the program knows that it needs no display
        environment.remove(u"DISPLAY"_s);
        environment.remove(u"WAYLAND_DISPLAY"_s);
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(ICAE_EXPLORER), arguments);
        process.waitForFinished(60'000 * slowness);
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1, process.readAllStandardError()};
    }

    QByteArray content(const QString& name) const
    {
        QFile source(file(name));
        return source.open(QIODevice::ReadOnly) ? source.readAll() : QByteArray();
    }

private Q_SLOTS:
    void initTestCase()
    {
        makeStudy(u"study"_s, StudyKind::Length);
        makeStudy(u"moved/elsewhere"_s, StudyKind::Length);
        makeStudy(u"content"_s, StudyKind::Content);
    }

    void drawsEachFormat()
    {
        for (const auto& name : {u"a.svg"_s, u"a.pdf"_s, u"a.png"_s}) {
            const auto result = run({u"--export"_s, u"study"_s, u"-o"_s, name});
            QVERIFY2(result.code == 0, result.said);
        }
        QVERIFY(content(u"a.svg"_s).contains("</svg>"));
        QVERIFY(content(u"a.pdf"_s).startsWith("%PDF-"));
        QVERIFY(content(u"a.png"_s).startsWith("\x89PNG"));
        QCOMPARE(run({u"--export"_s, u"study"_s, u"--format"_s, u"svg"_s, u"--measure"_s, u"bleu"_s, u"--band"_s,
                      u"interval"_s, u"-o"_s, u"bare"_s})
                     .code,
                 0);
        QVERIFY(content(u"bare"_s).contains("bootstrap"));
        QCOMPARE(run({u"--export"_s, u"study"_s, u"--heat-map"_s, u"-o"_s, u"heat.svg"_s}).code, 0);
    }

    void aCopiedFolderGivesTheSameFigure()
    {
        QCOMPARE(run({u"--export"_s, u"study"_s, u"-o"_s, u"here.svg"_s}).code, 0);
        QCOMPARE(run({u"--export"_s, u"moved/elsewhere"_s, u"-o"_s, u"there.svg"_s}).code, 0);
        QVERIFY(!content(u"here.svg"_s).isEmpty());
        QCOMPARE(content(u"there.svg"_s), content(u"here.svg"_s));
    }

    void leavesDamagedLinesOut()
    {
        makeStudy(u"damaged"_s, StudyKind::Length);
        write(u"damaged/cells.jsonl"_s, content(u"damaged/cells.jsonl"_s) + "{\"cell\": \n");
        const auto result = run({u"--export"_s, u"damaged"_s, u"-o"_s, u"damaged.svg"_s});
        QCOMPARE(result.code, 0);
        QVERIFY2(result.said.contains("1 damaged line"), result.said);
        QCOMPARE(content(u"damaged.svg"_s), content(u"here.svg"_s));
    }

    void faults_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("words");
        const QStringList output{u"-o"_s, u"fault.svg"_s};
        const auto study = QStringList{u"--export"_s, u"study"_s} + output;
        QTest::newRow("no folder") << QStringList{u"--export"_s, u"missing"_s} + output << QByteArray("no folder");
        QTest::newRow("no study") << QStringList{u"--export"_s, u"moved"_s} + output << QByteArray("no study");
        QTest::newRow("format") << QStringList{u"--export"_s, u"study"_s, u"-o"_s, u"fault.jpg"_s}
                                << QByteArray(".svg, .pdf or .png");
        QTest::newRow("measure") << study + QStringList{u"--measure"_s, u"f1"_s} << QByteArray("It has: bleu");
        QTest::newRow("axis") << study + QStringList{u"--x"_s, u"batch"_s} << QByteArray("does not vary");
        QTest::newRow("no axis") << study + QStringList{u"--x"_s, u"time"_s} << QByteArray("Known are: tokens");
        QTest::newRow("band") << study + QStringList{u"--band"_s, u"sigma"_s} << QByteArray("Known are: quartiles");
        QTest::newRow("overlay") << study + QStringList{u"--overlay"_s, u"content"_s} << QByteArray("another kind");
        QTest::newRow("place") << QStringList{u"--export"_s, u"study"_s, u"-o"_s, u"no/such/folder.svg"_s}
                               << QByteArray("no/such");
    }

    void faults()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QByteArray, words);
        const auto result = run(arguments);
        QCOMPARE(result.code, 3);
        QVERIFY2(result.said.contains(words), result.said);
        QVERIFY2(result.said.contains("icae-explorer: ") && result.said.count('\n') >= 2, result.said);
        QVERIFY(!QFile::exists(file(u"fault.svg"_s)));
    }

    void needsAFile() { QCOMPARE(run({u"--export"_s, u"study"_s}).code, 2); }
};

QTEST_GUILESS_MAIN(TestFigureExport)
#include "test_figure_export.moc"
