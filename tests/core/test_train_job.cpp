#include "error_of.h"
#include "protocol/error.h"
#include "tensor/tensor_data.h"
#include "train/job.h"
#include "train/job_check.h"

#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <fstream>
#include <functional>
#include <map>
#include <optional>

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// A job that names something impossible is refused before any work, naming the field; every template is a job.
class TestTrainJob : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    fs::path path(const std::string& name) const { return m_folder.path().toStdString() + "/" + name; }

    void write(const std::string& name, const std::string& content) const
    {
        fs::create_directories(path(name).parent_path());
        std::ofstream(path(name), std::ios::binary) << content;
    }

    /// A base of the golden files, under another name, with changes to its config.json.
    void makeBase(const std::string& name, const std::string& golden, const Json& patch) const
    {
        const fs::path source = fs::path(ICAE_TEST_GOLDEN) / golden;
        auto config = Json::parse(std::ifstream(source / "config.json"));
        config.merge_patch(patch);
        write(name + "/config.json", config.dump());
        fs::copy_file(source / "model.safetensors", path(name + "/model.safetensors"));
        fs::copy_file(fs::path(ICAE_TEST_DATA) / "tiny/tokenizer.model", path(name + "/tokenizer.model"));
    }

    /// A folder with the golden adapter, its tensors changed.
    void makeAdapter(const std::string& name, const std::function<void(std::map<std::string, at::Tensor>&)>& change,
                     const Json& patch = Json::object()) const
    {
        const auto source = fs::path(ICAE_TEST_GOLDEN) / "spread_elastic";
        const auto store = icae::TensorStore::open(source / "icae.safetensors");
        std::map<std::string, at::Tensor> tensors;
        for (const auto& tensor : store->names())
            tensors[tensor] = icae::toTensor(store->tensor(tensor));
        change(tensors);
        std::vector<icae::TensorView> views;
        for (const auto& [tensor, value] : tensors)
            views.push_back(icae::viewOf(tensor, value));
        auto config = Json::parse(std::ifstream(source / "icae_config.json"));
        config.merge_patch(patch);
        write(name + "/icae_config.json", config.dump());
        icae::writeSafetensors(path(name) / "icae.safetensors", views, {});
    }

    static std::string text(int sentences)
    {
        std::string text;
        for (int i = 0; i < sentences; ++i)
            text += "The miller counted " + std::to_string(i) + " coins. ";
        return text;
    }

    static Json midtrain()
    {
        return {{"stage", "midtrain"},
                {"base", "base"},
                {"adapter",
                 {{"lora", {{"r", 8}, {"alpha", 16}, {"targets", {"q_proj", "v_proj"}}}},
                  {"slots", 16},
                  {"elastic_slots", {4, 8, 16}},
                  {"span_tokens", 64},
                  {"position_layout", "spread"},
                  {"slot_scale", true},
                  {"prompt", {{"right_before", " Q:"}}}}},
                {"data", {{"texts", {"train.txt"}}, {"questions", {"questions.jsonl"}}}},
                {"mixture", {{"ae", 1}, {"lm", 1}, {"plain", 1}, {"ft", 1}, {"ft_text", 1}}},
                {"ae", {{"cells", Json::array({{64, 16}})}}},
                {"lm", {{"spans", {1, 2}}, {"slots", {4, 8}}, {"tokens", 16}}},
                {"plain", {{"tokens", 64}}},
                {"batch_tokens", 128},
                {"stop", {{"steps", 2}}}};
    }

    static Json base()
    {
        auto config = Json::parse(std::ifstream(fs::path(ICAE_TEST_GOLDEN) / "llama_gqa/config.json"));
        return {{"stage", "base"},
                {"new_base", config},
                {"tokenizer", "base/tokenizer.model"},
                {"data", {{"texts", {"train.txt"}}}},
                {"mixture", {{"plain", 1}}},
                {"plain", {{"tokens", 64}}},
                {"batch_tokens", 128},
                {"stop", {{"minutes", 1}}}};
    }

    void check(const Json& job, const std::string& device = "cpu") const
    {
        icae::checkTrainJob(icae::parseTrainJob(job.dump(), "job.json", path(""), path("data")), device);
    }

    /// The sentence of the refusal; nothing where the job is fine.
    std::optional<icae::Error> refusal(const Json& job) const
    {
        try {
            check(job);
        } catch (const icae::Error& error) {
            return error;
        }
        return std::nullopt;
    }

