// Prints how soon background work of the engine gives way to a person: ICAE_MODEL=… bench_yield. Machines differ, so
// nothing here passes or fails. What a person's small request takes beside background work, less what it takes alone,
// is what it waited for.
#include "engine.h"

#include <QCoreApplication>
#include <QRandomGenerator>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

using namespace icae;

namespace {

constexpr int rounds = 25;

double medianOf(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values.at(values.size() / 2);
}

SourceParams textOf(std::size_t characters)
{
    std::string text;
    for (int i = 0; text.size() < characters; ++i)
        text += "The ferry left the pier at " + std::to_string(i % 12 + 1) + ", and nobody on deck spoke of it. ";
    SourceParams source;
    source.text = text;
    return source;
}

ScoreParams score(std::size_t characters, bool background)
{
    ScoreParams params;
    params.source = textOf(characters);
    params.background = background;
    return params;
}

/// Milliseconds until a small request of a person is answered.
double ask(Engine& engine)
{
    QElapsedTimer clock;
    clock.start();
    engine.call(protocol::score, score(30, false));
    return static_cast<double>(clock.nsecsElapsed()) * 1e-6;
}

template <typename Params, typename Result>
void measure(Engine& engine, const char* what, const protocol::Method<Params, Result>& method, const Params& background)
{
    std::vector<double> alone;
    for (int i = 0; i < rounds; ++i)
        alone.push_back(ask(engine));
    std::vector<double> waited;
    for (int i = 0; i < rounds; ++i) {
        const auto id = engine.send(method, background);
        // Some way into the work.
        std::this_thread::sleep_for(std::chrono::milliseconds(QRandomGenerator::global()->bounded(100, 1500)));
        waited.push_back(ask(engine) - medianOf(alone));
        if (engine.answered(id)) {
            std::printf("%-34s was answered too soon\n", what);
            return;
        }
        engine.cancel(id);
        engine.answer(id);
    }
    std::printf("%-34s median %5.0f ms, longest %5.0f ms; the request alone %4.0f ms\n", what, medianOf(waited),
                *std::max_element(waited.begin(), waited.end()), medianOf(alone));
    std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv)
{
    const QCoreApplication application(argc, argv);
    const ModelFixture folder; // to work in
    Engine engine(folder);
    engine.call(protocol::initialize, {protocol::version, "bench"});
    LoadModelParams load;
    load.base = qEnvironmentVariable("ICAE_MODEL").toStdString();
    engine.call(protocol::modelsLoad, load);
    constexpr std::size_t longText = 200'000; // characters
    CompressParams compressed;
    compressed.source = textOf(longText);
    compressed.background = true;
    measure(engine, "compressing gives way", protocol::compress, compressed);
    measure(engine, "rating gives way", protocol::score, score(longText, true));
    ReconstructParams reconstructed;
    reconstructed.source = textOf(longText);
    reconstructed.background = true;
    measure(engine, "reconstructing gives way", protocol::reconstruct, reconstructed);
    return 0;
}
