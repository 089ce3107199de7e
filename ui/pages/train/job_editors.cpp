#include "pages/train/job_editors.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QToolButton>

#include <algorithm>
#include <cmath>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array objectives{"ae", "lm", "ft", "plain", "ft_text"};
constexpr std::array lengths{64, 128, 256, 512};
constexpr std::array slotCounts{16, 32, 64, 128};
constexpr std::array targets{"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"};

/// A number as its writer would have it: 0.001, not 1.0000000000000000e-03.
QString numberText(const nlohmann::json& value)
{
    return QString::fromStdString(value.dump());
}

/// What was typed, as JSON: a number where it is one, the text elsewhere, which the check then refuses by name.
nlohmann::json numberOf(const QString& text)
{
    const auto json = nlohmann::json::parse(text.trimmed().toStdString(), nullptr, false);
    return json.is_number() ? json : nlohmann::json(text.toStdString());
}

QHBoxLayout* rowOf(QWidget* widget)
{
    auto* row = new QHBoxLayout(widget);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::grid(0.5));
    return row;
}

} // namespace

JobEditor::JobEditor(std::string field, std::vector<std::string> stages, QWidget* parent)
    : QWidget(parent)
    , m_field(std::move(field))
    , m_stages(std::move(stages))
{
}

bool JobEditor::isUsed(const std::string& stage) const
{
    return m_stages.empty() || std::find(m_stages.begin(), m_stages.end(), stage) != m_stages.end();
}

LineEditor::LineEditor(std::string field, Kind kind, std::vector<std::string> stages, QWidget* parent)
    : JobEditor(std::move(field), std::move(stages), parent)
    , m_kind(kind)
    , m_line(new QLineEdit)
{
    auto* row = rowOf(this);
    row->addWidget(m_line, 1);
    setFocusProxy(m_line);
    connect(m_line, &QLineEdit::textEdited, this, &JobEditor::edited);
    if (kind == Kind::Files) {
        m_line->setPlaceholderText(tr("Files, separated by ;"));
        auto* browse = new QToolButton;
        browse->setText(tr("Add files…"));
        connect(browse, &QToolButton::clicked, this, &LineEditor::browseRequested);
        row->addWidget(browse);
    }
}

void LineEditor::show(const JsonText& job)
{
    const auto value = job.value(field());
    QString text;
    if (m_kind == Kind::Files && value.is_array()) {
        QStringList files;
        for (const auto& file : value)
            if (file.is_string())
                files += QString::fromStdString(file.get<std::string>());
        text = files.join(u"; "_s);
    } else if (value.is_string()) {
        text = QString::fromStdString(value.get<std::string>());
    } else if (!value.is_discarded() && !value.is_null()) {
        text = numberText(value);
    }
    // What is being typed stays as it is typed while it means the same.
    if (m_line->text().trimmed() != text && !(m_kind == Kind::Number && numberOf(m_line->text()) == value))
        m_line->setText(text);
}

void LineEditor::write(JsonText& job) const
{
    const auto text = m_line->text().trimmed();
    if (text.isEmpty()) {
        job.remove(field());
        return;
    }
    if (m_kind == Kind::Number) {
        job.set(field(), numberOf(text));
    } else if (m_kind == Kind::Files) {
        auto files = nlohmann::json::array();
        for (const auto& file : text.split(u';', Qt::SkipEmptyParts))
            if (!file.trimmed().isEmpty())
                files.push_back(file.trimmed().toStdString());
        job.set(field(), files);
    } else {
        job.set(field(), text.toStdString());
    }
}

void LineEditor::addFiles(const QStringList& files)
{
    const auto before = m_line->text().trimmed();
    m_line->setText(before.isEmpty() ? files.join(u"; "_s) : before + u"; "_s + files.join(u"; "_s));
    Q_EMIT edited();
}