private Q_SLOTS:
    void initTestCase()
    {
        makeBase("base", "llama_tied_mha_all_linear", Json::object());
        makeBase("short", "llama_tied_mha_all_linear", {{"max_position_embeddings", 100}});
        makeBase("gpt", "llama_tied_mha_all_linear", {{"architectures", {"GPT2LMHeadModel"}}});
        makeBase("deeper", "llama_tied_mha_all_linear", {{"num_hidden_layers", 4}});
        makeBase("large", "llama_tied_mha_all_linear", {{"max_position_embeddings", 4096}});
        makeBase("untokenised", "llama_tied_mha_all_linear", Json::object());
        fs::remove(path("untokenised/tokenizer.model"));
        const auto adapter = fs::path(ICAE_TEST_GOLDEN) / "spread_elastic";
        for (const auto* name : {"adapter", "foreign", "run/model/adapter"}) {
            fs::create_directories(path(name));
            fs::copy_file(adapter / "icae.safetensors", path(name) / "icae.safetensors");
            fs::copy_file(adapter / "icae_config.json", path(name) / "icae_config.json");
        }
        auto config = Json::parse(std::ifstream(path("foreign/icae_config.json")));
        config["base"]["weights_sha256"] = std::string(64, 'f');
        write("foreign/icae_config.json", config.dump());
        makeAdapter("unprefixed", [](auto& tensors) {
            std::map<std::string, at::Tensor> plain;
            for (const auto& [name, tensor] : tensors)
                plain[name.starts_with("icae.") ? name.substr(5) : name] = tensor;
            tensors = std::move(plain);
        });
        makeAdapter("ranks", [](auto& tensors) { // PEFT's rank_pattern: layer 1 has rank 4
            for (auto& [name, tensor] : tensors)
                if (name.find("layers.1.") != std::string::npos)
                    tensor = tensor.narrow(name.find("lora_B") != std::string::npos ? 1 : 0, 0, 4).contiguous();
        });
        makeAdapter("scaled", [](auto& /*tensors*/) {}, {{"lora", {{"alpha", 32}}}});
        makeAdapter(
            "wide",
            [](auto& tensors) {
                const std::string layers = "icae.base_model.model.model.layers.";
                for (const auto* layer : {"0", "1", "2"})
                    for (const auto* part : {"lora_A", "lora_B"})
                        tensors[layers + layer + ".self_attn.o_proj." + part + ".default.weight"] =
                            tensors.at(layers + layer + ".self_attn.q_proj." + part + ".default.weight").clone();
            },
            {{"lora", {{"targets", {"q_proj", "v_proj", "o_proj"}}}}});
        write("run/config.json", "{}");
        fs::create_directories(path("run/model/base"));
        for (const auto& entry : fs::directory_iterator(path("base")))
            fs::copy_file(entry.path(), path("run/model/base") / entry.path().filename());
        write("train.txt", text(200));
        write("train.pdf", "%PDF");
        fs::create_directories(path("folder.txt"));
        write("questions.jsonl", "{}\n");
        write("data/elsewhere.md", text(200));
        write("val.jsonl", Json{{"text", text(100)}}.dump());
        write("short.jsonl", Json{{"text", text(1)}}.dump());
    }

    void wholeJobsPass()
    {
        check(midtrain());
        check(base());
        auto adapter = midtrain();
        adapter.merge_patch({{"stage", "adapter"},
                             {"base", "run"},
                             {"init_from", "run"},
                             {"mixture", {{"plain", nullptr}, {"ft_text", nullptr}}},
                             {"data", {{"texts", {"elsewhere.md"}}, {"validation_texts", {"val.jsonl"}}}}});
        const auto job = icae::parseTrainJob(adapter.dump(), "job.json", path(""), path("data"));
        QCOMPARE(job.base, path("run/model/base"));
        QCOMPARE(job.initFrom, path("run/model/adapter"));
        QCOMPARE(job.texts.front(), path("data/elsewhere.md"));
        QCOMPARE(job.checkpointMinutes, 5.0);
        QCOMPARE(job.adapter.trained, (std::vector<std::string>{"ae", "lm", "ft"})); // what its file will say
        adapter["mixture"]["ft"] = 0;
        QCOMPARE(icae::parseTrainJob(adapter.dump(), "job.json", path(""), path("data")).adapter.trained,
                 (std::vector<std::string>{"ae", "lm"}));
        icae::checkTrainJob(job, "cpu");
        adapter["init_from"] = "unprefixed"; // as the published training code and PEFT name their tensors
        check(adapter);
    }

    /// Comparing the base with the one that an adapter names shows how far it is, and stops.
    void comparingBasesStops()
    {
        auto adapter = midtrain();
        adapter.merge_patch(
            {{"stage", "adapter"}, {"init_from", "foreign"}, {"mixture", {{"plain", nullptr}, {"ft_text", nullptr}}}});
        const auto job = icae::parseTrainJob(adapter.dump(), "job.json", path(""), path("data"));
        std::stop_source stop;
        icae::HashOptions hashing{icae::HashOptions::Effort::Remembered, {}, stop.get_token()};
        std::string phase;
        hashing.progress = [&](const icae::Progress& progress) { phase = progress.phase; };
        QCOMPARE(icae::errorOf([&] { icae::checkTrainJob(job, "cpu", hashing); }).kind(), icae::ErrorKind::Mismatch);
        QCOMPARE(phase, std::string("Hashing the base"));
        stop.request_stop();
        QCOMPARE(icae::errorOf([&] { icae::checkTrainJob(job, "cpu", hashing); }).kind(), icae::ErrorKind::Cancelled);
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("stage");
        QTest::addColumn<QByteArray>("patch");
        QTest::addColumn<QByteArray>("field"); // named in the message
        QTest::addColumn<QByteArray>("why");
        const auto row = [](const char* name, const char* stage, const char* patch, const char* field,
                            const char* why) {
            QTest::newRow(name) << QByteArray(stage) << QByteArray(patch) << QByteArray(field) << QByteArray(why);
        };
        const auto mid = [&](const char* name, const char* patch, const char* field, const char* why) {
            row(name, "midtrain", patch, field, why);
        };
        mid("unknown field", R"({"bach": 1})", "bach", "known");
        mid("unknown stage", R"({"stage": "pretrain"})", "stage", "pretrain");
        mid("missing base", R"({"base": null})", "base", "lacks");
        mid("base not there", R"({"base": "nowhere"})", "base", "does not exist");
        mid("base with a zero byte", R"({"base": "base\u0000x"})", "base", "holds a zero byte");
        mid("other architecture", R"({"base": "gpt"})", "base", "GPT2LMHeadModel");
        mid("weights of another shape", R"({"base": "deeper"})", "base", "missing 9");
        mid("base without tokenizer", R"({"base": "untokenised"})", "base", "tokenizer.model");
        mid("no new base here", R"({"new_base": {}})", "new_base", "stage");
        mid("rank 0", R"({"adapter": {"lora": {"r": 0}}})", "lora.r", "1");
        mid("unknown target", R"({"adapter": {"lora": {"targets": ["c_attn"]}}})", "c_attn", "linear");
        mid("unknown LoRA field", R"({"adapter": {"lora": {"drop_out": 0.1}}})", "adapter.lora.drop_out", "known");
        mid("unknown adapter field", R"({"adapter": {"span": 64}})", "adapter.span", "known");
        mid("trained follows from the mixture", R"({"adapter": {"trained": ["ft"]}})", "adapter.trained", "known");
        mid("unknown prompt field", R"({"adapter": {"prompt": {"middle": ""}}})", "adapter.prompt.middle", "known");
        mid("dropout of questions", R"({"questions": {"dropout": 0.95}})", "questions.dropout", "0.9");
        mid("predicted twice", R"({"questions": {"predict": 2}})", "questions.predict", "1");
        mid("unknown optimizer", R"({"optimizer": {"kind": "sgd"}})", "optimizer.kind", "muon");
        row("Muon without a base", "adapter", R"({"optimizer": {"kind": "muon"}})", "optimizer.kind", "trains none");
        mid("dropout of 1", R"({"adapter": {"lora": {"dropout": 1}}})", "adapter.lora.dropout", "0.999");
        mid("more slots than a span", R"({"adapter": {"span_tokens": 8}})", "adapter.slots", "more than a span");
        mid("no slots", R"({"adapter": {"slots": 0}})", "slots", "1");
        mid("elastic beyond slots", R"({"adapter": {"elastic_slots": [32]}})", "elastic_slots", "16");
        mid("layout", R"({"adapter": {"position_layout": "round"}})", "position layout", "round");
        mid("special token", R"({"adapter": {"special_tokens": ["AE", "LM"]}})", "adapter.special_tokens", "FT");
        mid("start not there", R"({"init_from": "nowhere"})", "init_from", "does not exist");
        mid("start of another rank", R"({"init_from": "adapter", "adapter": {"lora": {"r": 4}}})", "init_from",
            "LoRA rank for q_proj of layer 0 is 8, the job's 4");
        mid("start of several ranks", R"({"init_from": "ranks"})", "init_from",
            "LoRA rank for q_proj of layer 1 is 4, the job's 8");
        mid("start of another scale", R"({"init_from": "scaled"})", "init_from",
            "LoRA scale (alpha / r) for q_proj of layer 0 is 4.0, the job's 2.0");
        mid("start with tokens in another order",
            R"({"init_from": "adapter", "adapter": {"special_tokens": ["LM", "AE", "FT"]}})", "init_from",
            R"(its special tokens are ["AE","LM","FT"])");
        mid("start with a target more", R"({"init_from": "wide"})", "init_from",
            "it has LoRA on o_proj, and the job none");
        mid("start without a target", R"({"init_from": "adapter", "adapter": {"lora": {"targets": ["o_proj"]}}})",
            "init_from", "o_proj");
        mid("start that is none", R"({"init_from": "base"})", "init_from", "no adapter");
        mid("unknown objective", R"({"mixture": {"mlm": 1}})", "mixture.mlm", "no objective");
        mid("negative weight", R"({"mixture": {"ae": -1}})", "mixture.ae", "0");
        mid("no weight", R"({"mixture": {"ae": 0, "lm": 0, "plain": 0, "ft": 0, "ft_text": 0}})", "mixture", "above 0");
        mid("no mixture", R"({"mixture": null})", "mixture", "lacks");
        mid("missing file", R"({"data": {"texts": ["nowhere.txt"]}})", "data.texts", "nowhere.txt");
        mid("a folder of texts", R"({"data": {"texts": ["folder.txt"]}})", "data.texts", "folder");
        mid("unknown kind", R"({"data": {"texts": ["train.pdf"]}})", "data.texts", "kind");
        mid("no texts", R"({"data": {"texts": []}})", "data.texts", "empty");
        mid("no questions", R"({"data": {"questions": []}})", "data.questions", "empty");
        mid("questions as text", R"({"data": {"questions": ["train.txt"]}})", "data.questions", "kind");
        mid("unknown data", R"({"data": {"text": ["train.txt"]}})", "data.text", "known");
        mid("short validation", R"({"data": {"validation_texts": ["short.jsonl"]}, "evaluate": {"cells": [[64, 16]]}})",
            "data.validation_texts", "evaluate.cells");
        mid("cells without texts", R"({"evaluate": {"cells": [[64, 16]]}})", "data.validation_texts", "empty");
        mid("too little to continue", R"({"data": {"validation_texts": ["short.jsonl"]}})", "data.validation_texts",
            "continuation");
        mid("k > span", R"({"ae": {"cells": [[8, 16]]}})", "ae.cells", "more slots than tokens");
        mid("cell beyond a span", R"({"ae": {"cells": [[65, 16]]}})", "ae.cells", "at most 64");
        mid("slots not elastic", R"({"ae": {"cells": [[64, 12]]}})", "ae.cells", "12 slots");
        mid("cell of three", R"({"ae": {"cells": [[64, 16, 1]]}})", "ae.cells", "[tokens, slots]");
        mid("no cells", R"({"ae": null})", "ae.cells", "missing");
        mid("shorten", R"({"ae": {"shorten": 2}})", "ae.shorten", "1");
        mid("unknown ae field", R"({"ae": {"cell": []}})", "ae.cell", "known");
        mid("spans in reverse", R"({"lm": {"spans": [3, 2]}})", "lm.spans", "[least, most]");
        mid("lm slots not elastic", R"({"lm": {"slots": [5]}})", "lm.slots", "5 slots");
        mid("no lm slots", R"({"lm": {"slots": []}})", "lm.slots", "no count");
        mid("lm tokens", R"({"lm": {"tokens": 1}})", "lm.tokens", "16");
        mid("copies", R"({"plain": {"copies": -0.1}})", "plain.copies", "0");
        mid("batch too small", R"({"batch_tokens": 63})", "batch_tokens", "64 tokens");
        mid("batch too small for spans", R"({"batch_tokens": 64})", "batch_tokens", "\"lm\" has 128");
        mid("batch of a word", R"({"batch_tokens": "many"})", "batch_tokens", "number");
        mid("no accumulation", R"({"accumulate": 0})", "accumulate", "1");
        mid("learning rate", R"({"optimizer": {"learning_rate": 0}})", "optimizer.learning_rate", "10");
        mid("schedule", R"({"optimizer": {"schedule": "steps"}})", "optimizer.schedule", "cosine");
        mid("clip", R"({"optimizer": {"clip": -1}})", "optimizer.clip", "0");
        mid("unknown optimizer field", R"({"optimizer": {"lr": 1}})", "optimizer.lr", "known");
        mid("no end", R"({"stop": null})", "stop", "either");
        mid("two ends", R"({"stop": {"minutes": 1}})", "stop", "either");
        mid("no steps", R"({"stop": {"steps": 0}})", "stop.steps", "1");
        mid("unknown end", R"({"stop": {"hours": 1}})", "stop.hours", "known");
        mid("never logged", R"({"every": {"log": 0}})", "every.log", "1");
        mid("no checkpoint kept", R"({"every": {"keep": 0}})", "every.keep", "1");
        mid("checkpoint minutes", R"({"every": {"checkpoint_minutes": -1}})", "every.checkpoint_minutes", "0");
        mid("precision", R"({"precision": "fp8"})", "precision", "bf16");
        mid("precision of the device", R"({"precision": "bf16"})", "precision", "CPU");
        mid("dropout and checkpointing", R"({"checkpoint_activations": true, "adapter": {"lora": {"dropout": 0.1}}})",
            "checkpoint_activations", "dropout");
        mid("seed", R"({"seed": -1})", "seed", "0");
        mid("windows", R"({"evaluate": {"windows": 0}})", "evaluate.windows", "1");
        mid("beyond the positions", R"({"base": "short", "plain": {"tokens": 101}})", "plain.tokens", "100 positions");
        mid("spans beyond the positions", R"({"base": "short"})", "lm.spans", "100 positions");
        mid("plain with an adapter", R"({"stage": "adapter"})", "mixture.ft_text", "cannot be trained");
        row("frozen base that differs", "adapter", R"({"init_from": "foreign"})", "init_from", "another base");
        row("ae without an adapter", "base", R"({"mixture": {"ae": 1}})", "mixture.ae", "cannot be trained");
        row("adapter of a base", "base", R"({"adapter": {}})", "adapter", "no adapter");
        row("questions to a base", "base", R"({"data": {"validation_questions": ["questions.jsonl"]}})",
            "data.validation_questions", "adapter");
        row("a base of a base", "base", R"({"base": "base"})", "base", "from scratch");
        row("new base", "base", R"({"new_base": {"num_attention_heads": 0}})", "num_attention_heads", "1");
        row("no tokenizer", "base", R"({"tokenizer": null})", "tokenizer", "lacks");
        row("tokenizer that is none", "base", R"({"tokenizer": "train.txt"})", "tokenizer", "train.txt");
        row("words without rows", "base", R"({"new_base": {"vocab_size": 10}})", "tokenizer", "vocabulary of 10");
        row("start of another shape", "base", R"({"init_from": "base"})", "init_from", "do not fit");
    }

    void refusals()
    {
        QFETCH(QByteArray, stage);
        QFETCH(QByteArray, patch);
        QFETCH(QByteArray, field);
        QFETCH(QByteArray, why);
        auto job = stage == "base" ? base() : midtrain();
        if (stage == "adapter")
            job.merge_patch({{"stage", "adapter"}, {"mixture", {{"plain", nullptr}, {"ft_text", nullptr}}}});
        job.merge_patch(Json::parse(patch.toStdString()));
        const auto error = refusal(job);
        QVERIFY2(error, "it passed");
        const auto message = QByteArray::fromStdString(error->message());
        QVERIFY2(message.contains(field) && message.contains("job.json"), message);
        QVERIFY2((message + QByteArray::fromStdString(error->remedy())).contains(why), message);
        QVERIFY2(!error->remedy().empty(), message);
    }

    void templatesAreJobs_data()
    {
        QTest::addColumn<int>("stage");
        for (const auto stage : {icae::Stage::Base, icae::Stage::Midtrain, icae::Stage::Adapter, icae::Stage::Instruct})
            QTest::newRow(icae::stageName(stage).data()) << static_cast<int>(stage);
    }

    void templatesAreJobs()
    {
        QFETCH(int, stage);
        const auto place = "template" + std::to_string(stage) + "/";
        for (const auto* name : {"train.jsonl.xz", "questions.jsonl.xz"})
            write(place + name, "");
        write(place + "val.jsonl", Json{{"text", text(400)}}.dump());
        fs::copy_file(fs::path(ICAE_TEST_DATA) / "tiny/tokenizer.model", path(place + "tokenizer.model"));
        for (const auto* base : {"models/base", "runs/base"}) {
            fs::create_directories(path(place + base));
            for (const auto& entry : fs::directory_iterator(path("large")))
                fs::copy_file(entry.path(), path(place + base) / entry.path().filename());
        }
        const auto job = icae::parseTrainJob(icae::trainJobTemplate(static_cast<icae::Stage>(stage)), "template",
                                             path(place), path(place));
        QCOMPARE(static_cast<int>(job.stage), stage);
        icae::checkTrainJob(job, "cpu");
    }
};

QTEST_GUILESS_MAIN(TestTrainJob)
#include "test_train_job.moc"
