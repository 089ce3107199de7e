#include "models/figure_options.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

/// Index of a name; absent where there is no such one.
template <typename Enum> std::optional<Enum> named(const QJsonValue& value)
{
    const auto names = namesOf(Enum());
    for (std::size_t i = 0; i < names.size(); ++i)
        if (value.toString() == QLatin1StringView(names.at(i)))
            return static_cast<Enum>(i);
    return std::nullopt;
}

template <typename Enum> QString nameOf(Enum value)
{
    return QString::fromLatin1(namesOf(value).at(static_cast<std::size_t>(value)));
}

std::optional<bool> asBool(const QJsonValue& value)
{
    return value.isBool() ? std::optional(value.toBool()) : std::nullopt;
}

} // namespace

QByteArray toJson(const FigureOptions& options)
{
    QJsonArray measures;
    for (const auto& measure : options.measures)
        measures.append(QString::fromStdString(measure));
    QJsonObject json{{u"heat_map"_s, options.form == FigureForm::HeatMap},
                     {u"measures"_s, measures},
                     {u"band"_s, nameOf(options.band)},
                     {u"samples"_s, options.samples},
                     {u"published"_s, options.published}};
    if (options.x)
        json[u"x"_s] = nameOf(*options.x);
    if (options.logX)
        json[u"log_x"_s] = *options.logX;
    if (options.logY)
        json[u"log_y"_s] = *options.logY;
    return QJsonDocument(json).toJson(QJsonDocument::Compact);
}

FigureOptions figureOptionsFrom(const QByteArray& json)
{
    const auto object = QJsonDocument::fromJson(json).object();
    FigureOptions options;
    options.form = object[u"heat_map"_s].toBool() ? FigureForm::HeatMap : FigureForm::Lines;
    for (const auto measure : object[u"measures"_s].toArray())
        options.measures.push_back(measure.toString().toStdString());
    options.x = named<FigureAxis>(object[u"x"_s]);
    options.band = named<FigureBand>(object[u"band"_s]).value_or(options.band);
    options.logX = asBool(object[u"log_x"_s]);
    options.logY = asBool(object[u"log_y"_s]);
    options.samples = object[u"samples"_s].toBool(options.samples);
    options.published = object[u"published"_s].toBool(options.published);
    return options;
}

} // namespace icae
