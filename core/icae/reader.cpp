#include "icae/reader.h"

#include "icae/question_words.h"
#include "protocol/error.h"
#include "tensor/compat.h"
#include "tensor/finite.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace icae {

namespace {

// Numbers of logits at once: 8 MB in float32 where the cache and a soon stop matter, 256 MB where starting kernels
// does.
constexpr std::int64_t cpuLogits = std::int64_t{1} << 21;
constexpr std::int64_t gpuLogits = std::int64_t{1} << 26;
// Tokens a teacher-forced forward reads at once: enough for fast products; on a CPU few enough to hear a stop soon.
constexpr std::int64_t cpuScoredTokens = 1024;
constexpr std::int64_t gpuScoredTokens = 16384;

at::Tensor idTensor(std::span<const std::int32_t> ids)
{
    auto tensor = at::empty({static_cast<std::int64_t>(ids.size())}, at::kLong);
    std::copy(ids.begin(), ids.end(), tensor.data_ptr<int64_t>());
    return tensor;
}

} // namespace

Reader::Reader(const Model& model)
    : m_model(model)
{
}

at::Tensor Reader::embed(std::span<const std::int32_t> ids) const
{
    return Decoder::embed(m_model.weights(), idTensor(ids).to(m_model.device().device));
}

/// Behind what a prompt has, at the positions that follow.
void Reader::append(Prompt& prompt, std::span<const std::int32_t> ids) const
{
    const c10::InferenceMode noGradients;
    const auto more = embed(ids);
    prompt.embeddings = prompt.embeddings.defined() ? at::cat({prompt.embeddings, more}, 0) : more;
    for (std::size_t i = 0; i < ids.size(); ++i, prompt.nextPosition += 1)
        prompt.positions.push_back(prompt.nextPosition);
}

Prompt Reader::prompt(Task task, std::span<const SpanRef> spans, std::span<const std::int32_t> left,
                      std::span<const std::int32_t> right) const
{
    std::vector<SpanShape> shapes;
    std::vector<at::Tensor> slots;
    for (const auto& ref : spans) {
        shapes.push_back(ref.span().shape);
        slots.push_back(ref.memory->slotsOf(ref.index));
    }
    if (slots.empty())
        throw Error(ErrorKind::InvalidInput, "No span was chosen to read.", "Choose at least one.");
    const c10::InferenceMode noGradients;
    return prompt(task, shapes, at::cat(slots, 0), left, right);
}

Prompt Reader::prompt(Task task, std::span<const SpanShape> shapes, const at::Tensor& slots,
                      std::span<const std::int32_t> left, std::span<const std::int32_t> right) const
{
    const c10::InferenceMode noGradients;
    const auto& adapter = m_model.adapter();
    auto layout = decoderPositions(adapter.config.layout, task, shapes, static_cast<std::int64_t>(left.size()));
    Prompt prompt;
    prompt.embeddings = at::cat({embed(left), slots, adapter.specialToken(specialTokenOf(task))}, 0);
    prompt.positions = std::move(layout.prompt);
    prompt.nextPosition = layout.next;
    append(prompt, right);
    return prompt;
}

Prompt Reader::question(std::span<const SpanRef> spans, std::string_view text) const
{
    const QuestionWords words(m_model);
    return prompt(Task::Instruct, spans, words.left, words.asked(m_model.tokenizer()->encodeIds(text)));
}

Prompt Reader::after(const Prompt& prompt, std::span<const std::int32_t> ids) const
{
    auto longer = prompt;
    append(longer, ids);
    longer.maxTokens -= std::ssize(ids);
    return longer;
}

Prompt Reader::plain(std::span<const std::int32_t> ids) const
{
    Prompt prompt;
    append(prompt, ids);
    return prompt;
}

std::vector<std::vector<TokenScore>> Reader::score(std::span<const Prompt> prompts,
                                                   std::span<const std::vector<std::int32_t>> targets,
                                                   const ScoreOptions& options, const std::stop_token& stop) const
{
    const c10::InferenceMode noGradients;
    std::map<std::pair<std::int64_t, std::size_t>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < prompts.size(); ++i)
        if (!targets[i].empty())
            groups[{prompts[i].length(), targets[i].size()}].push_back(i);
    std::vector<std::vector<TokenScore>> results(prompts.size());
    try {
        for (const auto& [shape, members] : groups) {
            const auto tokens = shape.first + static_cast<std::int64_t>(shape.second);
            const auto most = m_model.device().device.is_cpu() ? cpuScoredTokens : gpuScoredTokens;
            const auto atOnce = static_cast<std::size_t>(std::max<std::int64_t>(1, most / tokens));
            for (std::size_t first = 0; first < members.size(); first += atOnce)
                scoreGroup(prompts, targets,
                           std::span(members).subspan(first, std::min(atOnce, members.size() - first)), options, stop,
                           results);
        }
    } catch (const std::exception& e) {
        compat::rethrowOutOfMemory(e, "reading the slots", describeDevice(m_model.device().device));
        throw;
    }
    return results;
}

