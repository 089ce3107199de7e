#include "pages/chat/conversation_view.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <QTimer>

#include <utility>

namespace icae {

ConversationView::ConversationView(const Theme& theme, ConversationModel& model, QWidget* parent)
    : Zoomable<QListView>(parent)
    , m_theme(theme)
    , m_model(model)
    , m_turns(new TurnDelegate(theme, this))
{
    setModel(&model);
    setItemDelegate(m_turns);
    setVerticalScrollMode(ScrollPerPixel);
    setSelectionMode(NoSelection);
    setFrameShape(NoFrame);
    setMouseTracking(true);
    setResizeMode(Adjust);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOn); // its coming would change all widths
    setAutoScroll(false);
    verticalScrollBar()->setSingleStep(Theme::grid(3));
    setAccessibleName(tr("Conversation"));
    connect(m_turns, &TurnDelegate::triggered, this, &ConversationView::triggered);
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, [this] {
        if (!m_scrolling)
            m_follows = isAtEnd();
    });
    connect(verticalScrollBar(), &QScrollBar::rangeChanged, this, &ConversationView::follow);
    connect(&m_model, &QAbstractItemModel::dataChanged, this,
            [this](const QModelIndex& index) { Q_EMIT m_turns->sizeHintChanged(index); });
    connect(&theme, &Theme::changed, this, [this] {
        m_turns->forget();
        scheduleDelayedItemsLayout();
    });
}

void ConversationView::copy(const QString& text)
{
    QGuiApplication::clipboard()->setText(text);
}

bool ConversationView::isAtEnd() const
{
    return verticalScrollBar()->value() >= verticalScrollBar()->maximum() - Theme::grid();
}

void ConversationView::goToEnd()
{
    m_follows = true;
    follow();
}

void ConversationView::follow()
{
    if (!m_follows)
        return;
    const bool before = std::exchange(m_scrolling, true);
    verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    m_scrolling = before;
}

void ConversationView::setCurrentCell(int cell)
{
    const auto* row = m_model.at(currentIndex());
    const auto cells = row == nullptr ? 0 : static_cast<int>(row->cells.size());
    m_cell = std::clamp(cell, 0, std::max(0, cells - 1));
    m_turns->setCurrentCell(m_cell);
    viewport()->update();
}

void ConversationView::keyPressEvent(QKeyEvent* event)
{
    const auto* row = m_model.at(currentIndex());
    if (row != nullptr && event->modifiers() == Qt::NoModifier) {
        if (event->key() == Qt::Key_Left || event->key() == Qt::Key_Right) {
            setCurrentCell(m_cell + (event->key() == Qt::Key_Left ? -1 : 1));
            return;
        }
        if (row->toVote && event->key() >= Qt::Key_1 && event->key() <= Qt::Key_3) {
            constexpr std::array votes{TurnAction::FirstBetter, TurnAction::AsGood, TurnAction::SecondBetter};
            Q_EMIT triggered(votes.at(static_cast<std::size_t>(event->key() - Qt::Key_1)), currentIndex(), 0);
            return;
        }
    }
    QListView::keyPressEvent(event);
    setCurrentCell(m_cell);
}

void ConversationView::mousePressEvent(QMouseEvent* event)
{
    QListView::mousePressEvent(event);
    if (const auto index = indexAt(event->pos()); index.isValid()) {
        QStyleOptionViewItem option;
        option.rect = visualRect(index);
        setCurrentCell(m_turns->cellAt(option, index, event->pos()));
    }
}

void ConversationView::resizeEvent(QResizeEvent* event)
{
    m_turns->setWidth(viewport()->width());
    QListView::resizeEvent(event);
}

FindTarget::Result ConversationView::find(const QString& query, bool matchCase, int step)
{
    const auto top = indexAt({1, 1}).row();
    const auto result = m_matches.find(
        query, matchCase, step,
        [&](const QString& words, Qt::CaseSensitivity sensitivity) {
            std::vector<int> rows;
            for (int row = 0; row < m_model.rowCount(); ++row)
                if (m_model.index(row).data().toString().contains(words, sensitivity))
                    rows.push_back(row);
            return rows;
        },
        [&](int row) { return row >= top; });
    m_turns->setWords(query);
    if (const auto* row = m_matches.current()) {
        m_follows = false;
        setCurrentIndex(m_model.index(*row));
        scrollTo(m_model.index(*row));
    }
    viewport()->update();
    return result;
}

void ConversationView::endFind()
{
    m_matches.clear();
    m_turns->setWords({});
    viewport()->update();
}

} // namespace icae
