#pragma once

#include "llm/generation.h"

/// A tiny transformer with random weights whose logits are spread, so that no two tokens are nearly tied.
struct SmallModel {
    icae::LlmConfig config = makeConfig();
    icae::Decoder decoder{config, icae::makeKernels(at::kCPU, at::kFloat)};
    icae::LlmWeights weights = makeWeights(config);

    /// Tokens at positions 0, 1.5, 3, …
    icae::Prompt prompt(const std::vector<int64_t>& ids, int64_t maxTokens) const
    {
        icae::Prompt prompt;
        prompt.embeddings = icae::Decoder::embed(weights, at::tensor(ids, at::kLong));
        for (std::size_t i = 0; i < ids.size(); ++i)
            prompt.positions.push_back(static_cast<float>(i) * 1.5F);
        prompt.nextPosition = static_cast<float>(ids.size()) * 1.5F;
        prompt.maxTokens = maxTokens;
        return prompt;
    }

private:
    static icae::LlmConfig makeConfig()
    {
        icae::LlmConfig config;
        config.architecture = "LlamaForCausalLM";
        config.vocabSize = 90;
        config.hiddenSize = 48;
        config.intermediateSize = 64;
        config.layers = 3;
        config.heads = 4;
        config.kvHeads = 2;
        config.headDim = 12;
        config.maxPositions = 200;
        return config;
    }

    static icae::LlmWeights makeWeights(const icae::LlmConfig& config)
    {
        at::manual_seed(7);
        auto weights = icae::randomWeights(config, at::kCPU, at::kFloat);
        weights.embedding.mul_(20);
        weights.head.mul_(5);
        return weights;
    }
};
