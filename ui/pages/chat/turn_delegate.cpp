#include "pages/chat/turn_delegate.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int textsKept = 2000;
constexpr int iconSide = 16;
constexpr int zoneSide = 24;
constexpr int widestText = 900; ///< lines that an eye can follow

QString iconOf(TurnAction action)
{
    switch (action) {
    case TurnAction::Copy:
        return u"copy"_s;
    case TurnAction::Edit:
        return u"edit"_s;
    case TurnAction::Previous:
        return u"left"_s;
    case TurnAction::Next:
        return u"right"_s;
    case TurnAction::Regenerate:
        return u"refresh"_s;
    case TurnAction::GoOn:
        return u"play"_s;
    case TurnAction::WhereFrom:
        return u"memory"_s;
    default:
        return {};
    }
}

bool isVote(TurnAction action)
{
    return action >= TurnAction::FirstBetter;
}

} // namespace

QString TurnDelegate::nameOf(TurnAction action)
{
    switch (action) {
    case TurnAction::Copy:
        return tr("Copy (Ctrl+C)");
    case TurnAction::Edit:
        return tr("Edit: what follows stays, as another branch (Ctrl+E)");
    case TurnAction::Previous:
        return tr("The one before (Alt+Left)");
    case TurnAction::Next:
        return tr("The next one (Alt+Right)");
    case TurnAction::Regenerate:
        return tr("Answer again, as another page (Ctrl+R)");
    case TurnAction::GoOn:
        return tr("Go on with this answer (Ctrl+G)");
    case TurnAction::WhereFrom:
        return tr("Which slots is this from? (Ctrl+L)");
    case TurnAction::FirstBetter:
        return tr("A is better");
    case TurnAction::AsGood:
        return tr("As good");
    case TurnAction::SecondBetter:
        return tr("B is better");
    }
    return {};
}

