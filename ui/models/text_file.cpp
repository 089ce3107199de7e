#include "models/text_file.h"

#include "protocol/error.h"

#include <QFile>
#include <QFileInfo>
#include <QMimeData>

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
    const auto bytes = file.read(largestFile + 1); // some files, such as devices, do not know their size
    if (bytes.size() > largestFile)
        throw Error(ErrorKind::InvalidInput, "The file " + name + " is larger than 32 MB.",
                    "Take a part of it; a reconstruction of so much text would take hours.");
    if (bytes.contains('\0'))
        throw Error(ErrorKind::InvalidInput, "The file " + name + " is no text.", "Open a text in UTF-8.");
    if (!bytes.isValidUtf8())
        throw Error(ErrorKind::InvalidInput, "The file " + name + " is not in UTF-8.",
                    "Convert it first, for example with iconv.");
    return QString::fromUtf8(bytes);
}

QList<QUrl> localFiles(const QMimeData& mime)
{
    auto files = mime.urls();
    files.removeIf([](const QUrl& url) { return !url.isLocalFile(); });
    return files;
}

} // namespace icae
