#include "export_figure.h"

#include "models/figure_document.h"
#include "protocol/error.h"
#include "protocol/fields.h"
#include "widgets/plot/figure_export.h"

#include <QCommandLineParser>
#include <QCoreApplication>

#include <algorithm>
#include <cstdio>
#include <span>
#include <string_view>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int exitUsage = 2; // as the program icae
constexpr int exitError = 3;

QString tr(const char* text)
{
    return QCoreApplication::translate("ExportFigure", text);
}

void say(const std::string& line)
{
    std::fprintf(stderr, "%s\n", line.c_str());
}

/// @throws Error (InvalidInput) naming what is known
template <NamedEnum T> T named(const QString& name, const char* what)
{
    std::string known;
    const auto names = namesOf(T());
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (name == QLatin1StringView(names.at(i)))
            return static_cast<T>(i);
        known += (known.empty() ? "" : ", ") + std::string(names.at(i));
    }
    throw Error(ErrorKind::InvalidInput, std::string("There is no ") + what + " \"" + name.toStdString() + "\".",
                "Known are: " + known + ".");
}

FigureOptions optionsOf(const QCommandLineParser& parser, const StudyDocument& study)
{
    FigureOptions options;
    for (const auto& value : parser.values(u"measure"_s))
        for (const auto& name : value.split(u',', Qt::SkipEmptyParts)) {
            const auto measure = name.trimmed().toStdString();
            const auto known = figureMeasures(study);
            if (std::find(known.begin(), known.end(), measure) == known.end()) {
                std::string all;
                for (const auto& one : known)
                    all += (all.empty() ? "" : ", ") + one;
                throw Error(ErrorKind::InvalidInput, "The study has no measure \"" + measure + "\".",
                            "It has: " + all + ".");
            }
            options.measures.push_back(measure);
        }
    if (parser.isSet(u"x"_s)) {
        options.x = named<FigureAxis>(parser.value(u"x"_s), "axis");
        const auto axes = figureAxes(study);
        if (std::find(axes.begin(), axes.end(), *options.x) == axes.end())
            throw Error(ErrorKind::InvalidInput,
                        std::string("The study does not vary along the axis \"") + nameOf(*options.x) + "\".",
                        std::string("Leave --x out for \"") + nameOf(axes.front()) + "\".");
    }
    if (parser.isSet(u"band"_s))
        options.band = named<FigureBand>(parser.value(u"band"_s), "band");
    if (parser.isSet(u"heat-map"_s)) {
        if (!hasHeatMap(study))
            throw Error(ErrorKind::InvalidInput, "A heat map needs several lengths and several slot counts.",
                        "Leave --heat-map out.");
        options.form = FigureForm::HeatMap;
    }
    options.samples = !parser.isSet(u"no-samples"_s);
    options.published = !parser.isSet(u"no-published"_s);
    if (parser.isSet(u"log-y"_s))
        options.logY = true;
    return options;
}

StudyDocumentPtr read(const QString& folder)
{
    auto study = readStudyFolder(folder);
    if (study->damaged > 0)
        say("Warning: " + std::to_string(study->damaged) + " damaged lines of the study in " + folder.toStdString()
            + " were left out.");
    return study;
}

} // namespace

bool asksForExport(int argc, char** argv)
{
    const auto arguments = std::span(argv, static_cast<std::size_t>(argc));
    return std::any_of(arguments.begin(), arguments.end(), [](std::string_view argument) {
        return argument == "--export" || argument.starts_with("--export=");
    });
}

void addExportOptions(QCommandLineParser& parser)
{
    parser.addOptions({
        {u"export"_s, tr("Draw the figure of the study in DIR into a file, and end"), u"DIR"_s},
        {{u"o"_s, u"output"_s}, tr("The figure's file"), u"FILE"_s},
        {u"format"_s, tr("svg, pdf or png; else from the file's name"), u"FORMAT"_s},
        {u"measure"_s, tr("A panel for each, for example bleu,em,loss"), u"NAMES"_s},
        {u"x"_s,
         tr("What runs along x: tokens, slots, ratio, spans, batch, step, content, context, model, place, "
            "surprisal or class"),
         u"AXIS"_s},
        {u"band"_s, tr("quartiles (of medians), interval (95 % bootstrap, of means) or none"), u"BAND"_s},
        {u"heat-map"_s, tr("Lengths and slots as a map instead of lines")},
        {u"overlay"_s, tr("Another study to lay over it; may be given several times"), u"DIR"_s},
        {u"log-y"_s, tr("A logarithmic y axis")},
        {u"no-samples"_s, tr("Without a dot for each sample")},
        {u"no-published"_s, tr("Without the figures of the paper")},
    });
}

int exportFigure(const QCommandLineParser& parser, const Theme& theme)
{
    try {
        const auto file = parser.value(u"output"_s);
        if (file.isEmpty()) {
            say("icae-explorer: --export needs a file to write.\nExample: icae-explorer --export runs/by-length -o "
                "by-length.pdf");
            return exitUsage;
        }
        const auto format = figureFormatOf(parser.isSet(u"format"_s) ? u'.' + parser.value(u"format"_s) : file);
        std::vector<StudyDocumentPtr> studies{read(parser.value(u"export"_s))};
        const auto options = optionsOf(parser, *studies.front());
        for (const auto& folder : parser.values(u"overlay"_s)) {
            studies.push_back(read(folder));
            if (studies.back()->config.spec.kind != studies.front()->config.spec.kind)
                throw Error(ErrorKind::InvalidInput,
                            "The study in " + folder.toStdString()
                                + " is of another kind: " + nameOf(studies.back()->config.spec.kind) + ".",
                            "Lay studies of one kind over each other.");
        }
        exportFigure(*makeFigure(std::move(studies), options), theme, format, file);
        return 0;
    } catch (const Error& error) {
        say("icae-explorer: " + error.message());
        if (!error.remedy().empty())
            say(error.remedy());
        if (!error.details().empty())
            say("Details: " + error.details());
        return exitError;
    }
}

} // namespace icae
