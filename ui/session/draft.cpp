#include "session/draft.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QtConcurrent>

#include <utility>

namespace icae {

Draft::Draft(QString file)
    : m_file(std::move(file))
{
}

Draft::~Draft()
{
    m_writing.waitForFinished();
}

QString Draft::read() const
{
    QFile file(m_file);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

void Draft::keep(const QString& text)
{
    m_writing.waitForFinished(); // in order; a text a second, written in milliseconds
    m_writing = QtConcurrent::run([path = m_file, text] {
        if (text.isEmpty()) {
            QFile::remove(path);
            return;
        }
        QDir().mkpath(QFileInfo(path).path());
        QSaveFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return;
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner);
        file.write(text.toUtf8());
        file.commit();
    });
}

} // namespace icae
