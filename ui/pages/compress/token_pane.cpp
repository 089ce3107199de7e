#include "pages/compress/token_pane.h"

#include "widgets/common/elided_label.h"
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
    , m_detailsAction(new QAction(theme.icon(u"details"_s), tr("Token details"), this))
{
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(Theme::grid(2), Theme::grid(0.5), Theme::grid(), Theme::grid(0.5));
    row->setSpacing(Theme::grid(0.5));
    const auto button = [&](QAction* action) {
        auto* made = new QToolButton;
        made->setDefaultAction(action);
        row->addWidget(made);
        m_actions.push_back(action);
        addAction(action);
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut); // single keys: only where no text is written
    };
    m_forced->setCheckable(true);
    m_forced->setChecked(true);
    m_forced->setShortcut(QKeySequence(Qt::Key_T));
    m_forced->setToolTip(
        tr("Teacher-forced: the source's tokens, each after the true ones before it. Off: free-running, "
           "what the model wrote after its own tokens (T)"));
    button(m_forced);
    row->addSpacing(Theme::grid());
    auto* measures = new QActionGroup(this);
    const auto measure = [&](TokenMeasure which, Qt::Key key, const QString& hint) {
        auto* action = measures->addAction(tokenMeasureName(which));
        action->setCheckable(true);
        action->setChecked(which == TokenMeasure::Nll);
        action->setShortcut(QKeySequence(key));
        action->setToolTip(hint);
        connect(action, &QAction::triggered, this, [this, which] {
            m_view->setMeasure(which);
            m_legend->setMeasure(which);
        });
        button(action);
    };
    measure(TokenMeasure::Nll, Qt::Key_N, tr("Colour by negative log-likelihood (N)"));
    measure(TokenMeasure::Entropy, Qt::Key_E, tr("Colour by entropy (E)"));
    measure(TokenMeasure::Rank, Qt::Key_R, tr("Colour by rank (R)"));
    row->addSpacing(Theme::grid());
    row->addWidget(m_legend);
    m_summary->setProperty("secondary", true);
    m_summary->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row->addWidget(m_summary, 1);
    m_detailsAction->setCheckable(true);
    m_detailsAction->setShortcut(QKeySequence(Qt::Key_D));
    m_detailsAction->setToolTip(tr("Show the token's alternatives at the right (D)"));
    button(m_detailsAction);

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

    connect(m_forced, &QAction::toggled, this, &TokenPane::setTeacherForced);
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

void TokenPane::setDocuments(TokenDocumentPtr forced, TokenDocumentPtr free)
{
    m_forcedDocument = std::move(forced);
    m_freeDocument = std::move(free);
    setTeacherForced(isTeacherForced());
}

void TokenPane::setTeacherForced(bool forced)
{
    const auto& document = forced ? m_forcedDocument : m_freeDocument;
    m_forced->setText(forced ? tr("Teacher-forced") : tr("Free-running"));
    m_view->setAccessibleName(forced ? tr("Tokens of the source, teacher-forced")
                                     : tr("Tokens of the reconstruction, free-running"));
    m_view->setDocument(document);
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
    const auto title = tr("%1, %2").arg(tokenMeasureName(m_view->measure()), m_forced->text().toLower());
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

void TokenPane::showDetails(bool shown)
{
    m_details->setVisible(shown);
    if (shown)
        m_details->showToken(m_view->document().get(), m_view->currentToken());
}

} // namespace icae