ChoiceEditor::ChoiceEditor(std::string field, bool anything, std::vector<std::string> stages, QWidget* parent)
    : JobEditor(std::move(field), std::move(stages), parent)
    , m_box(new QComboBox)
{
    m_box->setEditable(anything);
    m_box->setInsertPolicy(QComboBox::NoInsert);
    m_box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_box->setMinimumContentsLength(8);
    rowOf(this)->addWidget(m_box, 1);
    setFocusProxy(m_box);
    connect(m_box, &QComboBox::activated, this, [this](int index) {
        m_shown = m_box->itemData(index).toString();
        if (m_box->isEditable())
            m_box->setEditText(m_shown);
        Q_EMIT edited();
    });
    if (anything)
        connect(m_box->lineEdit(), &QLineEdit::textEdited, this, [this](const QString& text) {
            m_shown = text;
            Q_EMIT edited();
        });
}

void ChoiceEditor::setChoices(const std::vector<std::pair<QString, QString>>& choices)
{
    const QSignalBlocker quiet(m_box);
    m_box->clear();
    for (const auto& [text, value] : choices)
        m_box->addItem(text, value);
    if (m_box->isEditable())
        m_box->setEditText(m_shown);
    else
        m_box->setCurrentIndex(std::max(0, m_box->findData(m_shown)));
}

void ChoiceEditor::show(const JsonText& job)
{
    const auto value = job.value(field());
    const auto text = value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
    if (text == m_shown)
        return;
    m_shown = text;
    const QSignalBlocker quiet(m_box);
    if (m_box->isEditable())
        m_box->setEditText(text);
    else
        m_box->setCurrentIndex(std::max(0, m_box->findData(text)));
}

void ChoiceEditor::write(JsonText& job) const
{
    const auto text = m_shown.trimmed();
    if (text.isEmpty())
        job.remove(field());
    else
        job.set(field(), text.toStdString());
}

MixtureEditor::MixtureEditor(QWidget* parent)
    : JobEditor("mixture", {}, parent)
{
    auto* outer = rowOf(this);
    auto* grid = new QGridLayout; // all beside each other are wider than the form
    grid->setSpacing(Theme::grid(0.5));
    constexpr std::size_t columns = 3;
    const std::array titles{tr("reconstruct"), tr("continue"), tr("answer"), tr("plain text"), tr("answer from text")};
    for (std::size_t i = 0; i < m_shares.size(); ++i) {
        auto* share = new QDoubleSpinBox;
        share->setRange(0, 1);
        share->setSingleStep(0.05);
        share->setDecimals(2);
        share->setKeyboardTracking(false);
        share->setAccessibleName(tr("Share of: %1").arg(titles[i]));
        share->setToolTip(titles[i]);
        auto* label = new QLabel(QString::fromLatin1(objectives[i]));
        label->setToolTip(titles[i]);
        if (i % columns != 0) // further from the share before it than from its own
            label->setContentsMargins(Theme::grid(1.5), 0, 0, 0);
        const auto line = static_cast<int>(i / columns);
        const auto column = static_cast<int>(i % columns) * 2;
        grid->addWidget(label, line, column, column == 0 ? Qt::AlignLeft : Qt::AlignRight);
        grid->addWidget(share, line, column + 1);
        m_shares[i] = share;
        connect(share, &QDoubleSpinBox::valueChanged, this, [this, i] {
            if (m_showing)
                return;
            balance(i);
            Q_EMIT edited();
        });
    }
    outer->addLayout(grid);
    outer->addStretch(1);
    setFocusProxy(m_shares.front());
}

bool MixtureEditor::isUsed(const std::string& stage) const
{
    return stage != "base";
}

/// The others share what the changed one leaves, as they did before.
void MixtureEditor::balance(std::size_t changed)
{
    m_showing = true;
    const double left = 1 - m_shares[changed]->value();
    double sum = 0;
    for (std::size_t i = 0; i < m_shares.size(); ++i)
        sum += i == changed ? 0 : m_shares[i]->value();
    double given = 0;
    std::size_t last = changed;
    for (std::size_t i = 0; i < m_shares.size(); ++i) {
        if (i == changed || (sum > 0 && m_shares[i]->value() == 0))
            continue;
        const double share = sum > 0 ? m_shares[i]->value() / sum : (given > 0 ? 0 : 1);
        m_shares[i]->setValue(std::round(share * left * 100) / 100);
        given += m_shares[i]->value();
        last = i;
    }
    if (last != changed) // what rounding left over
        m_shares[last]->setValue(m_shares[last]->value() + left - given);
    m_showing = false;
}

