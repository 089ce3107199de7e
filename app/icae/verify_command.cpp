#include "command.h"

#include "check/verify.h"
#include "check/verify_decoding.h"
#include "check/verify_training.h"
#include "protocol/error.h"
#include "study/evaluate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    std::vector<std::filesystem::path> folders;
    std::string decoding; ///< texts to decode both ways
    std::vector<std::string> cells{"512:128", "512:32", "256:16", "512:16"};
    DecodingCheckOptions check;
    bool plain = false;
};

void print(const VerifyReport& report)
{
    std::cout << report.folder.string() << "  (" << report.device << ", " << report.dtype << ")\n";
    for (const auto& check : report.checks) {
        std::array<char, 160> line{};
        std::snprintf(line.data(), line.size(), "  %-6s %-15s worst %.2e  tolerance %.0e  of %lld", // NOLINT: a table
                      check.informative ? "note"
                          : check.ok()  ? "ok"
                                        : "FAILED",
                      check.kind.c_str(), check.worst, check.tolerance, static_cast<long long>(check.compared));
        std::cout << line.data() << "  (" << check.where << ")\n";
    }
}

nlohmann::json toJson(const VerifyReport& report)
{
    nlohmann::json checks = nlohmann::json::array();
    for (const auto& check : report.checks)
        checks.push_back({{"kind", check.kind},
                          {"worst", check.worst},
                          {"tolerance", check.tolerance},
                          {"where", check.where},
                          {"compared", check.compared},
                          {"informative", check.informative},
                          {"ok", check.ok()}});
    return {{"folder", report.folder.string()},
            {"device", report.device},
            {"dtype", report.dtype},
            {"ok", report.ok()},
            {"checks", checks}};
}

int verifyFolders(const Arguments& arguments, CommandContext& context)
{
    auto options = arguments.model.options();
    options.plainKernels = arguments.plain;
    bool ok = true;
    nlohmann::json all = nlohmann::json::array();
    for (const auto& folder : goldenFolders(arguments.folders)) {
        if (context.stop.stop_requested())
            return exitStopped;
        auto report = verifyFolder(folder, arguments.model.model, options);
        for (auto& check : verifyTraining(folder, arguments.model.model, options))
            report.checks.push_back(std::move(check));
        ok = ok && report.ok();
        if (arguments.model.json)
            all.push_back(toJson(report));
        else
            print(report);
    }
    if (arguments.model.json)
        printJson(nlohmann::json{{"ok", ok}, {"folders", all}});
    else
        std::cout << (ok ? "All within tolerance.\n" : "Some values are out of tolerance.\n");
    return ok ? exitSuccess : exitCheckFailed;
}

std::pair<std::int64_t, std::int64_t> cellOf(const std::string& text)
{
    const auto colon = text.find(':');
    std::pair<std::int64_t, std::int64_t> cell;
    const auto read = [](std::string_view digits, std::int64_t& number) {
        const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        return fault == std::errc() && end == digits.data() + digits.size();
    };
    const std::string_view view = text;
    if (colon == std::string::npos || !read(view.substr(0, colon), cell.first)
        || !read(view.substr(colon + 1), cell.second))
        throw Error(ErrorKind::InvalidInput, "\"" + text + "\" is no cell.",
                    "Write tokens and slots as TOKENS:SLOTS, such as 512:128.");
    return cell;
}

int verifyDrafts(const Arguments& arguments, CommandContext& context)
{
    auto options = arguments.check;
    for (const auto& cell : arguments.cells)
        options.cells.push_back(cellOf(cell));
    const auto model = arguments.model.load(context, "reconstruct");
    const auto report =
        verifyDecoding(*model, readTexts(arguments.decoding), options, context.progress.callback(), context.stop);
    context.progress.clear();
    nlohmann::json differences = nlohmann::json::array();
    double worst = 0;
    for (const auto& d : report.differences) {
        worst = std::max(worst, report.relative ? d.gap / std::abs(d.largest) : d.gap);
        differences.push_back({{"tokens", d.tokens},
                               {"slots", d.slots},
                               {"window", d.window},
                               {"place", d.place},
                               {"gap", d.gap},
                               {"largest_logit", d.largest}});
    }
    if (arguments.model.json) {
        printJson(nlohmann::json{{"ok", report.ok()},
                                 {"windows", report.windows},
                                 {"identical", report.identical},
                                 {"differences", differences},
                                 {"worst_gap", worst},
                                 {"tolerance", report.tolerance},
                                 {"tolerance_of_largest_logit", report.relative},
                                 {"plain_seconds", report.plainSeconds},
                                 {"drafted_seconds", report.draftedSeconds}});
    } else {
        std::array<char, 200> line{};
        std::snprintf(line.data(), line.size(), // NOLINT: a table
                      "%lld of %lld windows identical; worst gap at a first difference %.2e, tolerance %.0e%s\n",
                      static_cast<long long>(report.identical), static_cast<long long>(report.windows), worst,
                      report.tolerance, report.relative ? " of the largest logit" : "");
        std::cout << line.data() << "decode: plain " << fixed(report.plainSeconds, 2) << " s, drafted "
                  << fixed(report.draftedSeconds, 2) << " s\n";
        std::cout << (report.ok() ? "All within tolerance.\n" : "Some texts differ by more than rounding.\n");
    }
    return report.ok() ? exitSuccess : exitCheckFailed;
}

} // namespace

CommandAction addVerify(CLI::App& program)
{
    auto* command = program.add_subcommand("verify", "Compare with recorded values: the self-test on a new device");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    auto* folders =
        command->add_option("DIR", arguments->folders, "Folders with golden cases, or folders of such folders");
    auto* decoding = command->add_option("--decoding", arguments->decoding,
                                         "JSON lines with a field \"text\": instead, reconstruct their windows by "
                                         "drafts and token by token, and compare");
    command->add_option("--cells", arguments->cells, "Cells of that, TOKENS:SLOTS each")
        ->delimiter(',')
        ->capture_default_str()
        ->needs(decoding);
    command->add_option("--windows", arguments->check.windows, "Most windows a cell")
        ->capture_default_str()
        ->check(countable())
        ->needs(decoding);
    command->add_option("--batch", arguments->check.batch, "Windows decoded together")
        ->capture_default_str()
        ->check(countable())
        ->needs(decoding);
    decoding->excludes(folders);
    command->add_flag("--plain", arguments->plain, "Use plain ATen operations instead of fused kernels");
    command->footer("Exits with 1 where a value is out of tolerance.\n"
                    "Example: icae verify tests/golden --device cuda --dtype fp32\n"
                    "         icae verify --model models/nano --decoding val.jsonl --cells 512:128,512:16");
    return [arguments](CommandContext& context) {
        if (!arguments->decoding.empty())
            return verifyDrafts(*arguments, context);
        if (arguments->folders.empty())
            throw Error(ErrorKind::InvalidInput, "Nothing to verify was named.", "Give a folder DIR, or --decoding.");
        return verifyFolders(*arguments, context);
    };
}

} // namespace icae
