#include "models/text_file.h"

#include "protocol/error.h"

#include <QFile>
#include <QFileInfo>

namespace icae {

namespace {

constexpr qint64 largestFile = 32 << 20;

} // namespace

QString readTextFile(const QString& path)
{
    QFile file(path);
    const auto name = QFileInfo(path).fileName().toStdString();
    if (!file.open(QIODevice::ReadOnly))
        throw Error(ErrorKind::Io, "The file " + name + " could not be read.",
                    "Check that it exists and that you may read it.", file.errorString().toStdString());
    if (file.size() > largestFile)
        throw Error(ErrorKind::InvalidInput, "The file " + name + " is larger than 32 MB.",
                    "Take a part of it; a reconstruction of so much text would take hours.");
    const auto bytes = file.readAll();
    if (bytes.contains('\0'))
        throw Error(ErrorKind::InvalidInput, "The file " + name + " is no text.", "Open a text in UTF-8.");
    return QString::fromUtf8(bytes);
}

} // namespace icae
