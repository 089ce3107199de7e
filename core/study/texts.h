#pragma once

#include <string>
#include <vector>

namespace icae {

/// A text that windows are cut from.
struct StudyText {
    std::string id; ///< as StudySample::text
    std::string content;
};

/// Whether a spec's entry means texts that come with the program: "samples", or "samples/NAME".
bool isBundledText(const std::string& entry);

/// NAMEs of the texts that come with the program.
std::vector<std::string> bundledTextNames();

/// Why an entry of a spec's texts cannot be read, a phrase; empty where it may be.
std::string whyNoText(const std::string& entry);

/// The texts of a spec's entries, in order; those of "samples" are one of each file in turn, so that the first few are
/// of several kinds.
/// @throws Error (NotFound, Io, InvalidInput) naming file and line
std::vector<StudyText> readStudyTexts(const std::vector<std::string>& entries);

} // namespace icae
