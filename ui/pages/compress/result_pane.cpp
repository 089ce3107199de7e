#include "pages/compress/result_pane.h"

#include "pages/compress/token_pane.h"
#include "widgets/common/check_menu.h"
#include "widgets/common/elided_label.h"
#include "widgets/common/empty_state.h"
#include "widgets/common/find_views.h"
#include "widgets/common/pane_header.h"

#include <QAction>
#include <QActionGroup>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

ResultPane::ResultPane(const Theme& theme, RowGeometry& geometry, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_geometry(geometry)
    , m_empty(new EmptyState(theme, u"compress"_s, {}, {}))
    , m_column(new ProseColumn(theme, ProseSide::Reconstruction, geometry, 1))
    , m_inline(new ProseColumn(theme, ProseSide::Inline, geometry, 2))
    , m_list(new FindTree)
    , m_listModel(new DiffListModel(this))
    , m_tokens(new TokenPane(theme))
    , m_stack(new QStackedWidget)
    , m_title(new ElidedLabel(tr("Reconstruction")))
    , m_stale(new QLabel)
    , m_differences(new QToolButton)
    , m_filterMenu(new CheckMenu(this))
    , m_exportMenu(new QMenu(this))
    , m_modes(new QActionGroup(this))
    , m_next(new QAction(theme.icon(u"down"_s), tr("Next difference"), this))
    , m_previous(new QAction(theme.icon(u"up"_s), tr("Previous difference"), this))
    , m_firstMiss(new QAction(theme.icon(u"flag"_s), tr("First miss"), this))
    , m_chooseClasses(new QAction(tr("Choose classes of differences"), this))
    , m_export(new QAction(theme.icon(u"export"_s), tr("Copy and export"), this))
    , m_lock(new QAction(theme.icon(u"lock"_s), tr("Scroll together"), this))
{
    m_column->setAccessibleName(tr("Reconstruction"));
    m_inline->setAccessibleName(tr("Source and reconstruction in one text"));
    m_list->setAccessibleName(tr("Differences"));
    m_list->setModel(m_listModel);
    m_list->setRootIsDecorated(false);
    m_list->setUniformRowHeights(true);
    m_list->setTextElideMode(Qt::ElideRight);
    m_list->setFrameShape(QFrame::NoFrame);
    for (const auto column : {DiffListModel::Source, DiffListModel::Reconstruction, DiffListModel::Sentence})
        m_list->header()->setSectionResizeMode(column, QHeaderView::Stretch);
    for (auto* view : std::initializer_list<QWidget*>{m_empty, m_column, m_inline, m_list, m_tokens})
        m_stack->addWidget(view);

    auto* first = new PaneHeader;
    first->row().setSpacing(Theme::grid(0.25)); // buttons stand in groups
    first->row().addWidget(m_title);
    first->row().addWidget(m_stale);
    first->row().addStretch(1);
    buildHeader(first);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(first);
    layout->addWidget(m_stack, 1);

    connect(m_next, &QAction::triggered, this, [this] { step(1); });
    connect(m_previous, &QAction::triggered, this, [this] { step(-1); });
    connect(m_firstMiss, &QAction::triggered, this, [this] { goToDifference(0); });
    connect(m_column, &ProseColumn::differenceClicked, this, &ResultPane::goToDifference);
    connect(m_inline, &ProseColumn::differenceClicked, this, &ResultPane::goToDifference);
    connect(m_list->selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& index) {
        if (index.isValid())
            goToDifference(m_listModel->differenceAt(index.row()));
    });
    const auto restyle = [this] {
        auto font = m_theme.font(TypeRole::Body);
        font.setWeight(QFont::DemiBold);
        m_title->setFont(font);
        m_differences->setMinimumWidth(
            QFontMetrics(m_theme.font(TypeRole::Body)).horizontalAdvance(tr("%L1 differences ▾").arg(888))
            + Theme::grid()); // stepping moves nothing
        m_stale->setPixmap(m_theme.icon(u"warning"_s, Shade::Warning).pixmap(16, 16));
    };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
    setMode(Mode::SideBySide);
    showCount();
}

