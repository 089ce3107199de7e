#pragma once

#include "models/token_document.h"
#include "session/theme.h"

#include <QWidget>

class QLabel;

namespace icae {

/// Likeliest tokens at a place, with bars.
class AlternativesBars : public QWidget {
    Q_OBJECT

public:
    explicit AlternativesBars(const Theme& theme, QWidget* parent = nullptr);
    /// @param id of the token that stands there, which is marked
    void setAlternatives(std::vector<TokenAlternative> alternatives, std::int32_t id);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    std::vector<TokenAlternative> m_alternatives;
    std::int32_t m_id = -1;
};

/// Everything known of the token under the cursor.
class TokenDetails : public QWidget {
    Q_OBJECT

public:
    explicit TokenDetails(const Theme& theme, QWidget* parent = nullptr);
    /// @param token index; −1: none
    void showToken(const TokenDocument* document, int token);

Q_SIGNALS:
    void closeRequested();

private:
    const Theme& m_theme;
    QLabel* m_title;
    QLabel* m_facts;
    AlternativesBars* m_bars;
};

} // namespace icae
