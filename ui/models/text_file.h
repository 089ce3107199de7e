#pragma once

#include <QList>
#include <QString>
#include <QUrl>

class QMimeData;

namespace icae {

/// Reads a text in UTF-8.
/// @throws Error where it cannot be read (Io), or is no text or too large to work with (InvalidInput)
QString readTextFile(const QString& path);

/// The files of this machine among what is dropped or pasted.
QList<QUrl> localFiles(const QMimeData& mime);

} // namespace icae