TurnDelegate::TurnDelegate(const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_theme(theme)
    , m_texts(textsKept)
{
}

TurnDelegate::Text& TurnDelegate::text(const QString& content, int width) const
{
    const auto key = u"%1\n%2"_s.arg(width).arg(content);
    if (auto* known = m_texts.object(key))
        return *known;
    auto made = std::make_unique<Text>();
    auto shown = content;
    shown.replace(u'\n', QChar::LineSeparator);
    made->layout.setText(shown);
    made->layout.setFont(m_theme.font(TypeRole::Reading));
    QTextOption option;
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    made->layout.setTextOption(option);
    made->layout.beginLayout();
    double height = 0;
    for (auto line = made->layout.createLine(); line.isValid(); line = made->layout.createLine()) {
        line.setLineWidth(width);
        line.setPosition({0, height});
        height += line.height();
    }
    made->layout.endLayout();
    made->layout.setCacheEnabled(true);
    made->width = width;
    made->height = static_cast<int>(std::ceil(height));
    auto* kept = made.release(); // NOLINT(cppcoreguidelines-owning-memory): the cache's
    m_texts.insert(key, kept);
    return *kept;
}

int TurnDelegate::textTop() const
{
    return Theme::grid(1.5) + std::max(zoneSide, QFontMetrics(m_theme.font(TypeRole::Body)).height());
}

QRect TurnDelegate::columnOf(const QRect& row, int cell, int cells) const
{
    const auto inner = row.adjusted(Theme::grid(2), 0, -Theme::grid(2), 0);
    const int count = std::max(1, cells);
    const int width = (inner.width() - Theme::grid(3) * (count - 1)) / count;
    return {inner.left() + cell * (width + Theme::grid(3)), inner.top(),
            count == 1 ? std::min(width, widestText) : width, inner.height()};
}

QSize TurnDelegate::sizeHint(const QStyleOptionViewItem& /*option*/, const QModelIndex& index) const
{
    const auto* model = static_cast<const ConversationModel*>(index.model());
    const auto* row = model->at(index);
    if (row == nullptr)
        return {};
    const QRect all(0, 0, m_width, 0);
    int height = 0;
    if (row->asks) {
        height = text(row->text, columnOf(all, 0, 1).width()).height;
    } else {
        const auto cells = static_cast<int>(row->cells.size());
        for (int i = 0; i < cells; ++i)
            height = std::max(
                height, text(row->cells[static_cast<std::size_t>(i)].text, columnOf(all, i, cells).width()).height);
        height = std::max(height, QFontMetrics(m_theme.font(TypeRole::Reading)).height());
        height += QFontMetrics(m_theme.font(TypeRole::Caption)).height() + Theme::grid(0.5);
        if (row->toVote)
            height += Theme::grid(5);
        if (!row->verdict.isEmpty())
            height += QFontMetrics(m_theme.font(TypeRole::Body)).height() + Theme::grid();
    }
    return {m_width, textTop() + height + Theme::grid(1.5)};
}

std::vector<TurnDelegate::Zone> TurnDelegate::zones(const QRect& area, const ConversationRow& row) const
{
    std::vector<Zone> zones;
    const auto strip = [&](const QRect& column, int cell, const std::vector<TurnAction>& actions, int page, int pages) {
        int right = column.right() + 1;
        const auto add = [&](TurnAction action, bool enabled) {
            right -= zoneSide;
            zones.push_back({QRect(right, column.top() + Theme::grid(), zoneSide, zoneSide), action, cell, enabled});
        };
        for (const auto action : actions)
            add(action, true);
        if (pages > 1) {
            add(TurnAction::Next, page < pages);
            right -= QFontMetrics(m_theme.font(TypeRole::Caption)).horizontalAdvance(tr("%1 of %2").arg(99).arg(99));
            add(TurnAction::Previous, page > 1);
        }
    };
    if (row.asks) {
        strip(columnOf(area, 0, 1), 0, {TurnAction::Edit, TurnAction::Copy}, row.branch, row.branches);
        return zones;
    }
    const auto cells = static_cast<int>(row.cells.size());
    for (int i = 0; i < cells; ++i) {
        const auto& cell = row.cells[static_cast<std::size_t>(i)];
        if (cell.writing)
            continue;
        std::vector<TurnAction> actions{TurnAction::Copy};
        if (!row.toVote) {
            actions.insert(actions.begin(), TurnAction::Regenerate);
            if (cell.unfinished)
                actions.push_back(TurnAction::GoOn);
            if (cell.traceable)
                actions.push_back(TurnAction::WhereFrom);
        }
        strip(columnOf(area, i, cells), i, actions, cell.page, cell.pages);
    }
    if (row.toVote) {
        const auto inner = columnOf(area, 0, 1);
        const int width = Theme::grid(15);
        const int top = area.bottom() - Theme::grid(5);
        int left = inner.left();
        for (const auto action : {TurnAction::FirstBetter, TurnAction::AsGood, TurnAction::SecondBetter}) {
            zones.push_back({QRect(left, top, width, Theme::grid(4)), action, 0, true});
            left += width + Theme::grid();
        }
    }
    return zones;
}

int TurnDelegate::cellAt(const QStyleOptionViewItem& option, const QModelIndex& index, QPoint position) const
{
    const auto* row = static_cast<const ConversationModel*>(index.model())->at(index);
    if (row == nullptr || row->asks)
        return -1;
    const auto cells = static_cast<int>(row->cells.size());
    for (int i = 0; i < cells; ++i)
        if (const auto column = columnOf(option.rect, i, cells);
            position.x() >= column.left() && position.x() <= column.right())
            return i;
    return -1;
}

void TurnDelegate::paintText(QPainter& painter, const QString& content, const QRect& area, Shade shade) const
{
    QList<QTextLayout::FormatRange> marks;
    if (!m_words.isEmpty()) {
        QTextCharFormat format;
        format.setBackground(m_theme.color(Shade::Match));
        format.setForeground(m_theme.color(Shade::MatchText));
        for (auto at = content.indexOf(m_words, 0, Qt::CaseInsensitive); at >= 0;
             at = content.indexOf(m_words, at + m_words.size(), Qt::CaseInsensitive))
            marks.append({static_cast<int>(at), static_cast<int>(m_words.size()), format});
    }
    painter.setPen(m_theme.color(shade));
    text(content, area.width()).layout.draw(&painter, area.topLeft(), marks, painter.clipBoundingRect());
}

void TurnDelegate::paintHeading(QPainter& painter, const QRect& area, const QString& heading, const QString& line,
                                Shade shade) const
{
    auto font = m_theme.font(TypeRole::Body);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(m_theme.color(shade));
    const QFontMetrics metrics(font);
    painter.drawText(area, Qt::AlignLeft | Qt::AlignVCenter, metrics.elidedText(heading, Qt::ElideRight, area.width()));
    const auto taken = metrics.horizontalAdvance(heading) + Theme::grid();
    const auto caption = m_theme.font(TypeRole::Caption);
    painter.setFont(caption);
    painter.setPen(m_theme.color(Shade::SecondaryText));
    painter.drawText(area.adjusted(taken, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     QFontMetrics(caption).elidedText(line, Qt::ElideRight, area.width() - taken));
}

void TurnDelegate::paintZones(QPainter& painter, const QStyleOptionViewItem& option, const ConversationRow& row,
                              bool current) const
{
    const bool near = current || option.state.testFlag(QStyle::State_MouseOver);
    for (const auto& zone : zones(option.rect, row)) {
        if (isVote(zone.action)) {
            painter.setPen(m_theme.color(Shade::Accent));
            painter.setBrush(m_theme.color(Shade::Surface));
            painter.drawRoundedRect(QRectF(zone.area).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
            painter.setFont(m_theme.font(TypeRole::Body));
            painter.drawText(zone.area, Qt::AlignCenter, nameOf(zone.action));
            continue;
        }
        const bool pager = zone.action == TurnAction::Previous || zone.action == TurnAction::Next;
        if (!pager && !near && zone.action != TurnAction::GoOn)
            continue; // quiet until somebody is here
        const auto shade = !zone.enabled ? Shade::DisabledText : Shade::SecondaryText;
        m_theme.icon(iconOf(zone.action), shade)
            .paint(&painter, QRect(zone.area.center() - QPoint(iconSide / 2, iconSide / 2), QSize(iconSide, iconSide)));
        if (zone.action == TurnAction::Previous) {
            const auto page = row.asks ? row.branch : row.cells[static_cast<std::size_t>(zone.cell)].page;
            const auto pages = row.asks ? row.branches : row.cells[static_cast<std::size_t>(zone.cell)].pages;
            const auto caption = m_theme.font(TypeRole::Caption);
            painter.setFont(caption);
            painter.setPen(m_theme.color(Shade::SecondaryText));
            painter.drawText(QRect(zone.area.right(), zone.area.top(),
                                   QFontMetrics(caption).horizontalAdvance(tr("%1 of %2").arg(99).arg(99)),
                                   zone.area.height()),
                             Qt::AlignCenter, tr("%1 of %2").arg(page).arg(pages));
        }
    }
}

void TurnDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const auto* row = static_cast<const ConversationModel*>(index.model())->at(index);
    if (row == nullptr)
        return;
    const bool current = option.state.testFlag(QStyle::State_HasFocus);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->fillRect(option.rect, m_theme.color(row->asks ? Shade::Window : Shade::Surface));
    const auto cells = static_cast<int>(row->cells.size());
    if (current) { // the bar at the left of what keys act on
        const auto column = columnOf(option.rect, row->asks ? 0 : std::min(m_cell, cells - 1), row->asks ? 1 : cells);
        painter->fillRect(QRect(column.left() - Theme::grid(), option.rect.top() + Theme::grid(), 3,
                                option.rect.height() - Theme::grid(2)),
                          m_theme.color(Shade::Accent));
    }
    const auto actions = zones(option.rect, *row);
    const auto heading = [&](const QRect& column, int cell) { // what its actions leave
        int right = column.right() + 1;
        for (const auto& zone : actions)
            if (!isVote(zone.action) && zone.cell == cell)
                right = std::min(right, zone.area.left());
        return QRect(column.left(), column.top() + Theme::grid(), right - column.left(), zoneSide);
    };
    if (row->asks) {
        const auto column = columnOf(option.rect, 0, 1);
        paintHeading(*painter, heading(column, 0), tr("You"), row->line, Shade::Text);
        paintText(*painter, row->text, column.adjusted(0, textTop(), 0, 0), Shade::Text);
    }
    for (int i = 0; i < cells; ++i) {
        const auto& cell = row->cells[static_cast<std::size_t>(i)];
        const auto column = columnOf(option.rect, i, cells);
        paintHeading(*painter, heading(column, i), cell.heading,
                     cell.answer == m_lit ? tr("its slots are lit") : QString(), Shade::Accent);
        const auto area = column.adjusted(0, textTop(), 0, 0);
        if (cell.text.isEmpty())
            paintText(*painter, cell.writing ? tr("Writing…") : tr("(nothing)"), area, Shade::SecondaryText);
        else
            paintText(*painter, cell.writing ? cell.text + u'▍' : cell.text, area, Shade::Text);
        const auto caption = m_theme.font(TypeRole::Caption);
        const auto height = QFontMetrics(caption).height();
        auto bottom = option.rect.bottom() - Theme::grid();
        if (row->toVote)
            bottom -= Theme::grid(5);
        if (!row->verdict.isEmpty())
            bottom -= QFontMetrics(m_theme.font(TypeRole::Body)).height() + Theme::grid();
        painter->setFont(caption);
        painter->setPen(m_theme.color(Shade::SecondaryText));
        painter->drawText(QRect(column.left(), bottom - height, column.width(), height), Qt::AlignLeft,
                          QFontMetrics(caption).elidedText(cell.line, Qt::ElideRight, column.width()));
        if (i > 0)
            painter->fillRect(QRect(column.left() - Theme::grid(1.5), option.rect.top() + Theme::grid(), 1,
                                    bottom - option.rect.top() - Theme::grid()),
                              m_theme.color(Shade::Hairline));
    }
    if (!row->verdict.isEmpty()) {
        painter->setFont(m_theme.font(TypeRole::Body));
        painter->setPen(m_theme.color(Shade::Text));
        const auto height = QFontMetrics(m_theme.font(TypeRole::Body)).height();
        painter->drawText(QRect(option.rect.left() + Theme::grid(2), option.rect.bottom() - height - Theme::grid(),
                                option.rect.width() - Theme::grid(4), height),
                          Qt::AlignLeft | Qt::AlignVCenter,
                          QFontMetrics(m_theme.font(TypeRole::Body))
                              .elidedText(row->verdict, Qt::ElideRight, option.rect.width() - Theme::grid(4)));
    }
    paintZones(*painter, option, *row, current);
    painter->restore();
}

bool TurnDelegate::editorEvent(QEvent* event, QAbstractItemModel* /*model*/, const QStyleOptionViewItem& option,
                               const QModelIndex& index)
{
    if (event->type() != QEvent::MouseButtonRelease)
        return false;
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const auto* row = static_cast<const ConversationModel*>(index.model())->at(index);
    if (row == nullptr || mouse->button() != Qt::LeftButton)
        return false;
    for (const auto& zone : zones(option.rect, *row))
        if (zone.enabled && zone.area.contains(mouse->pos())) {
            Q_EMIT triggered(zone.action, index, zone.cell);
            return true;
        }
    return false;
}

bool TurnDelegate::helpEvent(QHelpEvent* event, QAbstractItemView* view, const QStyleOptionViewItem& option,
                             const QModelIndex& index)
{
    const auto* row = index.isValid() ? static_cast<const ConversationModel*>(index.model())->at(index) : nullptr;
    if (row != nullptr)
        for (const auto& zone : zones(option.rect, *row))
            if (zone.area.contains(event->pos())) {
                QToolTip::showText(event->globalPos(), nameOf(zone.action), view);
                return true;
            }
    if (const auto cell = cellAt(option, index, event->pos()); cell >= 0) {
        QToolTip::showText(event->globalPos(), row->cells[static_cast<std::size_t>(cell)].facts, view);
        return true;
    }
    QToolTip::hideText();
    return false;
}

} // namespace icae
