#include "protocol/error.h"
#include "protocol/json_text.h"
#include "runs/places.h"
#include "train/job.h"

namespace icae {

namespace {

constexpr auto askingPart = R"(
  "questions": {
    "turns": 1, // most questions about one text that a sample asks, one after the other
    "predict": 0, // share of samples in which questions are predicted as their answers are
    "dropout": 0 // in the decoder where it is asked, against learning few questions by heart
  },)";

constexpr auto optimizerPart = R"(
  "optimizer": {
    "kind": "adamw", // or "muon", which suits bases from scratch: for the matrices of their layers, AdamW for all else
    "learning_rate": %RATE%, // peak
    "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8,
    "weight_decay": %DECAY%, // on matrices
    "warmup": 200, // steps
    "schedule": "linear", // or "cosine", "constant"
    "final": 0.02, // share of the learning rate at the end
    "clip": 1.0 // greatest norm of all gradients; 0: no limit
  },
  "batch_tokens": 32768, // context tokens a batch
  "accumulate": 1, // batches a step
  "stop": { "steps": 10000 }, // or { "minutes": 30 }
  "every": { // steps; 0 minutes: checkpoints by steps alone; "keep": checkpoints kept
    "log": 50, "evaluate": 1000, "checkpoint": 1000, "checkpoint_minutes": 5, "keep": 2,
    "keep_models": false // keep what each evaluation looked at as a model, for a study of kind "models"
  },
  "device": "auto", // or "cpu", "cuda", "cuda:1"
  "precision": "auto", // "bf16" on a GPU, "fp32" on the CPU
  "checkpoint_activations": false, // compute layers twice to save memory
  "seed": 0
}
)";

constexpr auto adapterPart = R"(
  "adapter": {
    "lora": { "r": 64, "alpha": 128, "dropout": 0, "targets": ["q_proj", "v_proj"] },
    "slots": 128, // memory tokens
    "elastic_slots": [16, 32, 64, 128], // counts that must work; leave out for a fixed number
    "span_tokens": 512, // longest span
    "position_layout": "spread", // or "sequential", as published
    "slot_scale": true,
    "special_tokens": ["AE", "LM", "FT"],
    "prompt": { "left": "", "right_before": "\n\nQuestion:", "right_after": "\nAnswer:" }
  },
  // "init_from": "runs/earlier", // start from the adapter of a run or folder instead of fresh numbers)";

constexpr auto slotPart = R"(
  "ae": {
    "cells": [[64, 16], [128, 16], [128, 32], [256, 32], [256, 64], [512, 32], [512, 64], [512, 128]], // [tokens, slots]
    "shorten": 0.5 // share of batches whose spans are up to a quarter shorter
  },
  "lm": { "spans": [1, 6], "slots": [32, 64, 128], "tokens": 256 }, // tokens to continue
  "evaluate": { "cells": [[512, 128], [512, 64]], "windows": 32, "samples": 3 },)";

constexpr auto bundledJob = R"({
  "stage": "adapter", // an adapter on a frozen base
  "base": %BASE%, // the base that comes with the program
  "adapter": {
    "lora": { "r": 16, "alpha": 32, "dropout": 0, "targets": ["q_proj", "v_proj"] },
    "slots": 32, // memory tokens
    "elastic_slots": [16, 32],
    "span_tokens": 128, // longest span
    "position_layout": "spread",
    "slot_scale": true
  },
  "data": {
    "texts": [%TEXTS%],
    "validation_texts": [%VALIDATION%]
  },
  "mixture": { "ae": 1 }, // it learns to write texts back
  "ae": { "cells": [[64, 16], [64, 32]], "shorten": 0.5 }, // [tokens, slots]
  "evaluate": { "cells": [[64, 32]], "windows": 4, "samples": 2 },
  "optimizer": { "learning_rate": 3e-3, "warmup": 4 },
  "batch_tokens": 256, // context tokens a batch
  "stop": { "steps": 24 },
  "every": { "log": 1, "evaluate": 12, "checkpoint": 12, "keep": 4 },
  "seed": 0
}
)";

