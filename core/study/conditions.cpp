#include "study/conditions.h"

#include "measure/csv_number.h"

#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

namespace icae {

namespace {

/// "0.245 (0.221–0.270)"
std::string withInterval(const Summary& summary)
{
    std::ostringstream out;
    out << std::fixed << std::setprecision(3) << summary.mean << " (" << summary.low << "–" << summary.high << ")";
    return out.str();
}

} // namespace

std::vector<ContextRow<ContextScores>> Conditions::rows() const
{
    std::vector<ContextRow<ContextScores>> rows{{"text", text}};
    if (slots.loss.n > 0)
        rows.push_back({"slots", slots});
    rows.push_back({"nothing", nothing});
    return rows;
}

double Conditions::wonBack() const
{
    if (slots.loss.n == 0)
        return std::numeric_limits<double>::quiet_NaN();
    return (nothing.loss.mean - slots.loss.mean) / (nothing.loss.mean - text.loss.mean);
}

std::string toText(const Conditions& conditions)
{
    std::ostringstream out;
    const bool withExact = conditions.text.exact.has_value();
    out << "context      n  perplexity  loss (95 % interval)" << (withExact ? "  exact (95 % interval)" : "") << "\n"
        << std::fixed << std::setprecision(1);
    for (const auto& [context, scores] : conditions.rows()) {
        out << std::left << std::setw(8) << context << std::right << std::setw(6) << scores.loss.n << std::setw(12)
            << perplexity(scores.loss.mean) << "  " << withInterval(scores.loss);
        if (scores.exact)
            out << "   " << withInterval(*scores.exact);
        out << "\n";
    }
    if (const auto share = conditions.wonBack(); std::isfinite(share))
        out << "\nThe slots win back " << std::setprecision(0) << 100 * share
            << " % of the log-perplexity between nothing and the full text.\n";
    return out.str();
}

std::string toCsv(const Conditions& conditions)
{
    std::ostringstream out;
    out << "context,n,loss_mean,loss_low,loss_high,perplexity"
        << (conditions.text.exact ? ",exact_mean,exact_low,exact_high" : "") << "\n";
    for (const auto& [context, scores] : conditions.rows()) {
        const auto& loss = scores.loss;
        out << context << "," << loss.n << "," << CsvNumber{loss.mean} << "," << CsvNumber{loss.low} << ","
            << CsvNumber{loss.high} << "," << CsvNumber{perplexity(loss.mean)};
        if (const auto& exact = scores.exact)
            out << "," << CsvNumber{exact->mean} << "," << CsvNumber{exact->low} << "," << CsvNumber{exact->high};
        out << "\n";
    }
    return out.str();
}

} // namespace icae
