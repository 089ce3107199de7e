#pragma once

#include "models/recorded_reconstruction.h"
#include "session/theme.h"

#include <QFrame>

class QAction;

namespace icae {

class ElidedLabel;

/// Says that what is shown was recorded, and leads back to where it came from. Hidden where nothing recorded is shown.
class RecordedBar : public QFrame {
    Q_OBJECT

public:
    explicit RecordedBar(const Theme& theme, QWidget* parent = nullptr);

    void show(const RecordedReconstruction& recorded);
    void clear();
    QAction* backAction() const { return m_back; }

private:
    ElidedLabel* m_text;
    QAction* m_back;
};

} // namespace icae
