#pragma once

#include <QString>

#include <functional>

namespace icae {

/// A view whose text can be searched with the find bar.
class FindTarget {
public:
    struct Result {
        int current = -1; ///< index of the current match; −1 where there is none
        int count = 0;
        QString where = {}; ///< the pane that the current match is in, or all that were searched; empty: there is one
    };

    FindTarget() = default;
    FindTarget(const FindTarget&) = delete;
    FindTarget& operator=(const FindTarget&) = delete;
    FindTarget(FindTarget&&) = delete;
    FindTarget& operator=(FindTarget&&) = delete;
    virtual ~FindTarget() = default;

    /// Marks all matches and goes on to the next one. @param step +1 forwards, −1 backwards, 0: stay where possible
    virtual Result find(const QString& query, bool matchCase, int step) = 0;
    /// Removes the marks.
    virtual void endFind() = 0;

    std::function<void()> changed; ///< called where another text is in sight, so that it is searched anew
};

} // namespace icae
