#pragma once

#include "session/theme.h"

#include <QWidget>

#include <vector>

class QGridLayout;

namespace icae {

/// A name and its value.
struct Fact {
    QString name;
    QString value;
    QString hint; ///< tooltip; may be empty
    bool wide = false; ///< takes a line of its own: paths, hashes, sentences
};

/// Facts in two columns of pairs, which can be selected and copied.
class FactsView : public QWidget {
    Q_OBJECT

public:
    explicit FactsView(const Theme& theme, QWidget* parent = nullptr);

    /// Groups of facts, each with a heading.
    void setFacts(const std::vector<std::pair<QString, std::vector<Fact>>>& groups);

private:
    const Theme& m_theme;
    QGridLayout* m_grid;
};

} // namespace icae
