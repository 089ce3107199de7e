#pragma once

#include <QWidget>

class QBoxLayout;
class QHBoxLayout;

namespace icae {

/// Widgets in one row; the second half goes below the first where one row is too narrow for what they hold.
class FoldingRow : public QWidget {
    Q_OBJECT

public:
    explicit FoldingRow(QWidget* parent = nullptr);

    QSize minimumSizeHint() const override; ///< as wide as the wider half

    QHBoxLayout& first() { return *m_first; }
    QHBoxLayout& second() { return *m_second; }
    /// @param between the halves where they stand side by side or below each other
    void setSpacing(int between);

protected:
    bool event(QEvent* event) override;

private:
    void arrange();

    QBoxLayout* m_halves;
    QHBoxLayout* m_first;
    QHBoxLayout* m_second;
    int m_between = 0;
};

} // namespace icae