QSize ResultPane::minimumSizeHint() const
{
    return {std::max(QWidget::minimumSizeHint().width(), Theme::grid(68)), Theme::grid(10)};
}

void ResultPane::buildHeader(QWidget* header)
{
    auto& row = static_cast<PaneHeader*>(header)->row();
    m_stale->setVisible(false);
    m_stale->setToolTip(tr("Of an earlier text or setting. Ctrl+Enter reconstructs again."));
    m_stale->setAccessibleName(m_stale->toolTip());
    m_differences->setPopupMode(QToolButton::InstantPopup);
    m_differences->setMenu(m_filterMenu);
    m_differences->setToolTip(tr("Classes of differences; unticked ones are grey and passed over (Alt+F)"));
    m_filterMenu->setToolTipsVisible(true);
    m_next->setShortcut(QKeySequence(Qt::Key_F8));
    m_next->setToolTip(tr("Next difference (F8)"));
    m_previous->setShortcut(QKeySequence(Qt::SHIFT | Qt::Key_F8));
    m_previous->setToolTip(tr("Previous difference (Shift+F8)"));
    m_firstMiss->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_F8));
    m_firstMiss->setToolTip(tr("First miss (Ctrl+F8)"));
    m_chooseClasses->setShortcut(QKeySequence(Qt::ALT | Qt::Key_F));
    m_export->setShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S));
    m_lock->setCheckable(true);
    m_lock->setChecked(true);
    m_lock->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_L));
    m_lock->setToolTip(tr("Source and reconstruction scroll together (Ctrl+L)"));
    const auto button = [&](QAction* action) {
        auto* made = new QToolButton;
        made->setDefaultAction(action);
        made->setIconSize({18, 18});
        made->setProperty("segment", true);
        row.addWidget(made);
        addAction(action);
        return made;
    };
    button(m_previous);
    row.addWidget(m_differences);
    button(m_next);
    button(m_firstMiss);
    addAction(m_chooseClasses);
    connect(m_chooseClasses, &QAction::triggered, m_differences, &QToolButton::showMenu);
    row.addSpacing(Theme::grid(0.5));
    const auto mode = [&](Mode which, const QString& icon, const QString& name, Qt::Key key) {
        auto* action = m_modes->addAction(m_theme.icon(icon), name);
        action->setCheckable(true);
        action->setData(static_cast<int>(which));
        action->setShortcut(QKeySequence(Qt::ALT | key));
        action->setToolTip(u"%1 (Alt+%2)"_s.arg(name, QChar(key)));
        connect(action, &QAction::triggered, this, [this, which] {
            setMode(which);
            currentView().setFocus(Qt::ShortcutFocusReason); // its single keys work at once
        });
        button(action);
    };
    mode(Mode::SideBySide, u"side-by-side"_s, tr("Side by side"), Qt::Key_1);
    mode(Mode::Inline, u"inline"_s, tr("Inline"), Qt::Key_2);
    mode(Mode::List, u"list"_s, tr("List of differences"), Qt::Key_3);
    mode(Mode::Tokens, u"tokens"_s, tr("Tokens"), Qt::Key_4);
    row.addSpacing(Theme::grid(0.5));
    button(m_lock);
    auto* exports = button(m_export);
    exports->setToolTip(tr("Copy and export (Ctrl+Shift+S)"));
    exports->setPopupMode(QToolButton::InstantPopup);
    exports->setMenu(m_exportMenu);
    connect(m_export, &QAction::triggered, exports, &QToolButton::showMenu);
}

void ResultPane::setMode(Mode mode)
{
    const int row = (m_mode == Mode::Inline ? m_inline : m_column)->topRow();
    m_mode = mode;
    const auto actions = m_modes->actions();
    for (auto* action : actions)
        if (action->data().toInt() == static_cast<int>(mode))
            action->setChecked(true);
    m_geometry.setColumnShown(1, mode == Mode::SideBySide);
    m_geometry.setColumnShown(2, mode == Mode::Inline);
    m_geometry.commit();
    showView();
    for (auto* column : {m_column, m_inline})
        column->setTopRow(row); // the reader stays where he is
    Q_EMIT modeChanged();
}

