#include "models/published_figures.h"

#include "protocol/fields.h"

#include <QCoreApplication>
#include <QFile>

static void initPublished()
{
    Q_INIT_RESOURCE(published); // a static library's resources are not registered by themselves
}

namespace icae {

QString PublishedFigure::label() const
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("PublishedFigures", text); };
    auto text = QString::fromStdString(source);
    if (!model.empty())
        text += QStringLiteral(", ") + QString::fromStdString(model);
    return text + QStringLiteral(", ") + (n ? tr("N = %L1").arg(*n) : tr("N not stated"));
}

std::vector<PublishedFigure> PublishedFigures::of(StudyKind kind) const
{
    const auto isCurve = [](StudyKind one) { return one == StudyKind::Length || one == StudyKind::Slots; };
    std::vector<PublishedFigure> some;
    for (const auto& figure : figures)
        if (figure.kind == kind || (isCurve(figure.kind) && isCurve(kind)))
            some.push_back(figure);
    return some;
}

PublishedFigures readPublishedFigures(std::string_view json, const std::string& source)
{
    const auto reader = JsonReader::parse(json, source);
    PublishedFigures result;
    const auto paper = reader.object("paper");
    result.paper = QStringLiteral("%1, %2").arg(QString::fromStdString(paper.text("authors", "")),
                                                QString::fromStdString(paper.text("venue", "")));
    for (const auto& one : reader.objects("figures")) {
        auto figure = fromJson<PublishedFigure>(one);
        for (auto& point : figure.points) {
            if (point.model.empty())
                point.model = figure.model;
            if (point.slots == 0 && point.context == StudyContext::Slots)
                point.slots = figure.slots;
        }
        result.figures.push_back(std::move(figure));
    }
    return result;
}

const PublishedFigures& publishedFigures()
{
    static const auto figures = [] {
        initPublished();
        QFile file(QStringLiteral(":/published.json"));
        if (!file.open(QIODevice::ReadOnly))
            qFatal("no published figures");
        const auto content = file.readAll();
        return readPublishedFigures({content.constData(), static_cast<std::size_t>(content.size())}, "published.json");
    }();
    return figures;
}

} // namespace icae
