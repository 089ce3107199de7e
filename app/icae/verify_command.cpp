#include "command.h"

#include "check/verify.h"
#include "check/verify_training.h"

#include <cstdio>
#include <iostream>

namespace icae {

namespace {

struct Arguments {
    ModelOptions model;
    std::vector<std::filesystem::path> folders;
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
        std::cout << nlohmann::json{{"ok", ok}, {"folders", all}}.dump(2) << "\n";
    else
        std::cout << (ok ? "All within tolerance.\n" : "Some values are out of tolerance.\n");
    return ok ? exitSuccess : exitCheckFailed;
}

} // namespace

CommandAction addVerify(CLI::App& program)
{
    auto* command = program.add_subcommand("verify", "Compare with recorded values: the self-test on a new device");
    const auto arguments = std::make_shared<Arguments>();
    arguments->model.addTo(*command);
    command->add_option("DIR", arguments->folders, "Folders with golden cases, or folders of such folders")->required();
    command->add_flag("--plain", arguments->plain, "Use plain ATen operations instead of fused kernels");
    command->footer("Exits with 1 where a value is out of tolerance.\n"
                    "Example: icae verify tests/golden --device cuda --dtype fp32");
    return [arguments](CommandContext& context) { return verifyFolders(*arguments, context); };
}

} // namespace icae