std::string bundledPath(const char* name)
{
    const auto path = bundled(name);
    if (path.empty())
        throw Error(ErrorKind::NotFound, std::string(name) + ", which comes with the program, is not installed.",
                    "Choose a base and texts of your own.");
    return jsonText(path.string());
}

std::string replaced(std::string text, const std::string& what, const std::string& with)
{
    return text.replace(text.find(what), what.size(), with);
}

std::string ending(const std::string& rate, const std::string& decay)
{
    return replaced(replaced(optimizerPart, "%RATE%", rate), "%DECAY%", decay);
}

} // namespace

std::string trainJobTemplate(Stage stage)
{
    const std::string texts =
        R"("texts": ["train.jsonl.xz"], // .txt, .md or .jsonl with a field "text", each also .xz)";
    const std::string questions = R"("questions": ["questions.jsonl.xz"], // {"input", "prompt", "answer"} a line
    // "validation_questions": ["questions-val.jsonl"], // the same, to be answered at each evaluation)";
    const std::string validation = R"("validation_texts": ["val.jsonl"])";
    const std::string head = "{\n  \"stage\": \"" + std::string(stageName(stage)) + "\",";
    switch (stage) {
    case Stage::Base:
        return head + R"( // a language model from scratch
  "new_base": { // Hugging Face config.json
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 12000, "hidden_size": 512,
    "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 8,
    "head_dim": 64, "hidden_act": "silu", "rms_norm_eps": 1e-5, "rope_theta": 50000.0,
    "max_position_embeddings": 4096, "tie_word_embeddings": true, "bos_token_id": 1, "eos_token_id": 2,
    "attention_bias": false, "mlp_bias": false, "torch_dtype": "bfloat16"
  },
  "tokenizer": "tokenizer.model",
  // "init_from": "runs/earlier", // start from the base of a run or folder instead of fresh numbers
  "data": {
    )" + texts
            + "\n    " + validation + R"(
  },
  "mixture": { "plain": 1 },
  "plain": { "tokens": 1024, "copies": 0.1 }, // share whose second half repeats the first)"
            + ending("2e-3", "0.1");
    case Stage::Midtrain:
        return head + R"( // base and adapter together
  "base": "runs/base", // a base's folder, or a run that trained one)"
            + adapterPart + R"(
  "data": {
    )" + texts
            + "\n    " + questions + "\n    " + validation + R"(
  },
  "mixture": { "ae": 0.4, "lm": 0.12, "plain": 0.2, "ft_text": 0.13, "ft": 0.15 },
  "plain": { "tokens": 2048, "copies": 0 },)"
            + askingPart + slotPart + ending("1e-3", "0.05");
    case Stage::Adapter:
        return head + R"( // an adapter on a frozen base: the paper's pretraining
  "base": "models/base",)"
            + adapterPart + R"(
  "data": {
    )" + texts
            + "\n    " + validation + R"(
  },
  "mixture": { "ae": 0.6, "lm": 0.4 },)"
            + slotPart + ending("1e-3", "0");
    case Stage::Instruct:
        break;
    }
    return head + R"( // an adapter on a frozen base, with questions: the paper's fine-tuning
  "base": "models/base",)"
        + adapterPart + R"(
  "data": {
    )" + texts
        + "\n    " + questions + "\n    " + validation + R"(
  },
  "mixture": { "ft": 0.65, "ae": 0.2, "lm": 0.15 },)"
        + askingPart + slotPart + ending("5e-4", "0");
}

std::string bundledTrainJob()
{
    auto job = replaced(bundledJob, "%BASE%", bundledPath("models/nano/base"));
    job = replaced(job, "%TEXTS%", bundledPath("samples/ferry.txt") + ", " + bundledPath("samples/news.txt"));
    return replaced(job, "%VALIDATION%", bundledPath("samples/technical.txt"));
}

} // namespace icae
