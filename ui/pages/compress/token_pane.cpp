#include "pages/compress/token_pane.h"

#include "widgets/common/elided_label.h"
#include "widgets/common/folding_row.h"
#include "widgets/text/token_details.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

TokenPane::TokenPane(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_view(new TokenView(theme))
    , m_legend(new TokenLegend(theme))
    , m_details(new TokenDetails(theme))
    , m_summary(new ElidedLabel)
    , m_forced(new QAction(tr("Teacher-forced"), this))
    , m_free(new QAction(tr("Free-running"), this))
    , m_switch(new QAction(tr("Teacher-forced or free-running"), this))
    , m_detailsAction(new QAction(theme.icon(u"details"_s), tr("Token details"), this))
{
    auto* bar = new FoldingRow;
    bar->layout()->setContentsMargins(Theme::grid(2), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    bar->setSpacing(Theme::grid(0.5));
    auto* row = &bar->first();
    const auto button = [&](QAction* action) {
        auto* made = new QToolButton;
        made->setDefaultAction(action);
        made->setProperty("segment", true);
        row->addWidget(made);
    };
    const auto single = [&](QAction* action, Qt::Key key) { // only where no text is written
        action->setShortcut(QKeySequence(key));
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        m_actions.push_back(action);
        addAction(action);
    };
    auto* sides = new QActionGroup(this);
    for (auto* side : {m_forced, m_free}) {
        sides->addAction(side)->setCheckable(true);
        button(side);
    }
    m_forced->setChecked(true);
    m_forced->setToolTip(tr("The source's tokens, each rated after the true ones before it (T)"));
    m_free->setToolTip(tr("What the model wrote, each token rated after its own before it (T)"));
    single(m_switch, Qt::Key_T);
    connect(m_switch, &QAction::triggered, this, [this] { (isTeacherForced() ? m_free : m_forced)->trigger(); });
    row->addSpacing(Theme::grid());
    auto* measures = new QActionGroup(this);
    const auto measure = [&](TokenMeasure which, Qt::Key key, const QString& hint) {
        auto* action = measures->addAction(tokenMeasureName(which));
        action->setCheckable(true);
        action->setChecked(which == TokenMeasure::Nll);
        action->setToolTip(hint);
        connect(action, &QAction::triggered, this, [this, which] {
            m_view->setMeasure(which);
            m_legend->setMeasure(which);
        });
        button(action);
        single(action, key);
    };
    measure(TokenMeasure::Nll, Qt::Key_N, tr("Colour by negative log-likelihood (N)"));
    measure(TokenMeasure::Entropy, Qt::Key_E, tr("Colour by entropy (E)"));
    measure(TokenMeasure::Rank, Qt::Key_R, tr("Colour by rank (R)"));
    row = &bar->second();
    row->addWidget(m_legend);
    m_summary->setProperty("secondary", true);
    m_summary->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row->addWidget(m_summary, 1);
    m_detailsAction->setCheckable(true);
    m_detailsAction->setToolTip(tr("Show the token's alternatives at the right (D)"));
    button(m_detailsAction);
    single(m_detailsAction, Qt::Key_D);

    m_details->setFixedWidth(Theme::grid(34));
    m_details->setVisible(false);
    auto* views = new QHBoxLayout;
    views->setSpacing(0);
    views->addWidget(m_view, 1);
    views->addWidget(m_details);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(bar);
    layout->addLayout(views, 1);

    connect(m_forced, &QAction::toggled, this, &TokenPane::switchSides);
    connect(m_detailsAction, &QAction::toggled, this, &TokenPane::showDetails);
    connect(m_details, &TokenDetails::closeRequested, this, [this] { m_detailsAction->setChecked(false); });
    connect(m_view, &TokenView::detailsRequested, this, [this] { m_detailsAction->setChecked(true); });
    const auto point = [this](int token) {
        const auto document = m_view->document();
        if (document && m_details->isVisible())
            m_details->showToken(document.get(), token >= 0 ? token : m_view->currentToken());
        Q_EMIT pointedAt(document && token >= 0 ? document->items[static_cast<std::size_t>(token)].range : TextRange{},
                         isTeacherForced());
    };
    connect(m_view, &TokenView::tokenPointedAt, this, point);
    connect(m_view, &TokenView::currentTokenChanged, this, point);
}

bool TokenPane::isTeacherForced() const
{
    return m_forced->isChecked();
}

TextRange TokenPane::tokenRange(qsizetype position, bool ofSource) const
{
    const auto& document = ofSource ? m_forcedDocument : m_freeDocument;
    const int token = document ? document->tokenAt(position) : -1;
    return token < 0 ? TextRange{position, position + 1} : document->items[static_cast<std::size_t>(token)].range;
}

void TokenPane::setDocuments(TokenDocumentPtr forced, TokenDocumentPtr free, DiffDocumentPtr diff)
{
    m_forcedDocument = std::move(forced);
    m_freeDocument = std::move(free);
    m_diff = std::move(diff);
    setTeacherForced(isTeacherForced());
}

void TokenPane::showDifference(const Difference& difference)
{
    const auto document = m_view->document();
    const auto range = isTeacherForced() ? difference.source : difference.reconstruction;
    if (!document)
        return;
    const auto behind = std::find_if(document->items.begin(), document->items.end(),
                                     [&](const TokenItem& item) { return item.range.end > range.begin; });
    if (behind != document->items.end())
        m_view->setCurrentToken(static_cast<int>(behind - document->items.begin()));
}

/// The token that stands for the current one becomes the current one.
void TokenPane::switchSides(bool forced)
{
    const auto& before = m_view->document();
    const int token = m_view->currentToken();
    setTeacherForced(forced);
    const auto& now = m_view->document();
    if (!before || !now || !m_diff || token < 0)
        return;
    const auto range = before->items[static_cast<std::size_t>(token)].range;
    const auto other = forced ? m_diff->toSource(range) : m_diff->toReconstruction(range);
    m_view->setCurrentToken(now->tokenAt(other.begin));
}

void TokenPane::setTeacherForced(bool forced)
{
    const auto& document = forced ? m_forcedDocument : m_freeDocument;
    m_view->setAccessibleName(forced ? tr("Tokens of the source, teacher-forced")
                                     : tr("Tokens of the reconstruction, free-running"));
    m_view->setDocument(document);
    showDetails();
    if (!document) {
        m_summary->clear();
        return;
    }
    const auto missed = std::count_if(document->tokens.begin(), document->tokens.end(),
                                      [](const ScoredToken& token) { return token.rank > 0; });
    m_summary->setText(tr("%L1 of %L2 tokens not the likeliest").arg(missed).arg(document->tokens.size()));
}

Rendered TokenPane::renderAll(QPainter& painter, int width, int greatestHeight)
{
    const int margin = Theme::grid(2);
    const auto font = m_theme.font(TypeRole::Caption);
    const int line = QFontMetrics(font).height() + Theme::grid();
    painter.setFont(font);
    painter.setPen(m_theme.color(Shade::SecondaryText));
    const auto title = tr("%1, %2").arg(tokenMeasureName(m_view->measure()),
                                        (isTeacherForced() ? m_forced : m_free)->text().toLower());
    painter.drawText(QRect(margin, margin, width - 2 * margin, line), Qt::AlignLeft | Qt::AlignVCenter, title);
    const auto legend = m_legend->sizeHint();
    painter.save();
    painter.translate(margin + QFontMetrics(font).horizontalAdvance(title) + Theme::grid(2),
                      margin + (line - legend.height()) / 2.0);
    m_legend->paintMap(painter, legend);
    painter.restore();
    const int top = margin + line + Theme::grid();
    painter.save();
    painter.translate(0, top);
    auto result = m_view->renderAll(painter, width, greatestHeight - top - Theme::grid());
    painter.restore();
    result.height += top + Theme::grid();
    return result;
}

void TokenPane::showDetails()
{
    m_details->setVisible(m_detailsAction->isChecked());
    if (m_detailsAction->isChecked())
        m_details->showToken(m_view->document().get(), m_view->currentToken());
}

} // namespace icae
