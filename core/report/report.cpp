#include "report/report.h"

#include "protocol/error.h"
#include "protocol/fields.h"
#include "protocol/json_text.h"

#include <array>
#include <cstdio>

namespace icae {

namespace {

std::string number(double value, int decimals)
{
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", decimals, value); // NOLINT: the shortest way to fixed decimals
    return text.data();
}

std::string dumped(const nlohmann::json& json)
{
    return jsonText(json, 2) + "\n";
}

Error noSuchFormat(const ExportParams& params)
{
    return {ErrorKind::Unsupported,
            std::string("There is no ") + namesOf(params.format)[static_cast<std::size_t>(params.format)]
                + " form of this export.",
            params.kind == ExportKind::Tokens ? "Choose CSV or JSON for tokens." : "Choose HTML, Markdown or JSON."};
}

std::string renderTokens(const ExportParams& params)
{
    if (params.format == ExportFormat::Csv)
        return tokensCsv(params.reconstruction);
    if (params.format != ExportFormat::Json)
        throw noSuchFormat(params);
    const auto json = nlohmann::json(params.reconstruction);
    return dumped({{"free_tokens", json["free_tokens"]}, {"forced_tokens", json["forced_tokens"]}});
}

} // namespace

std::vector<std::pair<std::string, std::string>> reportFacts(const Reconstruction& r)
{
    std::vector<std::pair<std::string, std::string>> facts;
    if (r.scores) {
        facts.emplace_back("BLEU", number(r.scores->bleu, 3));
        facts.emplace_back("EM", number(r.scores->em, 3));
        facts.emplace_back("Loss (nats a token, teacher-forced)", number(r.scores->loss, 4));
        facts.emplace_back("Token accuracy, teacher-forced", number(100 * r.scores->tokenAccuracy, 1) + " %");
        facts.emplace_back("Token accuracy, free-running", number(100 * r.scores->freeTokenAccuracy, 1) + " %");
    }
    facts.emplace_back("Compression",
                       std::to_string(r.tokens) + " tokens → " + std::to_string(r.slots) + " slots ("
                           + number(r.ratio, 2) + "×)");
    facts.emplace_back("Seconds",
                       "compress " + number(r.seconds.compress, 2) + ", prefill " + number(r.seconds.prefill, 2)
                           + ", decode " + number(r.seconds.decode, 2));
    facts.emplace_back("Device", r.device);
    facts.emplace_back("Model", r.model);
    facts.emplace_back("Adapter", r.adapter);
    return facts;
}

std::string renderReport(const ExportParams& params)
{
    if (params.kind == ExportKind::Tokens)
        return renderTokens(params);
    if (params.kind == ExportKind::Diff && params.reference.empty())
        throw Error(ErrorKind::InvalidInput, "There is no text to compare with.", "Export the reconstruction alone.");
    const auto reference = params.kind == ExportKind::Diff ? std::string_view(params.reference) : std::string_view();
    switch (params.format) {
    case ExportFormat::Html:
        return htmlPage(params.title, reference, params.reconstruction);
    case ExportFormat::Markdown:
        return markdownPage(params.title, reference, params.reconstruction);
    case ExportFormat::Json:
        return dumped(params.reconstruction);
    case ExportFormat::Csv:
        break;
    }
    throw noSuchFormat(params);
}

} // namespace icae
