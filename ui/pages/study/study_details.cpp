#include "pages/study/study_details.h"

#include "models/figure_document.h"
#include "report/study_table.h"

#include <QLabel>
#include <QListWidget>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int mostListed = 12;

} // namespace

StudyDetails::StudyDetails(const Theme& theme, QWidget* parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_title(new QLabel)
    , m_hint(new QLabel(tr("Point at the figure, or choose a row of the table.")))
    , m_facts(new QLabel)
    , m_scroll(new QScrollArea)
    , m_caption(new QLabel)
    , m_samples(new QListWidget)
{
    m_samples->setFrameShape(QFrame::NoFrame);
    m_samples->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff); // names are elided, and whole in their tool tips
    m_samples->setAccessibleName(tr("Samples of the cell"));
    m_samples->setToolTip(tr("Enter or a double click opens a sample on Compress"));
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_facts->setAlignment(Qt::AlignTop);
    m_facts->setWordWrap(true); // as wide as the pane, no wider
    m_facts->setToolTip(tr("Means, with their 95 % bootstrap intervals"));
    m_facts->setAccessibleName(tr("Measures of the cell"));
    m_facts->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_hint->setWordWrap(true);
    m_hint->setProperty("secondary", true);
    m_caption->setProperty("secondary", true);
    m_title->setWordWrap(true);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::grid(2), Theme::grid(), Theme::grid(), Theme::grid());
    layout->setSpacing(Theme::grid());
    layout->addWidget(m_title);
    layout->addWidget(m_hint);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setWidget(m_facts);
    m_scroll->viewport()->setBackgroundRole(QPalette::Base);
    layout->addWidget(m_scroll, 1);
    layout->addWidget(m_caption);
    layout->addWidget(m_samples, 1);
    layout->addStretch(0);
    m_samples->setMinimumHeight(Theme::grid(10));
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    const auto restyle = [this] {
        auto font = m_theme.font(TypeRole::Body);
        font.setWeight(QFont::DemiBold);
        m_title->setFont(font);
        m_caption->setFont(m_theme.font(TypeRole::Caption));
    };
    connect(&m_theme, &Theme::changed, this, restyle);
    restyle();
    connect(m_samples, &QListWidget::itemActivated, this,
            [this](const QListWidgetItem* item) { Q_EMIT sampleActivated(m_cell, item->data(Qt::UserRole).toInt()); });
    clear();
}

void StudyDetails::clear()
{
    m_study.reset();
    m_cell = -1;
    m_title->hide();
    m_scroll->hide();
    m_caption->hide();
    m_samples->hide();
    m_samples->clear();
    m_hint->show();
}

void StudyDetails::show(const StudyDocumentPtr& study, int cell, const std::string& measure)
{
    if (!study || cell < 0 || cell >= std::ssize(study->cells)) {
        clear();
        return;
    }
    const auto& measured = *study->cells[static_cast<std::size_t>(cell)];
    const bool same = m_study && m_cell >= 0 && cell == m_cell && measure == m_measure
        && m_study->cells.size() > static_cast<std::size_t>(cell)
        && m_study->cells[static_cast<std::size_t>(cell)] == study->cells[static_cast<std::size_t>(cell)];
    m_study = study;
    m_cell = cell;
    m_measure = measure;
    if (same) // what is read stays where it is
        return;
    m_title->setText(cellTitle(*study, cell));
    QString rows = u"<tr><td>N</td><td align='right'>%L1</td></tr>"_s.arg(measured.row.n);
    for (const auto& value : measured.row.values) {
        const auto* known = findStudyMeasure(value.measure);
        const auto& summary = value.summary;
        rows += u"<tr><td>%1&nbsp;</td><td align='right'>&nbsp;%2</td></tr><tr><td colspan='2' "
                u"align='right'><small>[%3, %4]"
                "</small></td></tr>"_s.arg(
                    known == nullptr ? QString::fromStdString(value.measure) : tr(known->title).toHtmlEscaped(),
                    measureText(value.measure, summary.mean), measureText(value.measure, summary.low),
                    measureText(value.measure, summary.high));
    }
    m_facts->setText(u"<table width='100%' cellspacing='2'>%1</table>"_s.arg(rows));
    const auto order = study->worstFirst(cell, measure);
    const auto current = m_samples->currentRow();
    m_samples->clear();
    const auto add = [&](int sample, const QString& form) {
        const auto& one = measured.samples[static_cast<std::size_t>(sample)];
        const auto* known = findStudyMeasure(measure);
        const auto value = known == nullptr ? std::optional<double>() : known->of(one);
        auto* item = new QListWidgetItem(
            form.arg(one.index + 1)
                .arg(value ? measureText(measure, *value) : QString(), QString::fromStdString(one.text)));
        item->setData(Qt::UserRole, sample);
        item->setToolTip(QString::fromStdString(one.text));
        m_samples->addItem(item);
    };
    if (const auto median = study->medianSample(cell, measure); median >= 0)
        add(median, tr("median: #%1  %2  %3"));
    for (int i = 0; i < std::min<int>(mostListed, static_cast<int>(order.size())); ++i)
        add(order[static_cast<std::size_t>(i)], tr("#%1  %2  %3"));
    m_samples->setCurrentRow(std::min(current, m_samples->count() - 1));
    const auto* known = findStudyMeasure(measure);
    m_caption->setText(tr("Samples, worst %1 first").arg(known == nullptr ? QString() : tr(known->title)));
    m_hint->hide();
    m_title->show();
    m_scroll->show();
    m_caption->setVisible(m_samples->count() > 0);
    m_samples->setVisible(m_samples->count() > 0);
}

QString cellTitle(const StudyDocument& study, int cell)
{
    const auto& measured = *study.cells[static_cast<std::size_t>(cell)];
    QStringList parts;
    const auto& of = measured.cell();
    if (of.tokens > 0)
        parts += of.slots > 0 ? StudyDetails::tr("%L1 → %L2").arg(of.tokens).arg(of.slots)
                              : StudyDetails::tr("%L1 tokens").arg(of.tokens);
    std::vector<TableRow> rows;
    for (const auto& one : study.cells)
        rows.push_back(one->row);
    for (const auto* column : varyingColumns(rows)) {
        const std::string_view name = column->name;
        if (name != "tokens" && name != "slots" && name != "ratio")
            parts += QString::fromStdString(column->of(measured.row));
    }
    return parts.join(u" · "_s);
}

} // namespace icae