void MixtureEditor::show(const JsonText& job)
{
    m_showing = true;
    const auto mixture = job.value("mixture");
    for (std::size_t i = 0; i < m_shares.size(); ++i)
        m_shares[i]->setValue(mixture.is_object() && mixture.contains(objectives[i])
                                      && mixture[objectives[i]].is_number()
                                  ? mixture[objectives[i]].get<double>()
                                  : 0);
    m_showing = false;
}

void MixtureEditor::write(JsonText& job) const
{
    const auto before = job.value("mixture");
    auto mixture = nlohmann::json::object();
    bool same = before.is_object();
    for (std::size_t i = 0; i < m_shares.size(); ++i) {
        const double share = std::round(m_shares[i]->value() * 100) / 100;
        const double known = before.is_object() && before.contains(objectives[i]) && before[objectives[i]].is_number()
            ? before[objectives[i]].get<double>()
            : 0;
        same = same && std::abs(known - share) < 0.005;
        if (share > 0)
            mixture[objectives[i]] = share;
    }
    if (!same)
        job.set("mixture", mixture);
}

CellsEditor::CellsEditor(QWidget* parent)
    : JobEditor("ae.cells", {}, parent)
    , m_more(new QLabel)
{
    auto* outer = rowOf(this);
    auto* grid = new QGridLayout;
    grid->setSpacing(2);
    auto* corner = new QLabel(tr("tokens \\ slots"));
    corner->setProperty("secondary", true);
    grid->addWidget(corner, 0, 0);
    for (std::size_t column = 0; column < slotCounts.size(); ++column)
        grid->addWidget(new QLabel(QString::number(slotCounts[column])), 0, static_cast<int>(column) + 1,
                        Qt::AlignHCenter);
    for (std::size_t row = 0; row < lengths.size(); ++row) {
        grid->addWidget(new QLabel(QString::number(lengths[row])), static_cast<int>(row) + 1, 0, Qt::AlignRight);
        for (std::size_t column = 0; column < slotCounts.size(); ++column) {
            if (slotCounts[column] >= lengths[row])
                continue;
            auto* button = new QToolButton;
            button->setCheckable(true);
            button->setProperty("cell", true);
            button->setText(tr("%1×").arg(lengths[row] / slotCounts[column]));
            button->setAccessibleName(tr("%1 tokens in %2 slots").arg(lengths[row]).arg(slotCounts[column]));
            button->setToolTip(button->accessibleName());
            button->setMinimumWidth(Theme::grid(5));
            grid->addWidget(button, static_cast<int>(row) + 1, static_cast<int>(column) + 1);
            m_cells.push_back({lengths[row], slotCounts[column], button});
            connect(button, &QToolButton::clicked, this, &JobEditor::edited);
        }
    }
    outer->addLayout(grid);
    m_more->setProperty("secondary", true);
    outer->addWidget(m_more);
    outer->addStretch(1);
    setFocusProxy(m_cells.front().button);
}

bool CellsEditor::isUsed(const std::string& stage) const
{
    return stage != "base";
}

QToolButton* CellsEditor::cell(std::int64_t tokens, std::int64_t slotCount) const
{
    for (const auto& cell : m_cells)
        if (cell.tokens == tokens && cell.slotCount == slotCount)
            return cell.button;
    return nullptr;
}

