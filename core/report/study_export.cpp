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

/// The measures that a table has, in order.
std::vector<std::string> measuresIn(const StudyTable& table)
{
    std::vector<std::string> names;
    for (const auto& row : table.rows)
        for (const auto& value : row.values)
            if (std::find(names.begin(), names.end(), value.measure) == names.end())
                names.push_back(value.measure);
    return names;
}

std::string titleOf(const std::string& measure)
{
    for (const auto& known : studyMeasures())
        if (measure == known.name)
            return known.title;
    return "Miss rate";
}

/// A mean with as many digits as its interval supports: the interval's half width in its first two digits.
std::string rounded(const Summary& summary)
{
    const auto width = (summary.high - summary.low) / 2;
    const auto digits = width > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(width))), 0, 6) : 3;
    std::ostringstream out;
    out.setf(std::ios::fixed);
    out.precision(digits);
    out << summary.mean;
    return out.str();
}

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

} // namespace

std::string asCsv(const StudyTable& table)
{
    const auto names = measuresIn(table);
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
    const auto names = measuresIn(table);
    // Columns of the cell that vary; what is the same everywhere belongs in the caption.
    struct Column {
        const char* title;
        std::string (*of)(const TableRow&);
    };
    constexpr std::array columns{
        Column{"Model", [](const TableRow& row) { return latex(row.cell.model); }},
        Column{"Step", [](const TableRow& row) { return std::to_string(row.cell.step); }},
        Column{"Content", [](const TableRow& row) { return std::string(nameOf(row.cell.content)); }},
        Column{"After", [](const TableRow& row) { return std::string(nameOf(row.cell.context)); }},
        Column{"Tokens", [](const TableRow& row) { return std::to_string(row.cell.tokens); }},
        Column{"Slots", [](const TableRow& row) { return std::to_string(row.cell.slots); }},
        Column{"Spans", [](const TableRow& row) { return std::to_string(row.cell.spans); }},
        Column{"Batch", [](const TableRow& row) { return std::to_string(row.cell.batch); }},
        Column{"By", [](const TableRow& row) { return latex(row.axis); }},
        Column{"Group", [](const TableRow& row) { return latex(row.group); }},
    };
    std::vector<Column> shown;
    for (const auto& column : columns) {
        std::set<std::string> values;
        for (const auto& row : table.rows)
            values.insert(column.of(row));
        if (values.size() > 1)
            shown.push_back(column);
    }
    std::string text =
        "\\begin{tabular}{" + std::string(shown.size(), 'l') + "r" + std::string(names.size(), 'r') + "}\n\\toprule\n";
    for (const auto& column : shown)
        text += std::string(column.title) + " & ";
    text += "$N$";
    for (const auto& name : names)
        text += " & " + latex(titleOf(name));
    text += " \\\\\n\\midrule\n";
    for (const auto& row : table.rows) {
        for (const auto& column : shown)
            text += column.of(row) + " & ";
        text += std::to_string(row.n);
        for (const auto& name : names) {
            const auto* summary = row.find(name);
            text += " & " + (summary == nullptr ? std::string("--") : rounded(*summary));
        }
        text += " \\\\\n";
    }
    return text + "\\bottomrule\n\\end{tabular}\n";
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
