#pragma once

#include "icae/model.h"
#include "protocol/run_messages.h"
#include "protocol/study.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// Reads a study's spec: JSON with comments. Models, texts and questions that are files become absolute paths; a model
/// may also be named that comes with the program.
/// @param source name for messages
/// @param folder that relative paths start from
/// @throws Error (InvalidInput) naming the field at fault
StudySpec parseStudySpec(std::string_view json, const std::string& source, const std::filesystem::path& folder);

/// A model of a study, found: one that its spec names, or a checkpoint that a run kept.
struct FoundModel {
    std::string name;
    ModelPaths paths;
    std::int64_t step = 0; ///< of a checkpoint
};

/// @throws Error (NotFound, Mismatch) where a model is not there, naming its field
std::vector<FoundModel> findStudyModels(const StudySpec& spec);

/// The spec with what it leaves out: lengths and slots that the adapter was trained for among it.
/// @param adapter of the first model; null where it has none
StudySpec withDefaults(StudySpec spec, const AdapterConfig* adapter);

/// What is wrong with a spec as far as can be told without loading a model: files that are missing, a field that the
/// kind does not use, numbers that an adapter does not allow. Empty: it can be started.
std::vector<SpecProblem> problemsOf(const StudySpec& spec);

/// The first problem as an error; @param source name of the spec
/// @throws Error (InvalidInput)
void requireNoProblems(const StudySpec& spec, const std::string& source);

/// A commented spec to start from: the bundled model on the bundled texts.
std::string studyTemplate(StudyKind kind);

} // namespace icae
