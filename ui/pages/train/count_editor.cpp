#include "pages/train/count_editor.h"

#include <QHBoxLayout>
#include <QSpinBox>
#include <QWheelEvent>

#include <algorithm>

namespace icae {

namespace {

/// Lets a wheel scroll the form that it is on, unless one is at work here.
class CalmSpinBox : public QSpinBox {
public:
    using QSpinBox::QSpinBox;

protected:
    void wheelEvent(QWheelEvent* event) override
    {
        if (hasFocus())
            QSpinBox::wheelEvent(event);
        else
            event->ignore();
    }
};

} // namespace

CountEditor::CountEditor(std::string field, const Range& range, std::vector<std::string> stages, QWidget* parent)
    : JobEditor(std::move(field), std::move(stages), parent)
    , m_box(new CalmSpinBox)
    , m_otherwise(range.otherwise)
{
    m_box->setRange(range.least, range.most);
    m_box->setValue(range.otherwise);
    m_box->setGroupSeparatorShown(true);
    m_box->setFocusPolicy(Qt::StrongFocus);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_box);
    row->addStretch(1);
    setFocusProxy(m_box);
    connect(m_box, &QSpinBox::valueChanged, this, &JobEditor::edited);
}

void CountEditor::show(const JsonText& job)
{
    const QSignalBlocker quiet(m_box);
    const auto value = job.value(field());
    const double count = value.is_number() ? value.get<double>() : m_otherwise;
    m_box->setValue(static_cast<int>(std::clamp<double>(count, m_box->minimum(), m_box->maximum())));
}

void CountEditor::write(JsonText& job) const
{
    job.set(field(), m_box->value());
}

} // namespace icae
