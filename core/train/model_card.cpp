#include "train/model_card.h"

#include "protocol/json_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace icae {

namespace fs = std::filesystem;

namespace {

using Points = std::vector<std::pair<double, double>>;

std::string text(const char* format, double value)
{
    std::array<char, 64> buffer{};
    std::snprintf(buffer.data(), buffer.size(), format, value); // NOLINT: a number
    return buffer.data();
}

std::string valueOf(const nlohmann::json& value)
{
    return value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : jsonText(value);
}

/// Names of the files that a job reads in a role, with their hashes.
std::string dataRows(const CardSource& source)
{
    std::string rows;
    const auto data = source.job.value("data", nlohmann::ordered_json::object());
    for (const auto& [role, files] : data.items()) {
        for (std::size_t i = 0; files.is_array() && i < files.size(); ++i) {
            const auto key = "data." + role + " " + std::to_string(i + 1);
            rows += "| " + role + " | " + fs::path(files[i].get<std::string>()).filename().string() + " | `"
                + source.inputs.value(key, std::string("unknown")) + "` |\n";
        }
    }
    return rows;
}

std::string evaluationPart(const CardSource& source)
{
    const auto last = std::find_if(source.metrics.rbegin(), source.metrics.rend(),
                                   [](const auto& line) { return line.contains("validation"); });
    if (last == source.metrics.rend())
        return "It was not evaluated.\n";
    std::string part = "At step " + valueOf((*last)["step"])
        + ", on the validation data above; losses are nats a token, cells are tokens/slots.\n\n| | value "
          "|\n|---|---|\n";
    for (const auto& [name, value] : (*last)["validation"].items())
        part += "| " + name + " | " + (value.is_number() ? text("%.4f", value.get<double>()) : "-") + " |\n";
    return part;
}

/// The job without paths.
std::string jobWithoutPaths(nlohmann::ordered_json job)
{
    job.erase("run");
    const auto shorten = [](nlohmann::ordered_json& path) {
        if (path.is_string())
            path = fs::path(path.get<std::string>()).filename().string();
    };
    for (const auto* key : {"base", "tokenizer", "init_from"})
        if (job.contains(key))
            shorten(job[key]);
    if (job.contains("data"))
        for (auto& [role, files] : job["data"].items())
            for (auto& file : files)
                shorten(file);
    return job.dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The losses of training, and the watched ones of validation: of autoencoding where there are cells.
std::pair<Points, Points> curvesOf(const CardSource& source)
{
    Points training;
    Points validation;
    for (const auto& line : source.metrics) {
        const auto step = line.value("step", 0.0);
        if (line.contains("loss") && line["loss"].is_number())
            training.emplace_back(step, line["loss"].get<double>());
        if (!line.contains("validation"))
            continue;
        double sum = 0;
        int count = 0;
        for (const auto& [name, value] : line["validation"].items())
            if (name.starts_with("loss ") && value.is_number()) {
                sum += value.get<double>();
                ++count;
            }
        if (count > 0)
            validation.emplace_back(step, sum / count);
    }
    return {std::move(training), std::move(validation)};
}

class Figure {
public:
    explicit Figure(const std::vector<const Points*>& curves)
    {
        for (const auto* curve : curves)
            for (const auto& [x, y] : *curve) {
                m_right = std::max(m_right, x);
                m_top = std::max(m_top, y);
            }
    }

    std::string line(const Points& points, const char* colour, const char* label, int place) const
    {
        constexpr std::size_t most = 2000; // points that a figure of this width can show
        std::string svg =
            "<polyline fill=\"none\" stroke=\"" + std::string(colour) + "\" stroke-width=\"1.5\" points=\"";
        const auto every = std::max<std::size_t>(1, points.size() / most);
        for (std::size_t i = 0; i < points.size(); i += every)
            svg += text("%.1f,", left + points[i].first / m_right * width)
                + text("%.1f ", top + height - points[i].second / m_top * height);
        svg += "\"/>\n<text x=\"" + std::to_string(left + width - 8) + "\" y=\"" + std::to_string(top + 16 * place)
            + "\" text-anchor=\"end\" fill=\"" + colour + "\">" + label + "</text>\n";
        return svg;
    }

    std::string frame(const std::string& curves) const
    {
        const auto label = [](int x, int y, const char* anchor, const std::string& what) {
            return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" text-anchor=\"" + anchor
                + "\" fill=\"#555\">" + what + "</text>\n";
        };
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 320\" font-family=\"sans-serif\" "
               "font-size=\"12\">\n<rect width=\"640\" height=\"320\" fill=\"#fff\"/>\n<path d=\"M60,20V280H620\" "
               "fill=\"none\" stroke=\"#999\"/>\n"
            + label(left - 6, top + 10, "end", text("%.2f", m_top)) + label(left - 6, top + height, "end", "0")
            + label(left, top + height + 16, "middle", "0")
            + label(left + width, top + height + 16, "end", "step " + text("%.0f", m_right)) + curves + "</svg>\n";
    }

private:
    static constexpr int left = 60;
    static constexpr int top = 20;
    static constexpr int width = 560;
    static constexpr int height = 260;

    double m_right = 1;
    double m_top = 1e-9;
};

} // namespace

std::string modelCard(const CardSource& source)
{
    const auto& adapter = source.adapter;
    const auto of = [&](const char* key) { return adapter.contains(key) ? valueOf(adapter[key]) : std::string("-"); };
    const auto lora = adapter.value("lora", nlohmann::json::object());
    const auto base = adapter.value("base", nlohmann::json::object());
    std::string card = "# " + source.name
        + "\n\nAn in-context autoencoder (arXiv 2307.06945): it compresses a text into " + of("slots")
        + " memory slots that its base reads in place of the text. " + "Trained with ICAE Explorer " + source.version
        + ", stage \"" + source.job.value("stage", "") + "\", " + std::to_string(source.step) + " steps.\n\n";
    card += "    icae reconstruct FILE --model " + std::string(source.hasBase ? "base" : "BASE") + " --adapter "
        + (source.hasBase ? "adapter" : ".") + "\n\n## Adapter\n| | |\n|---|---|\n";
    card += "| LoRA rank, alpha | " + valueOf(lora.value("r", nlohmann::json())) + ", "
        + valueOf(lora.value("alpha", nlohmann::json())) + " |\n| LoRA on | "
        + valueOf(lora.value("targets", nlohmann::json())) + " |\n";
    for (const auto& [key, name] : {std::pair{"slots", "memory tokens"},
                                    {"elastic_slots", "slot counts it works with"},
                                    {"span_tokens", "longest span, tokens"},
                                    {"position_layout", "positions"},
                                    {"slot_scale", "slot scale"},
                                    {"trained", "objectives it was trained with"}})
        card += "| " + std::string(name) + " | " + of(key) + " |\n";
    for (const auto& [key, name] :
         {std::pair{"config_sha256", "base, config.json"}, {"weights_sha256", "base, weights"}})
        card += "| SHA-256 of its " + std::string(name) + " | `" + valueOf(base.value(key, nlohmann::json())) + "` |\n";
    card += "\n## Data\n| role | file | SHA-256 |\n|---|---|---|\n" + dataRows(source);
    card += "\n## Evaluation\n" + evaluationPart(source);
    card += "\n## Training\n![Losses by step](curves.svg)\n\n```json\n" + jobWithoutPaths(source.job) + "\n```\n";
    return card;
}

std::string curvesFigure(const CardSource& source)
{
    const auto [training, validation] = curvesOf(source);
    const Figure figure({&training, &validation});
    return figure.frame(figure.line(training, "#4477aa", "loss of training", 1)
                        + figure.line(validation, "#cc6677", "loss of validation", 2));
}

} // namespace icae
