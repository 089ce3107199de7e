#include "widgets/common/find_panes.h"

#include <algorithm>
#include <utility>

namespace icae {

namespace {

constexpr int mostSteps = 50; // to a pane's first match: each may search its whole text

} // namespace

FindPanes::FindPanes(std::function<std::vector<Pane>()> panes)
    : m_ask(std::move(panes))
{
}

void FindPanes::setFirst(const FindTarget* first)
{
    m_first = first;
}

void FindPanes::refresh()
{
    if (m_panes.empty())
        return; // nothing is searched
    m_first = m_panes[m_active].target;
    const auto before = std::exchange(m_panes, {});
    const auto now = m_ask();
    for (const auto& pane : before)
        if (std::none_of(now.begin(), now.end(), [&](const Pane& one) { return one.target == pane.target; }))
            pane.target->endFind();
    if (changed)
        changed();
}

void FindPanes::collect(const QString& query, bool matchCase)
{
    m_panes = m_ask();
    m_results.assign(m_panes.size(), {});
    const auto first =
        std::find_if(m_panes.begin(), m_panes.end(), [this](const Pane& pane) { return pane.target == m_first; });
    m_active = first == m_panes.end() ? 0 : static_cast<std::size_t>(first - m_panes.begin());
    // Each scrolls to its match: the one that is searched first has the last word where panes scroll together.
    for (std::size_t i = 0; i < m_panes.size(); ++i)
        if (i != m_active)
            m_results[i] = m_panes[i].target->find(query, matchCase, 0);
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
        const auto at = (m_active + i) % m_panes.size();
        if (i > 0 && m_results[at].count == 0)
            continue;
        const auto found = m_panes[at].target->find(query, matchCase, 0);
        m_results[at] = found;
        if (found.count > 0) {
            m_active = at;
            return;
        }
    }
}

void FindPanes::step(const QString& query, bool matchCase, int direction)
{
    const auto before = m_results[m_active];
    auto& here = m_results[m_active];
    here = m_panes[m_active].target->find(query, matchCase, direction);
    const bool wrapped = direction > 0 ? here.current <= before.current : here.current >= before.current;
    if (!wrapped && here.count > 0)
        return;
    for (std::size_t i = 1; i < m_panes.size(); ++i) {
        const auto size = m_panes.size();
        const auto at = direction > 0 ? (m_active + i) % size : (m_active + size - i) % size;
        if (m_results[at].count == 0)
            continue;
        m_active = at;
        // From its first match on, or from its last one back.
        auto& there = m_results[at];
        const int end = direction > 0 ? 0 : there.count - 1;
        const auto go = [&](int way) { there = m_panes[at].target->find(query, matchCase, way); };
        go(direction);
        if (there.count > 1)
            go(-direction); // and is in sight
        for (int round = 0; round < mostSteps && there.current != end; ++round)
            go(direction);
        return;
    }
}

FindTarget::Result FindPanes::find(const QString& query, bool matchCase, int direction)
{
    const bool again = !m_panes.empty() && query == m_query && matchCase == m_matchCase && direction != 0;
    m_query = query;
    m_matchCase = matchCase;
    if (again)
        step(query, matchCase, direction);
    else
        collect(query, matchCase);
    Result result;
    for (std::size_t i = 0; i < m_panes.size(); ++i) {
        if (i == m_active && m_results[i].count > 0) {
            result.current = result.count + m_results[i].current;
            result.where = m_panes[i].name;
        }
        result.count += m_results[i].count;
    }
    if (result.count == 0) {
        for (const auto& pane : m_panes)
            result.where += (result.where.isEmpty() ? QString() : QStringLiteral(", ")) + pane.name;
    } else if (!m_panes.empty()) {
        m_first = m_panes[m_active].target;
    }
    return result;
}

void FindPanes::endFind()
{
    for (const auto& pane : std::exchange(m_panes, {}))
        pane.target->endFind();
    m_results.clear();
    m_first = nullptr;
    m_active = 0;
}

} // namespace icae
