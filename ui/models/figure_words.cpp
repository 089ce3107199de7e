#include "models/figure_words.h"

#include "models/byte_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("FigureDocument", text);
}

QString shortHash(const std::string& hash)
{
    return QString::fromStdString(hash.substr(0, 8));
}

QString modelsText(const StudyConfig& config)
{
    constexpr std::size_t most = 4;
    QStringList models;
    for (const auto& model : config.models) {
        if (static_cast<std::size_t>(models.size()) == most && config.models.size() > most + 1) {
            models.append(tr("%L1 more").arg(config.models.size() - most));
            break;
        }
        QStringList hashes;
        if (!model.adapterSha256.empty())
            hashes.append(tr("adapter %1").arg(shortHash(model.adapterSha256)));
        if (!model.baseSha256.empty())
            hashes.append(tr("base %1").arg(shortHash(model.baseSha256)));
        auto name = QString::fromStdString(model.name);
        if (model.step > 0)
            name += tr(", step %1").arg(numberText(model.step));
        models.append(hashes.isEmpty() ? name : tr("%1 (%2)").arg(name, hashes.join(u", "_s)));
    }
    return models.join(u"; "_s);
}

} // namespace

QString numberText(std::int64_t number)
{
    return QLocale().toString(static_cast<qlonglong>(number));
}

QString groupTitle(const std::string& group)
{
    return QString::fromStdString(group);
}

QString valueHint(const std::string& measure, const FigurePoint& point, FigureBand band)
{
    const auto* known = findStudyMeasure(measure);
    const auto title = known == nullptr ? QString::fromStdString(measure) : QString::fromLatin1(known->title);
    const auto value = measureText(measure, point.value);
    const auto low = measureText(measure, point.low);
    const auto high = measureText(measure, point.high);
    switch (band) {
    case FigureBand::Quartiles:
        return tr("%1: median %2, quartiles %3 and %4").arg(title, value, low, high);
    case FigureBand::Interval:
        return tr("%1: mean %2, 95 % interval %3 to %4").arg(title, value, low, high);
    case FigureBand::None:
        break;
    }
    return tr("%1: mean %2").arg(title, value);
}

QString cellHint(const TableRow& row, FigureAxis x)
{
    const auto& cell = row.cell;
    QStringList parts;
    if (!row.axis.empty())
        parts.append(x == FigureAxis::Class ? groupTitle(row.group)
                                            : tr("%1: %2").arg(figureAxisTitle(x), groupTitle(row.group)));
    if (cell.tokens > 0)
        parts.append(tr("%1 tokens").arg(numberText(cell.tokens)));
    if (cell.context != StudyContext::Slots)
        parts.append(tr("after %1").arg(studyContextTitle(cell.context)));
    else if (cell.slots > 0)
        parts.append(tr("%1 slots").arg(numberText(cell.slots)));
    if (cell.spans > 1)
        parts.append(tr("%1 spans").arg(numberText(cell.spans)));
    if (cell.batch > 1)
        parts.append(tr("batch of %1").arg(numberText(cell.batch)));
    if (cell.content != StudyContent::Normal)
        parts.append(studyContentTitle(cell.content));
    if (cell.step > 0)
        parts.append(tr("step %1").arg(numberText(cell.step)));
    parts.append(QString::fromStdString(cell.model));
    return parts.join(tr(", "));
}

QString figureStudyName(const StudyDocument& study)
{
    const auto folder = QDir(study.run).dirName();
    return folder.isEmpty() ? study.title() : folder;
}

