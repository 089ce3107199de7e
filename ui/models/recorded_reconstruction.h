#pragma once

#include "protocol/study.h"
#include "protocol/text_messages.h"

#include <QString>

namespace icae {

/// A reconstruction that was measured before, and can be looked at without its model.
struct RecordedReconstruction {
    StudySample sample; ///< with its texts
    QString origin; ///< where it comes from, e.g. a study's title
    QString cell; ///< for people, e.g. "512 → 32"

    /// What an engine would have answered. No memory belongs to it, and no token's rating.
    ReconstructResult result() const;
};

} // namespace icae
