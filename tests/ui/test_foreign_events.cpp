#include "models/curve_run.h"
#include "runs/event_reader.h"
#include "runs/run_index.h"
#include "runs/run_reader.h"

#include <QDir>
#include <QFile>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace icae;
using namespace Qt::StringLiterals;

namespace fs = std::filesystem;

/// Event files of other programs, from their bytes to curves. A case is a folder of tests/data/events with an
/// expected.json: its README says more.
class TestForeignEvents : public QObject {
    Q_OBJECT

    /// {tag: [[step, value]]}
    static nlohmann::json curvesOf(const CurveRun& run)
    {
        nlohmann::json curves;
        for (const auto& [tag, column] : run.columns)
            for (std::size_t i = 0; i < column.rows.size(); ++i) {
                const double value = column.values[i];
                curves[tag].push_back(
                    {run.steps[column.rows[i]], std::isfinite(value) ? nlohmann::json(value) : nlohmann::json()});
            }
        return curves;
    }

    /// @param most bytes a reading
    static CurveRunPtr read(const fs::path& folder, std::int64_t most)
    {
        CurveRunPtr run;
        ReadRunParams params{folder.string()};
        params.most = most;
        for (bool more = true; more;) {
            const auto content = readRun(params);
            if (!content.info.status.warnings.empty()) // a torn end is no damage
                return std::make_shared<CurveRun>();
            run = appendLines(run, QString::fromStdString(folder.string()), content.metrics.lines, {});
            params.since = content.position;
            more = content.more;
        }
        return run;
    }

private Q_SLOTS:
    void readsAsWritten_data()
    {
        QTest::addColumn<QString>("folder");
        const QDir events(QStringLiteral(ICAE_TEST_DATA "/events"));
        for (const auto& name : events.entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            if (QFile::exists(events.filePath(name) + u"/expected.json"_s))
                QTest::newRow(qPrintable(name)) << events.filePath(name);
    }

    void readsAsWritten()
    {
        QFETCH(const QString, folder);
        QFile file(folder + u"/expected.json"_s);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto expected = nlohmann::json::parse(file.readAll().toStdString());
        const fs::path root = folder.toStdString();
        nlohmann::json found;
        for (const auto& run : listRuns(root)) {
            QVERIFY(holdsForeignEvents(run.folder));
            const auto whole = curvesOf(*read(run.folder, std::int64_t{1} << 24));
            found[fs::relative(run.folder, root).string()] = whole;
            QCOMPARE(curvesOf(*read(run.folder, 100)), whole); // as it grows
        }
        for (const auto& [run, curves] : expected["runs"].items()) {
            QVERIFY2(found.contains(run), run.c_str());
            for (const auto& [tag, points] : curves.items())
                QVERIFY2(found[run][tag] == points,
                         (run + " " + tag + ": " + found[run][tag].dump() + "\nexpected " + points.dump()).c_str());
            for (const auto& [tag, points] : found[run].items())
                QVERIFY2(curves.contains(tag), ("no curve: " + tag).c_str());
        }
        QCOMPARE(found.size(), expected["runs"].size());
    }
};

QTEST_GUILESS_MAIN(TestForeignEvents)
#include "test_foreign_events.moc"