void ResultPane::showView()
{
    QWidget* view = m_empty;
    if (m_document && (m_mode != Mode::Tokens || m_tokens->view().document() || !m_running))
        view = m_mode == Mode::SideBySide ? static_cast<QWidget*>(m_column)
            : m_mode == Mode::Inline      ? m_inline
            : m_mode == Mode::List        ? static_cast<QWidget*>(m_list)
                                          : m_tokens;
    else if (m_document) // tokens are rated at the end; until then the text streams in
        view = m_column;
    m_stack->setCurrentWidget(view);
}

void ResultPane::setDocument(const DiffDocumentPtr& document, int firstChanged)
{
    m_document = document;
    m_column->setDocument(document, firstChanged);
    m_inline->setDocument(document, firstChanged);
    if (!document || !document->partial) {
        m_listModel->setDocument(document);
        for (const auto column : {DiffListModel::Number, DiffListModel::Class})
            m_list->resizeColumnToContents(column);
        m_current = -1;
        rebuildFilterMenu();
    }
    showCount();
    showView();
}

void ResultPane::setResult(const ReconstructionView& view)
{
    m_tokens->setDocuments(view.forced, view.free, view.diff);
    showView();
}

void ResultPane::clearResult()
{
    m_tokens->setDocuments(nullptr, nullptr, nullptr);
    setDocument(nullptr, 0);
}

void ResultPane::setRunning(bool running)
{
    m_running = running;
    showCount();
    showView();
}

void ResultPane::setStale(bool stale)
{
    m_stale->setVisible(stale);
}

void ResultPane::setEmptyText(const QString& title, const QString& text)
{
    m_empty->setText(title, text);
}

bool ResultPane::isShown(int difference) const
{
    if (m_filter.empty())
        return true;
    const auto errorClass = m_document->differences[static_cast<std::size_t>(difference)].errorClass;
    return std::find(m_filter.begin(), m_filter.end(), errorClass) != m_filter.end();
}

void ResultPane::step(int direction)
{
    const int count = m_document && !m_document->partial ? static_cast<int>(m_document->differences.size()) : 0;
    int at = m_current;
    for (int i = 0; i < count; ++i) {
        at = at < 0 && direction < 0 ? count - 1 : (at + direction + count) % count;
        if (isShown(at)) {
            goToDifference(at);
            return;
        }
    }
}

void ResultPane::goToDifference(int difference)
{
    if (!m_document || difference < 0 || difference >= static_cast<int>(m_document->differences.size()))
        return;
    m_current = difference;
    m_column->setCurrentDifference(difference);
    m_inline->setCurrentDifference(difference);
    const int row = m_listModel->rowOf(difference);
    if (row >= 0 && m_list->currentIndex().row() != row)
        m_list->setCurrentIndex(m_listModel->index(row, 0));
    m_tokens->showDifference(m_document->differences[static_cast<std::size_t>(difference)]);
    showCount();
    Q_EMIT currentDifferenceChanged(difference);
}

void ResultPane::rebuildFilterMenu()
{
    m_filterMenu->clear();
    if (!m_document)
        return;
    auto* everything = m_filterMenu->addAction(tr("All classes"), this, [this] { setFilter({}); });
    everything->setEnabled(!m_filter.empty());
    addOnlyMenu();
    m_filterMenu->addSeparator();
    for (std::size_t i = 0; i < differenceClassCount; ++i) {
        const auto count = m_document->classCounts.at(i);
        const auto errorClass = static_cast<DifferenceClass>(i);
        auto* action = m_filterMenu->addAction(tr("%2  (%L1)").arg(count).arg(differenceClassName(errorClass)));
        action->setCheckable(true);
        action->setEnabled(count > 0);
        action->setToolTip(differenceClassHint(errorClass));
        action->setData(static_cast<int>(i));
        action->setChecked(m_filter.empty()
                           || std::find(m_filter.begin(), m_filter.end(), errorClass) != m_filter.end());
        connect(action, &QAction::toggled, this, [this] {
            std::vector<DifferenceClass> shown;
            const auto actions = m_filterMenu->actions();
            for (const auto* other : actions)
                if (other->isCheckable() && other->isChecked())
                    shown.push_back(static_cast<DifferenceClass>(other->data().toInt()));
            setFilter(shown.size() == differenceClassCount ? std::vector<DifferenceClass>() : shown);
        });
    }
}

