#pragma once

class QCommandLineParser;

namespace icae {

class Theme;

/// Whether the command line asks for a figure in a file, which needs no display.
bool asksForExport(int argc, char** argv);

void addExportOptions(QCommandLineParser& parser);

/// icae-explorer --export DIR -o FILE: draws a study's figure as the window's page does, on paper.
/// @return 0; 2 for wrong usage; 3 for an error, as `icae` does
int exportFigure(const QCommandLineParser& parser, const Theme& theme);

} // namespace icae
