#include "models/sample_texts.h"

#include <QCoreApplication>
#include <QFile>

#include <random>

namespace icae {

using namespace Qt::StringLiterals;

namespace {

constexpr int randomWords = 220;

/// Words of random letters, as long as English ones tend to be.
QString randomText()
{
    std::mt19937 random(2307); // the same text each time
    QString text;
    int left = 0;
    for (int word = 0; word < randomWords; ++word) {
        if (left == 0) {
            text += text.isEmpty() ? ""_L1 : ". "_L1;
            left = 6 + static_cast<int>(random() % 12);
        } else {
            text += u' ';
        }
        const int length = 1 + static_cast<int>((random() % 5) + (random() % 5));
        for (int i = 0; i < length; ++i)
            text += QChar(u'a' + static_cast<char16_t>(random() % 26));
        --left;
    }
    return text + u'.';
}

} // namespace

std::vector<SampleText> sampleTexts()
{
    const auto tr = [](const char* text) { return QCoreApplication::translate("SampleTexts", text); };
    return {
        {u"ferry"_s, tr("Story"), tr("Plain narrative prose, what most adapters are best at")},
        {u"news"_s, tr("News"), tr("Names, dates and numbers among prose")},
        {u"technical"_s, tr("Technical prose"), tr("Terms, measurements and long sentences")},
        {u"table"_s, tr("Tables"), tr("Columns of numbers and codes")},
        {u"code"_s, tr("Code"), tr("Python, with indentation and brackets")},
        {u"german"_s, tr("Another language"), tr("German prose")},
        {u"pattern"_s, tr("Patterned text"),
         tr("The story with each letter exchanged for the next: patterns without words")},
        {u"random"_s, tr("Random text"), tr("Words of random letters: nothing to go by")},
    };
}

QString shiftLetters(const QString& text)
{
    QString result = text;
    for (auto& c : result) {
        if (c >= u'a' && c <= u'z')
            c = c == u'z' ? QChar(u'a') : QChar(c.unicode() + 1);
        else if (c >= u'A' && c <= u'Z')
            c = c == u'Z' ? QChar(u'A') : QChar(c.unicode() + 1);
    }
    return result;
}

QString sampleText(const QString& id)
{
    if (id == "random"_L1)
        return randomText();
    if (id == "pattern"_L1)
        return shiftLetters(sampleText(u"ferry"_s));
    QFile file(u":/samples/%1.txt"_s.arg(id));
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).trimmed() : QString();
}

} // namespace icae
