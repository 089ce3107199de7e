#pragma once

#include "protocol/reconstruction.h"
#include "session/theme.h"
#include "widgets/common/folding_row.h"

#include <optional>
#include <vector>

class QLabel;

namespace icae {

/// The figures of a reconstruction in one line, each with a tooltip that says how it is computed.
class MetricsStrip : public FoldingRow {
    Q_OBJECT

public:
    explicit MetricsStrip(const Theme& theme, QWidget* parent = nullptr);

    /// The ratio that a text would be compressed by, before there is a result. @param tokens, slots 0: none
    void setPlan(std::int64_t tokens, std::int64_t slotCount);
    void setReconstruction(const std::optional<Reconstruction>& reconstruction);

private:
    enum Metric { Bleu, Em, FreeAccuracy, Loss, TokenAccuracy, Ratio, Compress, Prefill, Decode, Rate, MetricCount };

    void add(Metric metric, const QString& name, const QString& hint);
    void set(Metric metric, const QString& value);
    void setRatio(std::int64_t tokens, std::int64_t slotCount);
    void restyle();

    const Theme& m_theme;
    std::vector<QLabel*> m_names;
    std::vector<QLabel*> m_values;
};

} // namespace icae