QString figureCaption(const FigureDocument& figure, const PublishedFigures& published)
{
    QStringList sentences;
    for (const auto& study : figure.studies) {
        const auto& config = study->config;
        QStringList facts;
        if (!config.models.empty())
            facts.append(modelsText(config));
        std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
        for (const auto& cell : study->cells)
            fewest = std::min(fewest, cell->row.n);
        const auto most = study->samplesACell();
        facts.append(fewest == most ? tr("N = %1 a cell").arg(numberText(most))
                                    : tr("N = %1 to %2 a cell").arg(numberText(fewest), numberText(most)));
        facts.append(tr("seed %1").arg(config.spec.seed));
        if (config.spec.temperature > 0)
            facts.append(tr("temperature %1").arg(config.spec.temperature));
        if (!config.device.empty())
            facts.append(QString::fromStdString(config.device + (config.dtype.empty() ? "" : ", " + config.dtype)));
        if (!config.version.empty())
            facts.append(tr("ICAE Explorer %1").arg(QString::fromStdString(config.version)));
        const auto name =
            config.spec.title.empty() ? studyKindTitle(config.spec.kind) : QString::fromStdString(config.spec.title);
        sentences.append(tr("%1: %2.").arg(
            figure.studies.size() > 1 ? tr("%1 (%2)").arg(name, figureStudyName(*study)) : name, facts.join(tr("; "))));
    }
    sentences.append(figure.bandText);
    QStringList sources;
    for (const auto& panel : figure.panels)
        for (const auto& series : panel.series)
            if (series.isPublished())
                if (const auto source = series.label.section(u':', 0, 0); !sources.contains(source))
                    sources.append(source);
    if (!sources.isEmpty())
        sentences.append(tr("Dashed, hollow: as published (%1: %2; N not stated), not measured here.")
                             .arg(published.paper, sources.join(u"; "_s)));
    return sentences.join(u' ');
}

QString figureBandText(const FigureOptions& options)
{
    if (options.form == FigureForm::HeatMap)
        return options.band == FigureBand::Quartiles ? tr("Fields: medians.") : tr("Fields: means.");
    QString text;
    switch (options.band) {
    case FigureBand::Quartiles:
        text = tr("Lines: medians; bands: quartiles");
        break;
    case FigureBand::Interval:
        text = tr("Lines: means; bands: 95 % bootstrap intervals of the mean");
        break;
    case FigureBand::None:
        text = tr("Lines: means");
        break;
    }
    return text + (options.samples ? tr("; dots: samples.") : tr("."));
}

QString figureAxisTitle(FigureAxis axis)
{
    switch (axis) {
    case FigureAxis::Tokens:
        return tr("Tokens");
    case FigureAxis::Slots:
        return tr("Slots");
    case FigureAxis::Ratio:
        return tr("Tokens a slot");
    case FigureAxis::Spans:
        return tr("Spans");
    case FigureAxis::Batch:
        return tr("Texts at once");
    case FigureAxis::Step:
        return tr("Step");
    case FigureAxis::Content:
        return tr("Content");
    case FigureAxis::Context:
        return tr("Answered from");
    case FigureAxis::Model:
        return tr("Model");
    case FigureAxis::Place:
        return tr("Tenth of the span");
    case FigureAxis::Surprisal:
        return tr("Decile of surprisal");
    case FigureAxis::Class:
        return tr("Class of token");
    }
    return {};
}

QString figureBandTitle(FigureBand band)
{
    switch (band) {
    case FigureBand::Quartiles:
        return tr("Median, quartiles");
    case FigureBand::Interval:
        return tr("Mean, 95 % interval");
    case FigureBand::None:
        return tr("Mean");
    }
    return {};
}

QString measureText(std::string_view measure, double value)
{
    if (!std::isfinite(value))
        return u"–"_s;
    if (measure.ends_with("_bytes"))
        return byteText(static_cast<std::int64_t>(value));
    const auto* known = findStudyMeasure(measure);
    if (known != nullptr && known->isShare)
        return QLocale().toString(value, 'f', 3);
    if (measure == "first_miss")
        return QLocale().toString(value, 'f', 0);
    if (measure == "perplexity")
        return QLocale().toString(value, 'f', 2);
    return QLocale().toString(value, 'g', 3);
}

} // namespace icae
