#pragma once

#include <QMimeData>
#include <QPlainTextEdit>

namespace icae {

/// Where questions are written. Refuses to take in what no question is as long as: such a text is for the library.
class QuestionEdit : public QPlainTextEdit {
    Q_OBJECT

public:
    static constexpr qsizetype longest = 120'000; ///< characters

    using QPlainTextEdit::QPlainTextEdit;

Q_SIGNALS:
    void refused(); ///< a text that is longer

protected:
    void insertFromMimeData(const QMimeData* source) override
    {
        if (source->text().size() > longest)
            Q_EMIT refused();
        else
            QPlainTextEdit::insertFromMimeData(source);
    }
};

} // namespace icae
