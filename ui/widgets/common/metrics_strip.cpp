#include "widgets/common/metrics_strip.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

const QString none = u"–"_s;

QString secondsText(double seconds)
{
    return seconds < 10 ? MetricsStrip::tr("%L1 s").arg(seconds, 0, 'f', seconds < 1 ? 2 : 1)
                        : MetricsStrip::tr("%L1 s").arg(seconds, 0, 'f', 0);
}

} // namespace

MetricsStrip::MetricsStrip(const Theme& theme, QWidget* parent)
    : FoldingRow(parent)
    , m_theme(theme)
{
    setObjectName(u"metrics"_s);
    setAttribute(Qt::WA_StyledBackground);
    layout()->setContentsMargins(Theme::grid(2), Theme::grid(), Theme::grid(2), Theme::grid());
    setSpacing(Theme::grid(3));
    // What the model wrote on its own, then what it finds likely where it sees the true tokens: two things.
    add(Bleu, tr("BLEU, free"),
        tr("Sentence BLEU of the reconstruction against the source, 0 to 1: 13a tokens, n-grams to 4, exponential "
           "smoothing, as sacrebleu's sentence_bleu by default. Free-running."));
    add(Em, tr("EM, free"),
        tr("Length of the longest exactly matching token prefix divided by the source's tokens, as in the ICAE paper; "
           "over several spans the mean weighted by tokens. Free-running: one early miss ends it."));
    add(FreeAccuracy, tr("Tokens, free"),
        tr("Share of places that have the source's token in what the model wrote. Free-running: where a token is "
           "missing, all behind it are out of place."));
    add(Loss, tr("Loss, forced"),
        tr("Mean cross-entropy a token in nats over the source and one end-of-sequence token, teacher-forced: the "
           "model "
           "sees the true tokens before each place."));
    add(TokenAccuracy, tr("Tokens, forced"),
        tr("Share of the source's tokens that the model finds likeliest, teacher-forced: it sees the true tokens "
           "before "
           "each place, which it does not when it writes."));
    add(Ratio, tr("Ratio"),
        tr("Tokens of the source divided by memory slots. Below 1 the memory is larger than the text."));
    add(Compress, tr("Compress"), tr("Time for the encoder to read the text and fill the slots."));
    add(Prefill, tr("Prefill"), tr("Time for the decoder to read the slots before its first token."));
    add(Decode, tr("Decode"), tr("Time for the decoder to write all tokens."));
    add(Rate, tr("Tokens/s"),
        tr("Tokens written divided by the time to decode, all spans together. Greedy texts are checked against "
           "drafts from the source, many tokens with one forward: the text is the same as token by token, "
           "and the more of it agrees with the source, the faster it is written."));
    second().addStretch(1);
    connect(&m_theme, &Theme::changed, this, &MetricsStrip::restyle);
    restyle();
    setReconstruction(std::nullopt);
    set(Ratio, none);
}

void MetricsStrip::add(Metric metric, const QString& name, const QString& hint)
{
    auto* box = new QVBoxLayout;
    box->setSpacing(0);
    auto* caption = new QLabel(name);
    caption->setProperty("secondary", true);
    auto* value = new QLabel(none);
    value->setTextInteractionFlags(Qt::TextSelectableByMouse);
    value->setObjectName(u"metric%1"_s.arg(metric));
    for (auto* label : {caption, value})
        label->setToolTip(u"<p>%1</p>"_s.arg(hint));
    value->setAccessibleDescription(hint);
    box->addWidget(caption);
    box->addWidget(value);
    (metric <= Ratio ? first() : second()).addLayout(box);
    m_names.push_back(caption);
    m_values.push_back(value);
}

void MetricsStrip::restyle()
{
    for (auto* name : m_names)
        name->setFont(m_theme.zoomed(TypeRole::Caption));
    for (auto* value : m_values) {
        value->setFont(m_theme.zoomed(TypeRole::Number));
        value->setMinimumWidth(QFontMetrics(value->font()).horizontalAdvance(u"0.000"_s)); // no jumping
    }
    m_values[Ratio]->setMinimumWidth(
        QFontMetrics(m_theme.zoomed(TypeRole::Number)).horizontalAdvance(u"00.0× (00,000 → 0,000)"_s));
}

void MetricsStrip::set(Metric metric, const QString& value)
{
    auto* label = m_values[static_cast<std::size_t>(metric)];
    label->setText(value);
    label->setAccessibleName(tr("%1: %2").arg(m_names[static_cast<std::size_t>(metric)]->text(), value));
}

void MetricsStrip::setRatio(std::int64_t tokens, std::int64_t slotCount)
{
    if (tokens == 0 || slotCount == 0) {
        set(Ratio, none);
        return;
    }
    const QLocale locale;
    const auto ratio = static_cast<double>(tokens) / static_cast<double>(slotCount);
    set(Ratio,
        tr("%L1× (%2 → %3)")
            .arg(ratio, 0, 'f', ratio < 1 ? 2 : 1)
            .arg(locale.toString(qint64{tokens}), locale.toString(qint64{slotCount})));
}

void MetricsStrip::setPlan(std::int64_t tokens, std::int64_t slotCount)
{
    setRatio(tokens, slotCount);
}

void MetricsStrip::setReconstruction(const std::optional<Reconstruction>& reconstruction)
{
    const auto* scores = reconstruction && reconstruction->scores ? &*reconstruction->scores : nullptr;
    set(Bleu, scores ? u"%L1"_s.arg(scores->bleu, 0, 'f', 2) : none);
    set(Em, scores ? u"%L1"_s.arg(scores->em, 0, 'f', 2) : none);
    set(Loss, scores ? u"%L1"_s.arg(scores->loss, 0, 'f', 3) : none);
    set(TokenAccuracy, scores ? tr("%L1 %").arg(100 * scores->tokenAccuracy, 0, 'f', 1) : none);
    set(FreeAccuracy, scores ? tr("%L1 %").arg(100 * scores->freeTokenAccuracy, 0, 'f', 1) : none);
    set(Compress,
        reconstruction && reconstruction->seconds.compress > 0 ? secondsText(reconstruction->seconds.compress) : none);
    const auto taken = [&](double seconds) { return seconds > 0 ? secondsText(seconds) : none; };
    set(Prefill, reconstruction ? taken(reconstruction->seconds.prefill) : none); // none of what was only recorded
    set(Decode, reconstruction ? taken(reconstruction->seconds.decode) : none);
    const bool rated = reconstruction && reconstruction->seconds.decode > 0;
    set(Rate,
        rated ? u"%L1"_s.arg(static_cast<double>(reconstruction->generatedTokens) / reconstruction->seconds.decode, 0,
                             'f', 0)
              : none);
    if (reconstruction)
        setRatio(reconstruction->tokens, reconstruction->slots);
}

} // namespace icae
