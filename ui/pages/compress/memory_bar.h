#pragma once

#include "protocol/memory_messages.h"
#include "session/theme.h"

#include <QFrame>

class QAction;

namespace icae {

class ElidedLabel;

/// Says that a memory from a file is read, and what it is.
class MemoryBar : public QFrame {
    Q_OBJECT

public:
    explicit MemoryBar(const Theme& theme, QWidget* parent = nullptr);

    /// @param file its name
    void show(const QString& file, const MemoryInfo& memory);
    QAction* closeAction() const { return m_close; }

private:
    ElidedLabel* m_text;
    QAction* m_close;
};

} // namespace icae
