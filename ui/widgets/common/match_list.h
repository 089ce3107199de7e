#pragma once

#include "widgets/common/find_target.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace icae {

/// Where a query is found in a view, in the order of its text, and which match is the current one.
template <typename Match> class MatchList {
public:
    /// A new query, or step 0, collects the matches and begins with the first one ahead of the reader; otherwise the
    /// current one moves on.
    /// @param collect (query, case sensitivity) → all matches
    /// @param isAhead whether a match is at or behind the place that the reader is at
    template <typename Collect, typename IsAhead>
    FindTarget::Result find(const QString& query, bool matchCase, int step, Collect collect, IsAhead isAhead)
    {
        const bool again = query == m_query && matchCase == m_matchesCase && step != 0;
        m_query = query;
        m_matchesCase = matchCase;
        if (!again) {
            m_matches.clear();
            if (isActive())
                m_matches = collect(query, matchCase ? Qt::CaseSensitive : Qt::CaseInsensitive);
            const auto first = std::find_if(m_matches.begin(), m_matches.end(), isAhead);
            m_current = first == m_matches.end() ? 0 : static_cast<int>(first - m_matches.begin());
        } else if (!m_matches.empty()) {
            m_current = (m_current + step + count()) % count();
        }
        return {m_matches.empty() ? -1 : m_current, count()};
    }

    void clear() { *this = {}; }
    bool isActive() const { return !m_query.isEmpty(); }
    const QString& query() const { return m_query; }
    bool matchesCase() const { return m_matchesCase; }
    const std::vector<Match>& all() const { return m_matches; }
    /// Null where nothing is found.
    const Match* current() const
    {
        return m_matches.empty() ? nullptr : &m_matches[static_cast<std::size_t>(m_current)];
    }

private:
    int count() const { return static_cast<int>(m_matches.size()); }

    QString m_query;
    bool m_matchesCase = false;
    std::vector<Match> m_matches;
    int m_current = 0;
};

} // namespace icae
