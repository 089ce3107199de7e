#include "pages/chat/adapter_offer.h"

#include "session/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace icae {

using namespace Qt::StringLiterals;

AdapterOffer::AdapterOffer(const Theme& theme, EngineClient& client, ModelCatalog& catalog, QWidget* parent)
    : QWidget(parent)
    , m_client(client)
    , m_catalog(catalog)
    , m_line(new QLabel)
    , m_load(new QPushButton)
{
    m_line->setProperty("secondary", true);
    m_line->setTextFormat(Qt::PlainText);
    m_line->setWordWrap(true);
    m_load->setProperty("small", true);
    m_load->setAccessibleName(tr("Load a model that was trained to answer questions"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(m_line, 1);
    row->addWidget(m_load);
    connect(m_load, &QPushButton::clicked, this, [this] {
        if (m_offered)
            m_catalog.load(m_offered->base, m_offered->adapter);
    });
    for (const auto signal : {&ModelCatalog::listed, &ModelCatalog::devicesChanged, &ModelCatalog::loadingChanged})
        connect(&m_catalog, signal, this, &AdapterOffer::refresh);
    connect(&m_client, &EngineClient::modelChanged, this, &AdapterOffer::refresh);
    const auto restyle = [this, &theme] { m_line->setFont(theme.font(TypeRole::Caption)); };
    connect(&theme, &Theme::changed, this, restyle);
    restyle();
    refresh();
}

void AdapterOffer::refresh()
{
    m_offered.reset();
    if (const auto& model = m_client.model()) {
        const auto& devices = m_catalog.devices();
        const auto device = std::find_if(devices.begin(), devices.end(),
                                         [&](const DeviceInfo& one) { return one.id == model->device; });
        m_offered = modelForQuestions(m_catalog.models(), *model, device == devices.end() ? nullptr : &*device);
    }
    setVisible(m_offered.has_value());
    m_load->setEnabled(!m_catalog.isLoading());
    if (!m_offered)
        return;
    const auto& model = *m_client.model();
    const auto name = folderName(m_offered->base == model.base ? m_offered->adapter : m_offered->base);
    m_line->setText((model.adapter.empty() ? tr("Without an adapter this model does not answer from slots; %1 does.")
                                           : tr("This adapter was not trained to answer questions; %1 was."))
                        .arg(name));
    m_load->setText(tr("Load %1").arg(fontMetrics().elidedText(name, Qt::ElideMiddle, Theme::grid(20))));
    m_load->setAccessibleName(tr("Load %1, which was trained to answer questions").arg(name));
    m_load->setToolTip(
        tr("%1 · %2, in place of the model in use").arg(folderName(m_offered->base), folderName(m_offered->adapter)));
}

} // namespace icae
