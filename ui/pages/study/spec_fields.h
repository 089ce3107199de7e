#pragma once

#include "protocol/study.h"

#include <QString>
#include <QStringList>

#include <optional>
#include <string>
#include <vector>

namespace icae {

/// A field of a study's spec that is a line of text in the form.
struct SpecField {
    const char* name; ///< in the spec
    const char* title; ///< for people
    const char* hint; ///< what belongs in it
    bool (*isUsed)(StudyKind kind);
    QString (*text)(const StudySpec& spec);
    /// Takes a text over. False where it is none of the kind: then what is wrong with it says `hint`.
    bool (*take)(StudySpec& spec, const QString& text);
};

/// A title or a hint in the user's language.
QString specFieldText(const char* text);

/// In the order of the form.
const std::vector<SpecField>& specFields();

/// The spec with what its kind does not read taken out of it.
StudySpec withoutUnused(StudySpec spec);
/// A folder's name for a study: "length-nano-reconstruct".
QString runNameFor(const StudySpec& spec);
/// What the command line of the same study is.
QString studyCommand(const QString& name);

} // namespace icae
