#include "fake_training.h"

#include "fake_model.h"

#include <cmath>

namespace icae::fake_training {

namespace {

constexpr std::int64_t logEvery = 10;
constexpr auto text = "The clock at the pier struck 12 times. Harbour lights went out. Nobody saw it. Then came rain.";

double lossAt(std::int64_t step)
{
    return 3 * std::exp(-static_cast<double>(step) / 400);
}

std::string trainLine(std::int64_t step)
{
    const auto loss = lossAt(step);
    return nlohmann::json{{"step", step},          {"seconds", static_cast<double>(step) / 10},
                          {"tokens", step * 1000}, {"learning_rate", 1e-3},
                          {"gradient_norm", 0.5},  {"tokens_per_s", 10000},
                          {"loss", loss},          {"losses", {{"ae", loss}, {"lm", 3.2}}}}
               .dump()
        + "\n";
}

std::string sampleLine(std::int64_t step, std::int64_t slotCount)
{
    const std::string written = step == steps ? text : miswritten(text);
    return nlohmann::json{{"step", step},       {"tokens", 64},
                          {"slots", slotCount}, {"bleu", static_cast<double>(step) / steps},
                          {"em", 0.5},          {"loss", lossAt(step)},
                          {"reference", text},  {"hypothesis", written}}
               .dump()
        + "\n";
}

} // namespace

std::string templateOf(const TrainTemplateParams& params)
{
    return "{\n  \"stage\": \"" + params.stage
        + "\", // what is trained\n  \"base\": \"/models/nano/base\",\n"
          "  \"data\": { \"texts\": [\"samples\"] },\n"
          "  \"mixture\": { \"ae\": 0.6, \"lm\": 0.4 },\n"
          "  \"ae\": { \"cells\": [[64, 16], [512, 128]] }, // tokens, slots\n"
          "  \"optimizer\": { \"learning_rate\": 1e-3 }, // at its peak\n"
          "  \"stop\": { \"steps\": 1000 }\n}\n";
}

TrainCheck check(const TrainJobParams& params)
{
    TrainCheck found;
    const auto job = nlohmann::json::parse(params.job, nullptr, false, true);
    if (!job.is_object()) {
        found.problems.push_back({"", "The job is no JSON object.", "Mend it at line 1."});
        return found;
    }
    found.stage = job.value("stage", "adapter");
    found.base = job.value("base", "");
    found.steps = steps;
    found.batchTokens = 1000;
    found.trainedNumbers = 1'100'000;
    found.deviceName = "CPU (2 threads)";
    found.precision = "fp32";
    const auto rate = job.value("/optimizer/learning_rate"_json_pointer, nlohmann::json(1e-3));
    if (!rate.is_number() || rate > 1)
        found.problems.push_back({"optimizer.learning_rate", "The learning rate is no number from 0 to 1.",
                                  "Write one, for instance 1e-4."});
    constexpr int gpus = 8;
    if (const auto ranks = job.value("ranks", nlohmann::json(1)); !ranks.is_number_integer() || ranks > gpus)
        found.problems.push_back({"ranks", "This machine has 8 GPUs.", "Take no more."});
    return found;
}

RunContent content(const RunInfo& info, const std::string& job, std::int64_t after, std::int64_t upTo)
{
    RunContent content;
    content.info = info;
    for (auto step = after + logEvery; step <= upTo; step += logEvery) {
        content.metrics.lines += trainLine(step);
        if (step % evaluateEvery != 0)
            continue;
        content.metrics.lines += nlohmann::json{{"step", step},
                                                {"seconds", static_cast<double>(step) / 10},
                                                {"validation", {{"loss 64/16", lossAt(step)}, {"bleu 64/16", 0.5}}}}
                                     .dump()
            + "\n";
        content.samples.lines += sampleLine(step, 16) + sampleLine(step, 32);
        content.log.lines += "step " + std::to_string(step) + "\n";
        if (step == 2 * evaluateEvery)
            content.metrics.lines += R"({"event": "spike", "step": 400, "sentence": "The loss jumped.", )"
                                     R"("remedy": "Lower the learning rate."})"
                                     "\n";
    }
    if (after == 0)
        content.job = job;
    for (auto step = evaluateEvery; step <= upTo; step += evaluateEvery) {
        RunCheckpoint checkpoint;
        checkpoint.step = step;
        checkpoint.path = info.run + "/kept/step-" + std::to_string(step);
        checkpoint.keeps = {"adapter"};
        checkpoint.stays = true;
        checkpoint.loss = lossAt(step);
        checkpoint.best = step + evaluateEvery > upTo;
        content.checkpoints.push_back(checkpoint);
    }
    return content;
}

} // namespace icae::fake_training