void ResultPane::addOnlyMenu()
{
    auto* only = m_filterMenu->addMenu(tr("Only"));
    for (std::size_t i = 0; i < differenceClassCount; ++i)
        if (m_document->classCounts.at(i) > 0)
            only->addAction(differenceClassName(static_cast<DifferenceClass>(i)), this,
                            [this, i] { setFilter({static_cast<DifferenceClass>(i)}); });
    only->setEnabled(!only->isEmpty());
}

void ResultPane::setFilter(const std::vector<DifferenceClass>& shown)
{
    if (shown == m_filter)
        return;
    m_filter = shown;
    const auto actions = m_filterMenu->actions();
    actions.front()->setEnabled(!m_filter.empty());
    for (auto* action : actions) {
        const QSignalBlocker quiet(action);
        if (action->isCheckable())
            action->setChecked(
                m_filter.empty()
                || std::find(m_filter.begin(), m_filter.end(), static_cast<DifferenceClass>(action->data().toInt()))
                    != m_filter.end());
    }
    m_column->setFilter(m_filter);
    m_inline->setFilter(m_filter);
    m_listModel->setFilter(m_filter);
    showCount();
    Q_EMIT filterChanged();
}

void ResultPane::showCount()
{
    const bool ready = m_document && !m_document->partial;
    int count = 0;
    int place = 0;
    for (int i = 0; ready && i < static_cast<int>(m_document->differences.size()); ++i) {
        if (!isShown(i))
            continue;
        ++count;
        if (i == m_current)
            place = count;
    }
    QString text = tr("Differences ▾");
    if (ready)
        text = place > 0                   ? tr("%L1 of %L2 ▾").arg(place).arg(count)
            : m_document->source.isEmpty() ? tr("Nothing to compare with")
            : count < std::ssize(m_document->differences)
            ? tr("%L1 of %L2 differences ▾").arg(count).arg(m_document->differences.size())
            : count == 0 ? tr("No differences ▾")
            : count == 1 ? tr("1 difference ▾")
                         : tr("%L1 differences ▾").arg(count);
    m_differences->setText(text);
    m_differences->setEnabled(ready && !m_document->differences.empty());
    m_chooseClasses->setEnabled(m_differences->isEnabled());
    for (auto* action : {m_next, m_previous, m_firstMiss})
        action->setEnabled(count > 0);
    m_export->setEnabled(ready);
}

std::vector<ShortcutGroup> ResultPane::shortcuts() const
{
    ShortcutGroup differences{tr("Differences"), {m_next, m_previous, m_firstMiss, m_chooseClasses}};
    for (auto* action : m_modes->actions())
        differences.entries.push_back(action);
    differences.entries += {m_lock, m_export};
    ShortcutGroup tokens{tr("Tokens"), {}};
    for (auto* action : m_tokens->shortcutActions())
        tokens.entries.push_back(action);
    tokens.entries.push_back({tr("Arrows"), tr("Token by token, line by line")});
    return {differences, tokens};
}

FindTarget* ResultPane::findTarget()
{
    auto* view = m_stack->currentWidget();
    if (view == m_tokens)
        return &m_tokens->view();
    return dynamic_cast<FindTarget*>(view);
}

QWidget& ResultPane::currentView()
{
    auto* view = m_stack->currentWidget();
    return view == m_tokens ? m_tokens->view() : *view;
}

} // namespace icae
