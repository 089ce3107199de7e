#pragma once

#include "session/settings.h"

class QFileDialog;
class QWidget;

namespace icae {

/// Dialogs that begin in the folder of the last one, delete themselves, and are opened by whoever asked for them.
QFileDialog* openDialog(QWidget* parent, Settings& settings, const QString& title, const QString& filter = {});
/// @param name that is offered; its ending is added where none is written
QFileDialog* saveDialog(QWidget* parent, Settings& settings, const QString& title, const QString& name,
                        const QString& filter = {});

} // namespace icae
