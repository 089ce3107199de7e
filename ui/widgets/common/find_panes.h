#pragma once

#include "widgets/common/find_target.h"

#include <functional>
#include <vector>

namespace icae {

/// Several panes that are searched as one, in their order. Says which of them the current match is in.
class FindPanes : public FindTarget {
public:
    struct Pane {
        QString name; ///< e.g. "Source"
        FindTarget* target = nullptr;
    };

    /// @param panes those in sight; asked for anew whenever a search begins
    explicit FindPanes(std::function<std::vector<Pane>()> panes);

    /// The search begins in this one.
    void setFirst(const FindTarget* first);
    /// Others are in sight: what is searched goes on there.
    void refresh();

    Result find(const QString& query, bool matchCase, int step) override;
    void endFind() override;

private:
    void collect(const QString& query, bool matchCase);
    void step(const QString& query, bool matchCase, int direction);

    std::function<std::vector<Pane>()> m_ask;
    std::vector<Pane> m_panes;
    std::vector<Result> m_results; ///< of each pane
    const FindTarget* m_first = nullptr;
    std::size_t m_active = 0;
    QString m_query;
    bool m_matchCase = false;
};

} // namespace icae
