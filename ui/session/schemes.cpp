#include "session/schemes.h"

#include <algorithm>
#include <cmath>

namespace icae {

namespace {

struct Entry {
    Shade shade;
    const char* name;
    QRgb light;
    QRgb dark;
    QRgb print;
};

// Okabe and Ito's orange, sky blue, green, yellow, blue, vermilion and purple ("Color Universal Design", 2008), each as
// much darker or lighter as marks on the background need.
constexpr std::array<Entry, shadeCount> entries{{
    {Shade::Window, "window", 0xfff7f7f8, 0xff1a1c20, 0xffffffff},
    {Shade::Surface, "surface", 0xffffffff, 0xff202329, 0xffffffff},
    {Shade::Rail, "rail", 0xffeeeff2, 0xff141619, 0xffffffff},
    {Shade::Hover, "hover", 0xffe4e6eb, 0xff2c3038, 0xffeeeff2},
    {Shade::Hairline, "hairline", 0xffd8dbe1, 0xff353a43, 0xffd0d3d9},
    {Shade::Scroll, "scroll", 0xffb3b9c4, 0xff4d5461, 0xffb3b9c4},
    {Shade::Text, "text", 0xff1b1f26, 0xffe7e9ed, 0xff000000},
    {Shade::SecondaryText, "secondary-text", 0xff59616d, 0xffa3abb7, 0xff444a54},
    {Shade::DisabledText, "disabled-text", 0xff858c97, 0xff737b87, 0xff858c97},
    {Shade::Accent, "accent", 0xff4f46b8, 0xffa9a2ff, 0xff4f46b8},
    {Shade::AccentText, "accent-text", 0xffffffff, 0xff17133d, 0xffffffff},
    {Shade::AccentHover, "accent-hover", 0xff3f3799, 0xffc0bbff, 0xff3f3799},
    {Shade::Selection, "selection", 0xffd9d6f5, 0xff423d7a, 0xffd9d6f5},
    {Shade::SelectionText, "selection-text", 0xff1b1f26, 0xfff2f1ff, 0xff1b1f26},
    {Shade::Deleted, "deleted", 0xffa34400, 0xfff5a76c, 0xffa34400},
    {Shade::DeletedTint, "deleted-tint", 0xfffdebe0, 0xff3d2818, 0xfffdebe0},
    {Shade::Inserted, "inserted", 0xff005f99, 0xff80c8f5, 0xff005f99},
    {Shade::InsertedTint, "inserted-tint", 0xffe0effa, 0xff15303f, 0xffe0effa},
    {Shade::SpanA, "span-a", 0xfff3f4fb, 0xff24283a, 0xfff3f4fb},
    {Shade::SpanB, "span-b", 0xfffaf6ee, 0xff2a2823, 0xfffaf6ee},
    {Shade::SpanMark, "span-mark", 0xff7a8191, 0xff868ea0, 0xff7a8191},
    {Shade::Match, "match", 0xfffbe7a3, 0xff5c4d16, 0xfffbe7a3},
    {Shade::CurrentMatch, "current-match", 0xfff0b429, 0xffe0a91f, 0xfff0b429},
    {Shade::MatchText, "match-text", 0xff1b1f26, 0xff14120a, 0xff1b1f26},
    {Shade::Warning, "warning", 0xff855500, 0xffecb955, 0xff855500},
    {Shade::WarningTint, "warning-tint", 0xfffdf3d8, 0xff332a14, 0xfffdf3d8},
    {Shade::Error, "error", 0xffb0271f, 0xffff9d94, 0xffb0271f},
    {Shade::ErrorTint, "error-tint", 0xfffce8e6, 0xff3d1f1d, 0xfffce8e6},
    {Shade::Success, "success", 0xff1f7347, 0xff7ad0a2, 0xff1f7347},
    {Shade::Series1, "series-1", 0xffbf7a00, 0xffe69f00, 0xffc47c00},
    {Shade::Series2, "series-2", 0xff2f8fc4, 0xff56b4e9, 0xff2f93cc},
    {Shade::Series3, "series-3", 0xff00805c, 0xff1fb88a, 0xff008a63},
    {Shade::Series4, "series-4", 0xff8a7f00, 0xfff0e442, 0xff8f8500},
    {Shade::Series5, "series-5", 0xff00568a, 0xff4d82e6, 0xff005f99},
    {Shade::Series6, "series-6", 0xffc24d00, 0xfff0763b, 0xffcc5500},
    {Shade::Series7, "series-7", 0xffb0568a, 0xffd98cb8, 0xffb35a8e},
}};

ColorScheme makeScheme(QRgb Entry::*member, std::initializer_list<QRgb> sequential)
{
    ColorScheme scheme;
    for (const auto& entry : entries)
        scheme.shades.at(static_cast<std::size_t>(entry.shade)) = QColor::fromRgb(entry.*member);
    for (const auto rgb : sequential)
        scheme.sequential.push_back(QColor::fromRgb(rgb));
    return scheme;
}

double luminance(const QColor& color)
{
    const auto linear = [](float channel) {
        const auto c = static_cast<double>(channel);
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

} // namespace

// The maps run through yellow-green and blue (ColorBrewer's YlGnBu and its reverse): ordered by lightness, hence
// readable without colour, and safe for the common colour blindnesses.
const ColorScheme& lightScheme()
{
    static const auto scheme =
        makeScheme(&Entry::light, {0xffffffff, 0xffecf6d5, 0xffbde4bc, 0xff73c5bf, 0xff329cc0, 0xff2168a8, 0xff12296b});
    return scheme;
}

const ColorScheme& darkScheme()
{
    static const auto scheme =
        makeScheme(&Entry::dark, {0xff202329, 0xff1e3350, 0xff1f5077, 0xff23798f, 0xff48a79a, 0xff98d2a3, 0xfff0f8c4});
    return scheme;
}

const ColorScheme& printScheme()
{
    static const auto scheme = [] {
        auto print = makeScheme(&Entry::print, {});
        print.sequential = lightScheme().sequential;
        return print;
    }();
    return scheme;
}

QColor ColorScheme::at(double value) const
{
    const double place =
        std::clamp(std::isnan(value) ? 0.0 : value, 0.0, 1.0) * static_cast<double>(sequential.size() - 1);
    const auto first = std::min(static_cast<std::size_t>(place), sequential.size() - 2);
    const auto share = static_cast<float>(place - static_cast<double>(first));
    const auto& a = sequential[first];
    const auto& b = sequential[first + 1];
    const auto mix = [share](float x, float y) { return x + (y - x) * share; };
    return QColor::fromRgbF(mix(a.redF(), b.redF()), mix(a.greenF(), b.greenF()), mix(a.blueF(), b.blueF()));
}

QColor textOn(const QColor& background)
{
    return contrast(Qt::black, background) >= contrast(Qt::white, background) ? QColor(Qt::black) : QColor(Qt::white);
}

const std::vector<ContrastPair>& contrastPairs()
{
    using enum Shade;
    static const std::vector<ContrastPair> pairs = [] {
        std::vector<ContrastPair> result;
        for (const auto background : {Window, Surface, Rail, Hover, SpanA, SpanB}) {
            for (const auto text : {Text, SecondaryText})
                result.push_back({text, background, 4.5});
            result.push_back({Accent, background, 3});
        }
        for (const auto background : {Window, Surface, Rail}) {
            for (const auto text : {Deleted, Inserted, Warning, Error, Success, Accent})
                result.push_back({text, background, 4.5});
            result.push_back({DisabledText, background, 2.8}); // inactive controls are exempt; still legible
            result.push_back({SpanMark, background, 3});
            for (int series = 0; series < seriesCount; ++series)
                result.push_back({seriesShade(series), background, 3});
        }
        const std::vector<ContrastPair> own{
            {AccentText, Accent, 4.5},   {AccentText, AccentHover, 4.5}, {SelectionText, Selection, 4.5},
            {Deleted, DeletedTint, 4.5}, {Inserted, InsertedTint, 4.5},  {Deleted, SpanA, 4.5},
            {Deleted, SpanB, 4.5},       {Inserted, SpanA, 4.5},         {Inserted, SpanB, 4.5},
            {Text, DeletedTint, 4.5},    {Text, InsertedTint, 4.5},      {Warning, WarningTint, 4.5},
            {Text, WarningTint, 4.5},    {Error, ErrorTint, 4.5},        {Text, ErrorTint, 4.5},
            {Text, Match, 4.5},          {MatchText, CurrentMatch, 4.5}, {CurrentMatch, Match, 1.2},
        };
        result.insert(result.end(), own.begin(), own.end());
        return result;
    }();
    return pairs;
}

double contrast(const QColor& a, const QColor& b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QString shadeName(Shade shade)
{
    return QString::fromLatin1(entries.at(static_cast<std::size_t>(shade)).name);
}

} // namespace icae
