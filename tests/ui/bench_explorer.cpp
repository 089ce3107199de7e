// Prints how long the window takes for what its users wait for. Build bench_explorer and run it by hand: machines
// differ, so nothing here passes or fails.
#include "bench_curves.h"
#include "models/diff_document.h"
#include "models/sample_texts.h"
#include "pages/all_pages.h"
#include "pages/compress/compress_page.h"
#include "pages/compress/source_pane.h"
#include "session/engine_client.h"
#include "session/settings.h"
#include "session/theme.h"
#include "watchdog.h"
#include "window/main_window.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <cstdio>

using namespace icae;
using namespace Qt::StringLiterals;

namespace {

void report(const std::string& what, qint64 milliseconds)
{
    std::printf("%-62s %6lld ms\n", what.c_str(), static_cast<long long>(milliseconds));
    std::fflush(stdout);
}

QString longText(qsizetype characters)
{
    QString text;
    while (text.size() < characters)
        text += sampleText(u"ferry"_s) + u"\n\n"_s + sampleText(u"news"_s) + u"\n\n"_s;
    return text.left(characters);
}

} // namespace

int main(int argc, char** argv)
{
    QElapsedTimer clock;
    clock.start();
    QApplication application(argc, argv);
    const QTemporaryDir folder;
    Settings settings(folder.filePath(u"settings.ini"_s));
    Theme theme;
    theme.apply();
    EngineClient client;
    client.setCommand(u"%1 serve"_s.arg(QStringLiteral(ICAE_PROGRAM)));
    MainWindow window(theme, client, settings, QStringList{qEnvironmentVariable("ICAE_MODEL")}, allPages());
    window.show();
    if (!QTest::qWaitForWindowExposed(&window))
        return 1;
    report("time to first window", clock.elapsed());

    Watchdog watchdog;
    QTest::qWait(50);
    watchdog.reset();
    auto& editor = window.findChild<SourcePane*>()->editor();
    const auto text = longText(400'000);
    clock.start();
    window.findChild<CompressPage*>()->setSource(text);
    if (!QTest::qWaitFor([&] { return !editor.isInserting(); }, 60'000))
        return 1;
    report("paste of 400,000 characters", clock.elapsed());
    for (int i = 0; i < 30; ++i) {
        QTest::keyClick(&editor, i % 2 == 0 ? Qt::Key_PageDown : Qt::Key_X);
        QTest::qWait(5);
    }
    report("longest stall while pasting and typing", watchdog.longestStall());

    const auto source = longText(80'000).toStdString(); // some 20,000 tokens
    auto written = source;
    for (std::size_t at = 0; (at = written.find(" the ", at)) != std::string::npos; at += 5)
        if (at % 3 == 0)
            written.replace(at, 5, " a ");
    clock.start();
    const auto document = buildDiffDocument(source, {{0, source.size(), written, false}}, {}, false);
    report("alignment of some 20,000 tokens", clock.elapsed());
    std::printf("%-62s %6zu\n", "  differences", document.differences.size());

    client.start();
    if (!QTest::qWaitFor([&] { return client.state() == EngineClient::State::Ready; }, 60'000))
        return 1;
    clock.start();
    ::kill(static_cast<pid_t>(client.process().processId()), SIGKILL);
    if (!QTest::qWaitFor([&] { return client.state() != EngineClient::State::Ready; }, 10'000)
        || !QTest::qWaitFor([&] { return client.state() == EngineClient::State::Ready; }, 60'000))
        return 1;
    report("engine killed until it answers again", clock.elapsed());
    benchCurves(client, theme, report);
    return 0;
}
