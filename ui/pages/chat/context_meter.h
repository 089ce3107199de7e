#pragma once

#include "protocol/chat_requests.h"
#include "session/theme.h"

#include <QTimer>
#include <QWidget>

#include <optional>

namespace icae {

/// How much of the base's positions a question takes, in the context that takes most of those asked for, and what the
/// full text would have taken.
class ContextMeter : public QWidget {
    Q_OBJECT

public:
    explicit ContextMeter(const Theme& theme, QWidget* parent = nullptr);

    void setPlan(const std::optional<ChatPlan>& plan); ///< none: not known
    QString text() const { return m_text; }
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    QString m_text;
    double m_share = 0;
    double m_fullShare = 0;
    bool m_over = false;
};

} // namespace icae
