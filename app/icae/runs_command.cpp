#include "command.h"

#include "protocol/fields.h"
#include "runs/places.h"
#include "runs/run_index.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>

namespace icae {

namespace {

struct Arguments {
    std::string root;
    bool json = false;
};

/// A status that somebody else wrote may hold what no integer can.
std::int64_t wholeOf(double number)
{
    constexpr double most = 1e15;
    return static_cast<std::int64_t>(std::min(number, most));
}

std::string duration(double seconds)
{
    const auto whole = wholeOf(seconds);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(whole / 3600), // NOLINT
                  static_cast<long long>(whole / 60 % 60), static_cast<long long>(whole % 60));
    return text.data();
}

void print(const RunSummary& run)
{
    const auto& s = run.status;
    const auto step = grouped(s.step) + (s.steps > 0 ? " / " + grouped(s.steps) : "");
    // What has not been measured yet is not 0.
    const auto known = [](bool measured, const std::string& value) { return measured ? value : std::string("-"); };
    const bool logged = s.tokensPerSecond > 0;
    const auto watched = s.watched ? fixed(s.watched->last, 4) + " / " + fixed(s.watched->best, 4) : std::string("-");
    std::array<char, 256> line{};
    std::snprintf(line.data(), line.size(), "%-10s %-9s %17s %8s %17s %12s %9s  ", nameOf(s.state), // NOLINT: a table
                  s.stage.c_str(), step.c_str(), known(logged, fixed(s.loss, 4)).c_str(), watched.c_str(),
                  known(logged, grouped(wholeOf(s.tokensPerSecond))).c_str(),
                  known(s.step > 0, duration(s.secondsLeft)).c_str());
    std::cout << line.data() << run.folder.string() << "\n";
    for (const auto& warning : s.warnings)
        std::cout << "    " << warning << "\n";
    if (!s.paused.empty())
        std::cout << "    " << s.paused << "\n";
    if (!s.reason.empty() && s.state != RunState::Finished)
        std::cout << "    " << s.reason << "\n";
}

int listAll(const Arguments& arguments)
{
    const auto runs = listRuns(arguments.root);
    if (arguments.json) {
        nlohmann::json all = nlohmann::json::array();
        for (const auto& run : runs) {
            nlohmann::json json(run.status);
            json["run"] = run.folder.string();
            all.push_back(std::move(json));
        }
        printJson(all);
        return exitSuccess;
    }
    if (runs.empty()) {
        std::cout << "There are no runs in " << arguments.root << ".\n";
        return exitSuccess;
    }
    std::cout << "state      stage                  step     loss       last / best     tokens/s      left  run\n";
    for (const auto& run : runs)
        print(run);
    return exitSuccess;
}

} // namespace

CommandAction addRuns(CLI::App& program)
{
    auto* command = program.add_subcommand("runs", "List training runs and studies, and how they are doing");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("ROOT", arguments->root, "A run's folder, or a folder of runs")
        ->default_val(defaultRunsFolder().string());
    command->add_flag("--json", arguments->json, "Print a JSON list");
    command->footer("Example: icae runs runs");
    return [arguments](CommandContext&) { return listAll(*arguments); };
}

} // namespace icae
