#pragma once

#include "session/settings.h"

#include <functional>

class QFileDialog;
class QWidget;

namespace icae {

class Page;

/// Dialogs that begin in the folder of the last one, delete themselves, and are opened by whoever asked for them.
QFileDialog* openDialog(QWidget* parent, Settings& settings, const QString& title, const QString& filter = {});
/// @param name that is offered; its ending is added where none is written
QFileDialog* saveDialog(QWidget* parent, Settings& settings, const QString& title, const QString& name,
                        const QString& filter = {});

/// Asks for a file that `write` makes; the page says that it was saved, or what went wrong.
void saveFrom(Page& page, Settings& settings, const QString& title, const QString& name,
              const std::function<void(const QString&)>& write);

} // namespace icae
