#include "command.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"
#include "report/study_table.h"
#include "runs/run_directory.h"
#include "runs/run_reader.h"
#include "study/spec.h"
#include "study/study.h"
#include "tensor/atomic_file.h"
#include "text/text_file.h"

#include <csignal>
#include <iostream>

namespace icae {

namespace fs = std::filesystem;

namespace {

struct Arguments {
    std::string spec;
    std::string run;
    std::string folder;
    std::string printTemplate;
    bool resume = false;
    bool detach = false;
    bool json = false;
};

struct ExportArguments {
    std::string run;
    std::string format = "csv";
    std::string output;
    bool samples = false;
};

StudyKind kindNamed(const std::string& name)
{
    const auto names = namesOf(StudyKind());
    std::string known;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (name == names.at(i))
            return static_cast<StudyKind>(i);
        known += (known.empty() ? "" : ", ") + std::string(names.at(i));
    }
    throw Error(ErrorKind::InvalidInput, "There is no kind of study \"" + name + "\".", "Known are: " + known + ".");
}

int study(const Arguments& arguments, const CLI::App& command, CommandContext& context)
{
    if (!arguments.printTemplate.empty()) {
        std::cout << studyTemplate(kindNamed(arguments.printTemplate));
        return exitSuccess;
    }
    if (arguments.run.empty() || arguments.resume != arguments.spec.empty())
        throw Error(ErrorKind::InvalidInput, "Give a spec and --run, or --run and --resume.",
                    "Example: icae study spec.json --run runs/by-length");
    const fs::path run = arguments.run;
    StudySpec spec;
    if (arguments.resume) {
        spec = readStudyConfig(run).spec;
    } else {
        const fs::path file = arguments.spec;
        const auto folder = arguments.folder.empty() ? fs::absolute(file).parent_path() : fs::path(arguments.folder);
        spec = parseStudySpec(readTextFile(file), file.string(), folder);
        requireNoProblems(spec, file.string());
    }
    if (arguments.detach) {
        requireUsable(run, arguments.resume, RunKind::Study);
        launchAgainDetached("Measuring", run, command);
        return exitSuccess;
    }
    std::signal(SIGPIPE, SIG_IGN); // who reads the output may go away; the study does not end with it
    StudyOptions options{run, arguments.resume, ICAE_VERSION, context.progress.callback(), {}};
    if (!arguments.json)
        options.message = [&](const std::string& line) {
            context.progress.clear();
            std::cerr << line << "\n";
        };
    const auto status = runStudy(spec, options, context.stop);
    context.progress.clear();
    if (arguments.json)
        printJson(nlohmann::json(status));
    return status.state == RunState::Stopped ? exitStopped : exitSuccess;
}

int exportStudy(const ExportArguments& arguments)
{
    const auto config = readStudyConfig(arguments.run);
    const auto [samples, restarted, damaged] = readAllSamples(arguments.run, arguments.samples);
    if (damaged > 0)
        std::cerr << "Warning: " << damaged << " damaged lines of " << studyCellsName
                  << " were left out. Resume the study to measure them again.\n";
    const auto table = studyTable(config, samples);
    const auto content = arguments.samples ? samplesAsCsv(samples)
        : arguments.format == "csv"        ? asCsv(table)
        : arguments.format == "latex"      ? asLatex(table)
                                           : jsonText(table, 2) + "\n";
    if (arguments.output.empty())
        std::cout << content;
    else
        writeFile(arguments.output, content);
    return exitSuccess;
}

} // namespace

CommandAction addStudy(CLI::App& program)
{
    auto* command = program.add_subcommand("study", "Measure many texts as a run that can be stopped and resumed");
    const auto arguments = std::make_shared<Arguments>();
    command->add_option("SPEC", arguments->spec, "Spec file (JSON with comments)");
    command->add_option("--run", arguments->run, "Folder of the run");
    command->add_flag("--resume", arguments->resume, "Go on with the run");
    command->add_option("--folder", arguments->folder,
                        "Folder that the spec's paths start from, if not the spec's own");
    command->add_option("--template", arguments->printTemplate,
                        "Print a commented spec: length, slots, content, continuation, models, latency, questions or "
                        "position");
    command->add_flag(detachFlag, arguments->detach, "Go on in the background, also after the terminal is closed");
    command->add_flag("--json", arguments->json, "Print the last status as one JSON object");
    command->footer("Ctrl-C stops it within one forward; what was measured stays, and --resume goes on.\n"
                    "Example: icae study --template length > spec.json && icae study spec.json --run runs/by-length\n"
                    "         icae study export runs/by-length --format latex");
    auto* exporting = command->add_subcommand("export", "Write a study's table of cells, or its samples");
    const auto exported = std::make_shared<ExportArguments>();
    exporting->add_option("DIR", exported->run, "Folder of the run")->required();
    exporting->add_option("--format", exported->format, "csv, json or latex")
        ->check(CLI::IsMember({"csv", "json", "latex"}))
        ->capture_default_str();
    exporting->add_flag("--samples", exported->samples, "CSV of every sample instead of the cells");
    exporting->add_option("-o,--output", exported->output, "File to write; standard output where not given");
    return [arguments, command, exported, exporting](CommandContext& context) {
        return exporting->parsed() ? exportStudy(*exported) : study(*arguments, *command, context);
    };
}

} // namespace icae