void CellsEditor::show(const JsonText& job)
{
    for (const auto& cell : m_cells)
        cell.button->setChecked(false);
    m_others = nlohmann::json::array();
    const auto cells = job.value("ae.cells");
    if (cells.is_array())
        for (const auto& cell : cells) {
            auto* button =
                cell.is_array() && cell.size() == 2 && cell[0].is_number_integer() && cell[1].is_number_integer()
                ? this->cell(cell[0].get<std::int64_t>(), cell[1].get<std::int64_t>())
                : nullptr;
            if (button != nullptr)
                button->setChecked(true);
            else
                m_others.push_back(cell);
        }
    m_more->setText(m_others.empty() ? QString() : tr("and %L1 more in the text").arg(m_others.size()));
}

void CellsEditor::write(JsonText& job) const
{
    auto cells = nlohmann::json::array();
    for (const auto& cell : m_cells)
        if (cell.button->isChecked())
            cells.push_back({cell.tokens, cell.slotCount});
    for (const auto& other : m_others)
        cells.push_back(other);
    auto before = job.value("ae.cells");
    auto after = cells;
    if (before.is_array()) {
        std::sort(before.begin(), before.end());
        std::sort(after.begin(), after.end());
        if (before == after)
            return;
    }
    job.set("ae.cells", cells);
}

TargetsEditor::TargetsEditor(QWidget* parent)
    : JobEditor("adapter.lora.targets", {}, parent)
{
    auto* outer = rowOf(this);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::grid());
    grid->setVerticalSpacing(Theme::grid(0.5));
    constexpr std::size_t columns = 4; // attention's, and behind it the network's
    for (const auto* target : targets) {
        auto* box = new QCheckBox(QString::fromLatin1(target).section(u'_', 0, 0));
        box->setToolTip(QString::fromLatin1(target));
        const auto index = m_targets.size();
        grid->addWidget(box, static_cast<int>(index / columns), static_cast<int>(index % columns));
        m_targets.emplace_back(target, box);
        connect(box, &QCheckBox::clicked, this, &JobEditor::edited);
    }
    outer->addLayout(grid);
    outer->addStretch(1);
    setFocusProxy(m_targets.front().second);
}

void TargetsEditor::show(const JsonText& job)
{
    const auto value = job.value(field());
    for (const auto& [name, box] : m_targets)
        box->setChecked(value.is_array() && std::find(value.begin(), value.end(), nlohmann::json(name)) != value.end());
}

void TargetsEditor::write(JsonText& job) const
{
    auto value = nlohmann::json::array();
    for (const auto& [name, box] : m_targets)
        if (box->isChecked())
            value.push_back(name);
    if (job.value(field()) != value)
        job.set(field(), value);
}

StopEditor::StopEditor(QWidget* parent)
    : JobEditor("stop", {}, parent)
    , m_number(new QLineEdit)
    , m_unit(new QComboBox)
{
    auto* row = rowOf(this);
    m_unit->addItem(tr("steps"), u"steps"_s);
    m_unit->addItem(tr("minutes"), u"minutes"_s);
    m_unit->setAccessibleName(tr("Unit of the end"));
    m_number->setMaximumWidth(Theme::grid(16));
    row->addWidget(m_number);
    row->addWidget(m_unit);
    row->addStretch(1);
    setFocusProxy(m_number);
    connect(m_number, &QLineEdit::textEdited, this, &JobEditor::edited);
    connect(m_unit, &QComboBox::activated, this, &JobEditor::edited);
}

void StopEditor::show(const JsonText& job)
{
    const bool minutes = job.has("stop.minutes");
    m_unit->setCurrentIndex(minutes ? 1 : 0);
    const auto value = job.value(minutes ? "stop.minutes" : "stop.steps");
    if (!value.is_discarded() && numberOf(m_number->text()) != value)
        m_number->setText(value.is_string() ? QString::fromStdString(value.get<std::string>()) : numberText(value));
}

void StopEditor::write(JsonText& job) const
{
    const nlohmann::json stop{{m_unit->currentData().toString().toStdString(), numberOf(m_number->text())}};
    if (job.value("stop") != stop)
        job.set("stop", stop);
}

} // namespace icae
