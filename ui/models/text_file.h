#pragma once

#include <QString>

namespace icae {

/// Reads a text in UTF-8.
/// @throws Error where it cannot be read (Io), or is no text or too large to work with (InvalidInput)
QString readTextFile(const QString& path);

} // namespace icae
