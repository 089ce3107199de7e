#include "pages/models/model_facts.h"

#include "models/byte_text.h"
#include "models/model_tree_model.h"

#include <QCoreApplication>
#include <QStringList>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("ModelFacts", text);
}

QString text(const std::string& value)
{
    return value.empty() ? u"–"_s : QString::fromStdString(value);
}

QString number(std::int64_t value)
{
    return value == 0 ? u"–"_s : u"%L1"_s.arg(value);
}

QString hash(const std::string& value)
{
    return value.empty() ? tr("not computed yet") : QString::fromStdString(value);
}

template <typename T> QString list(const std::vector<T>& values)
{
    QStringList parts;
    for (const auto& value : values)
        if constexpr (std::is_integral_v<T>)
            parts += QString::number(value);
        else
            parts += QString::fromStdString(value);
    return parts.isEmpty() ? u"–"_s : parts.join(u", "_s);
}

} // namespace

std::vector<std::pair<QString, std::vector<Fact>>> baseFacts(const BaseInfo& base)
{
    const std::vector<Fact> architecture{
        {tr("Architecture"), text(base.architecture), {}, false},
        {tr("Parameters"), base.parameters == 0 ? u"–"_s : parameterText(base.parameters), {}, false},
        {tr("Layers"), number(base.layers), {}, false},
        {tr("Hidden size"), number(base.hiddenSize), {}, false},
        {tr("Intermediate size"), number(base.intermediateSize), tr("Width of the feed-forward layers"), false},
        {tr("Heads"), tr("%1, %2 for keys and values").arg(number(base.heads), number(base.kvHeads)), {}, false},
        {tr("Vocabulary"), number(base.vocabulary), {}, false},
        {tr("Positions"), number(base.positions), tr("Longest sequence in tokens"), false},
        {tr("RoPE theta"), base.ropeTheta == 0 ? u"–"_s : u"%L1"_s.arg(base.ropeTheta, 0, 'f', 0), {}, false},
        {tr("RoPE scaling"),
         base.ropeScaling.empty() ? tr("none") : QString::fromStdString(base.ropeScaling),
         {},
         false},
        {tr("Layers also have"), base.additions.empty() ? u"–"_s : QString::fromStdString(base.additions), {}, false},
        {tr("Embeddings"), base.tiedEmbeddings ? tr("tied to the output") : tr("apart from the output"), {}, false},
    };
    const std::vector<Fact> files{
        {tr("On disk"), byteText(base.diskBytes), {}, false},
        {tr("Texts begin with"), base.beginsWith.empty() ? tr("nothing") : text(base.beginsWith), {}, false},
        {tr("Texts end with"), list(base.endsWith), tr("Tokens at which writing stops"), false},
        {tr("Tokenizer"), base.tokenizer ? QString::fromStdString(base.tokenizerFile) : tr("missing"), {}, false},
        {tr("Memory"),
         tr("%1 in float32, %2 in half precision")
             .arg(byteText(base.memoryBytes.fp32), byteText(base.memoryBytes.bf16)),
         tr("What loading takes, working memory for a short text included"), true},
        {tr("SHA-256 of config"), hash(base.configSha256), tr("Of the fields that change what is computed"), true},
        {tr("SHA-256 of weights"), hash(base.weightsSha256), tr("Of the tensors, whatever files they lie in"), true},
    };
    std::vector<Fact> notes;
    for (const auto& sentence : base.remarks)
        notes.push_back({tr("Note"), QString::fromStdString(sentence), {}, true});
    return {{tr("Architecture"), architecture}, {tr("Files"), files}, {tr("What its files say"), notes}};
}

std::vector<std::pair<QString, std::vector<Fact>>> adapterFacts(const AdapterInfo& adapter, const BaseInfo* base)
{
    std::vector<Fact> memory{
        {tr("Slots a span"), number(adapter.slots), tr("Most memory slots that a span is compressed into"), false},
        {tr("Trained for"),
         adapter.elasticSlots.empty() ? tr("%1 only").arg(adapter.slots) : list(adapter.elasticSlots),
         tr("Slot counts that the adapter was trained with"), false},
        {tr("Longest span"), tr("%1 tokens").arg(number(adapter.spanTokens)), {}, false},
        {tr("Position layout"), text(adapter.positionLayout),
         tr("sequential: memory tokens after the text; spread: spaced evenly over it"), false},
        {tr("Reads for AE"), adapter.aeReads == "span" ? tr("span by span") : tr("all spans at once"), {}, false},
        {tr("Slot scale"), adapter.slotScale ? tr("trained") : tr("none"), {}, false},
        {tr("Can"), list(adapter.specialTokens), tr("AE: write the text back; LM: continue it; FT: answer about it"),
         false},
        {tr("Trained with"), adapter.trained.empty() ? tr("not said") : list(adapter.trained),
         tr("ae: writing texts back; lm: continuing them; ft: answering questions about them"), false},
        {tr("BOS"), adapter.contextBos ? tr("before the text") : tr("none"), {}, false},
    };
    std::vector<Fact> lora{
        {tr("Rank"), number(adapter.lora.rank), {}, false},
        {tr("Alpha"), u"%L1"_s.arg(adapter.lora.alpha), {}, false},
        {tr("Targets"), list(adapter.lora.targets), {}, false},
        {tr("Parameters"), adapter.parameters == 0 ? u"–"_s : parameterText(adapter.parameters), {}, false},
    };
    std::vector<Fact> files{
        {tr("On disk"), byteText(adapter.diskBytes), {}, false},
        {tr("Origin"),
         adapter.published ? tr("published ICAE checkpoint") : tr("with a configuration of its own"),
         {},
         false},
        {tr("Base"),
         base == nullptr         ? tr("none of those found")
             : adapter.baseNamed ? tr("%1, named by hash").arg(folderName(base->folder))
                                 : tr("%1, by its shapes; the adapter names no hash").arg(folderName(base->folder)),
         {},
         true},
        {tr("File"), text(adapter.file), {}, true},
        {tr("SHA-256"), hash(adapter.sha256), {}, true},
    };
    std::vector<Fact> inferred;
    for (const auto& sentence : adapter.inferred)
        inferred.push_back({inferred.empty() ? tr("Inferred") : QString(), QString::fromStdString(sentence), {}, true});
    std::vector<Fact> fits;
    for (const auto& fit : adapter.fits)
        if (!fit.doesNotFit.empty())
            fits.push_back({folderName(fit.base), QString::fromStdString(fit.doesNotFit), {}, true});
    return {{tr("Memory slots"), memory},
            {tr("LoRA"), lora},
            {tr("Files"), files},
            {tr("What no file said"), inferred},
            {tr("Bases it does not fit"), fits}};
}

} // namespace icae
