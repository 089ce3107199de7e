#pragma once

#include <QFuture>
#include <QString>

namespace icae {

/// A text that a person wrote and no file has: kept in a file of its own, so that neither Quit nor a kill loses it.
class Draft {
public:
    explicit Draft(QString file);
    ~Draft(); ///< waits for what is being written
    Draft(const Draft&) = delete;
    Draft& operator=(const Draft&) = delete;

    /// @return empty where there is none
    QString read() const;
    /// Writes it on another thread, whole or not at all and readable by its owner alone; an empty text ends the draft.
    void keep(const QString& text);

private:
    QString m_file;
    QFuture<void> m_writing;
};

} // namespace icae
