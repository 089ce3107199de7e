#pragma once

#include <QFrame>

#include <cstdint>
#include <optional>
#include <vector>

class QLabel;
class QLineEdit;
class QPushButton;

namespace icae {

/// Which spans are read: all, the one at the cursor, or ranges of them. Opens below its button.
class SpanPopup : public QFrame {
    Q_OBJECT

public:
    explicit SpanPopup(QWidget* parent = nullptr);

    void setCount(int count); ///< of the text; another one means all spans again
    void setCurrent(int span); ///< index of the one at the cursor; −1: there is none
    /// Indices, ascending; empty: all.
    const std::vector<std::int64_t>& spans() const { return m_spans; }
    QString summary() const; ///< "All spans", "Span 3" or "5 of 318 spans"

    /// What people write: "1-3, 7". @return indices, ascending; absent where it is no such list, or one is no span
    static std::optional<std::vector<std::int64_t>> parse(const QString& text, int count);

Q_SIGNALS:
    void changed();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void take();

    int m_count = 0;
    int m_current = -1;
    std::vector<std::int64_t> m_spans;
    QLineEdit* m_ranges;
    QPushButton* m_all;
    QPushButton* m_this;
    QLabel* m_problem;
};

} // namespace icae