void Reader::scoreGroup(std::span<const Prompt> prompts, std::span<const std::vector<std::int32_t>> targets,
                        std::span<const std::size_t> group, const ScoreOptions& options, const std::stop_token& stop,
                        std::vector<std::vector<TokenScore>>& results) const
{
    const auto device = m_model.device().device;
    const auto promptLength = prompts[group.front()].length();
    const auto count = static_cast<std::int64_t>(targets[group.front()].size());
    const auto batch = static_cast<std::int64_t>(group.size());
    const std::int64_t length = promptLength + count - 1;
    auto positions = at::empty({batch, length}, at::kFloat);
    auto wanted = at::empty({batch, count}, at::kLong);
    std::vector<at::Tensor> rows;
    for (std::int64_t b = 0; b < batch; ++b) {
        const auto& prompt = prompts[group[static_cast<std::size_t>(b)]];
        const auto& target = targets[group[static_cast<std::size_t>(b)]];
        rows.push_back(at::cat({prompt.embeddings, embed(std::span(target).first(target.size() - 1))}, 0));
        auto* position = positions.data_ptr<float>() + b * length;
        position = std::copy(prompt.positions.begin(), prompt.positions.end(), position);
        for (std::int64_t i = 0; i + 1 < count; ++i)
            *position++ = prompt.nextPosition + static_cast<float>(i);
        std::copy(target.begin(), target.end(), wanted.data_ptr<int64_t>() + b * count);
        checkPositions(m_model.config(), static_cast<double>(prompt.nextPosition) + static_cast<double>(count) - 2);
    }
    auto states = m_model.decoder()
                      .hidden(m_model.weights(), at::stack(rows, 0), positions.to(device), count, stop)
                      .reshape({batch * count, m_model.config().hiddenSize});
    const auto ids = wanted.view({batch * count, 1}).to(device);
    const auto logitRows =
        std::max<std::int64_t>(1, (device.is_cpu() ? cpuLogits : gpuLogits) / m_model.config().vocabSize);
    for (std::int64_t first = 0; first < batch * count; first += logitRows) {
        if (stop.stop_requested())
            throw Error(ErrorKind::Cancelled, "Stopped.", {});
        const std::int64_t n = std::min(logitRows, batch * count - first);
        const auto logits = m_model.decoder().logits(m_model.weights(), states.narrow(0, first, n)).to(at::kFloat);
        const auto logProbabilities = at::log_softmax(logits, -1);
        const auto chosen = logProbabilities.gather(1, ids.narrow(0, first, n));
        const auto nll = chosen.neg().to(at::kCPU).contiguous();
        const auto rank = (logProbabilities > chosen).sum(-1).to(at::kCPU).contiguous();
        at::Tensor near; // tokens that come near, the token itself counted
        if (options.doubt > 0)
            near = (logProbabilities > chosen - options.doubt).sum(-1).to(at::kCPU).contiguous();
        at::Tensor entropy;
        at::Tensor topIds;
        at::Tensor topValues;
        if (options.entropy)
            entropy = (logProbabilities.exp() * logProbabilities).sum(-1).neg().to(at::kCPU).contiguous();
        if (options.alternatives > 0) {
            const auto top = logProbabilities.topk(std::min(options.alternatives, logits.size(1)), -1);
            topValues = std::get<0>(top).to(at::kCPU).contiguous();
            topIds = std::get<1>(top).to(at::kCPU).contiguous();
        }
        for (std::int64_t row = 0; row < n; ++row) {
            TokenScore score;
            score.nll = nll.data_ptr<float>()[row];
            if (std::isnan(score.nll)) // -infinity is a logit of a token that cannot be, and its loss infinity
                refuseNotFinite("Probabilities");
            score.rank = static_cast<std::int32_t>(rank.data_ptr<int64_t>()[row]);
            score.beyondDoubt = near.defined() && near.data_ptr<int64_t>()[row] == 1;
            if (entropy.defined())
                score.entropy = entropy.data_ptr<float>()[row];
            for (std::int64_t i = 0; topIds.defined() && i < topIds.size(1); ++i)
                score.alternatives.push_back(
                    {static_cast<std::int32_t>(topIds.data_ptr<int64_t>()[row * topIds.size(1) + i]),
                     topValues.data_ptr<float>()[row * topIds.size(1) + i]});
            results[group[static_cast<std::size_t>((first + row) / count)]].push_back(std::move(score));
        }
    }
}

at::Tensor Reader::nextLogits(const Prompt& prompt) const
{
    const c10::InferenceMode noGradients;
    const auto length = prompt.length();
    auto positions = prompt.positions;
    const auto row = at::from_blob(positions.data(), {1, length}, at::kFloat).to(m_model.device().device);
    const auto states = m_model.decoder().hidden(m_model.weights(), prompt.embeddings.unsqueeze(0), row.clone(), 1);
    return m_model.decoder().logits(m_model.weights(), states.squeeze(1)).squeeze(0).to(at::kCPU, at::kFloat);
}

Generation Reader::generate(std::span<const Prompt> prompts, const GenerationOptions& options,
                            const TokenCallback& callback, const std::stop_token& stop, Drafter* drafter) const
{
    try {
        return icae::generate(m_model.decoder(), m_model.weights(), prompts, options, callback, stop, drafter);
    } catch (const std::exception& e) {
        compat::rethrowOutOfMemory(e, "generating", describeDevice(m_model.device().device));
        throw;
    }
}

GenerationOptions Reader::greedy() const
{
    GenerationOptions options;
    const auto& ends = m_model.config().eosIds;
    options.stopIds.assign(ends.begin(), ends.end());
    return options;
}

} // namespace icae
