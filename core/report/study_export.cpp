#include "report/study_table.h"

#include "protocol/fields.h"
#include "report/csv_cell.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <sstream>

namespace icae {

namespace {

/// Every digit, and nothing for what is no number.
std::string exact(double value)
{
    return std::isfinite(value) ? nlohmann::json(value).dump() : std::string();
}

constexpr auto cellHeader = "model,step,content,context,tokens,slots,spans,batch";

std::string cellFields(const StudyCell& cell)
{
    return csvCell(cell.model) + "," + std::to_string(cell.step) + "," + nameOf(cell.content) + ","
        + nameOf(cell.context) + "," + std::to_string(cell.tokens) + "," + std::to_string(cell.slots) + ","
        + std::to_string(cell.spans) + "," + std::to_string(cell.batch);
}

std::string titleOf(const std::string& measure)
{
    const auto* known = findStudyMeasure(measure);
    return known == nullptr ? measure : known->title;
}

constexpr std::array columns{
    CellColumn{"model", "Model", false, [](const TableRow& row) { return row.cell.model; }},
    CellColumn{"step", "Step", true, [](const TableRow& row) { return std::to_string(row.cell.step); }},
    CellColumn{"content", "Content", false, [](const TableRow& row) { return std::string(nameOf(row.cell.content)); }},
    CellColumn{"context", "After", false, [](const TableRow& row) { return std::string(nameOf(row.cell.context)); }},
    CellColumn{"tokens", "Tokens", true, [](const TableRow& row) { return std::to_string(row.cell.tokens); }},
    CellColumn{"slots", "Slots", true, [](const TableRow& row) { return std::to_string(row.cell.slots); }},
    CellColumn{"spans", "Spans", true, [](const TableRow& row) { return std::to_string(row.cell.spans); }},
    CellColumn{"batch", "Batch", true, [](const TableRow& row) { return std::to_string(row.cell.batch); }},
    CellColumn{"axis", "By", false, [](const TableRow& row) { return row.axis; }},
    CellColumn{"group", "Group", false, [](const TableRow& row) { return row.group; }},
};

std::string latex(const std::string& text)
{
    std::string result;
    for (const char c : text) {
        if (std::string_view("&%$#_{}").find(c) != std::string_view::npos)
            result += '\\';
        result += c;
    }
    return result;
}

/// A cell of a Markdown table.
std::string markdown(const std::string& text)
{
    std::string result;
    for (const char c : text)
        result += c == '|' ? std::string("\\|") : std::string(1, c);
    return result;
}

} // namespace

std::vector<const CellColumn*> varyingColumns(std::span<const TableRow> rows)
{
    std::vector<const CellColumn*> shown;
    for (const auto& column : columns) {
        std::set<std::string> values;
        for (const auto& row : rows)
            values.insert(column.of(row));
        if (values.size() > 1)
            shown.push_back(&column);
    }
    return shown;
}

std::vector<std::string> measuresOf(std::span<const TableRow> rows)
{
    std::vector<std::string> names;
    for (const auto& row : rows)
        for (const auto& value : row.values)
            if (std::find(names.begin(), names.end(), value.measure) == names.end())
                names.push_back(value.measure);
    return names;
}

std::string roundedMean(const Summary& summary)
{
    const auto width = (summary.high - summary.low) / 2;
    const bool isCount = summary.mean == std::floor(summary.mean) && std::abs(summary.mean) > 1;
    const auto digits = width > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(width))), 0, 6)
        : isCount                 ? 0
                                  : 3;
    std::ostringstream out;
    out.setf(std::ios::fixed);
    out.precision(digits);
    out << summary.mean;
    return out.str();
}

std::string asCsv(const StudyTable& table)
{
    const auto names = measuresOf(table.rows);
    std::string csv = std::string(cellHeader) + ",axis,group,n";
    for (const auto& name : names)
        for (const auto* figure : {"mean", "median", "q1", "q3", "low", "high"})
            csv += "," + name + "_" + figure;
    csv += "\n";
    for (const auto& row : table.rows) {
        csv += cellFields(row.cell) + "," + csvCell(row.axis) + "," + csvCell(row.group) + "," + std::to_string(row.n);
        for (const auto& name : names) {
            const auto* summary = row.find(name);
            const auto s = summary == nullptr ? Summary{0, NAN, NAN, NAN, NAN, NAN, NAN} : *summary;
            for (const auto value : {s.mean, s.median, s.q1, s.q3, s.low, s.high})
                csv += "," + exact(value);
        }
        csv += "\n";
    }
    return csv;
}

std::string asLatex(const StudyTable& table)
{
    const auto names = measuresOf(table.rows);
    const auto shown = varyingColumns(table.rows);
    std::string text =
        "\\begin{tabular}{" + std::string(shown.size(), 'l') + "r" + std::string(names.size(), 'r') + "}\n\\toprule\n";
    for (const auto* column : shown)
        text += std::string(column->title) + " & ";
    text += "$N$";
    for (const auto& name : names)
        text += " & " + latex(titleOf(name));
    text += " \\\\\n\\midrule\n";
    for (const auto& row : table.rows) {
        for (const auto* column : shown)
            text += latex(column->of(row)) + " & ";
        text += std::to_string(row.n);
        for (const auto& name : names) {
            const auto* summary = row.find(name);
            text += " & " + (summary == nullptr ? std::string("--") : roundedMean(*summary));
        }
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string asMarkdown(const StudyTable& table)
{
    const auto names = measuresOf(table.rows);
    const auto shown = varyingColumns(table.rows);
    std::string head = "|";
    std::string rule = "|";
    const auto add = [&](const std::string& title, bool isNumber) {
        head += " " + markdown(title) + " |";
        rule += isNumber ? "---:|" : "---|";
    };
    for (const auto* column : shown)
        add(column->title, column->isNumber);
    add("N", true);
    for (const auto& name : names)
        add(titleOf(name), true);
    std::string text = head + "\n" + rule + "\n";
    for (const auto& row : table.rows) {
        text += "|";
        for (const auto* column : shown)
            text += " " + markdown(column->of(row)) + " |";
        text += " " + std::to_string(row.n) + " |";
        for (const auto& name : names) {
            const auto* summary = row.find(name);
            text += " " + (summary == nullptr ? std::string("–") : roundedMean(*summary)) + " |";
        }
        text += "\n";
    }
    return text;
}

std::string samplesAsCsv(std::span<const StudySample> samples)
{
    std::string csv = std::string(cellHeader) + ",index,text,begin,end,seconds";
    for (const auto& measure : studyMeasures())
        csv += std::string(",") + measure.name;
    csv += "\n";
    for (const auto& sample : samples) {
        csv += cellFields(sample.cell) + "," + std::to_string(sample.index) + "," + csvCell(sample.text) + ","
            + std::to_string(sample.begin) + "," + std::to_string(sample.end) + "," + exact(sample.seconds);
        for (const auto& measure : studyMeasures()) {
            const auto value = measure.of(sample);
            csv += "," + (value ? exact(*value) : std::string());
        }
        csv += "\n";
    }
    return csv;
}

} // namespace icae
