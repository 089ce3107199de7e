#pragma once

#include <QWheelEvent>

namespace icae {

/// A scrolling view that leaves Ctrl+wheel to the window, which changes the size of texts with it.
template <typename View> class Zoomable : public View {
public:
    using View::View;

protected:
    void wheelEvent(QWheelEvent* event) override
    {
        if (event->modifiers() & Qt::ControlModifier)
            event->ignore();
        else
            View::wheelEvent(event);
    }
};

} // namespace icae
