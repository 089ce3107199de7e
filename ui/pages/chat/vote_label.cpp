#include "pages/chat/vote_label.h"

#include <QLocale>
#include <QStringList>

namespace icae {

using namespace Qt::StringLiterals;

VoteLabel::VoteLabel(QWidget* parent)
    : QLabel(parent)
{
    setProperty("secondary", true);
    setObjectName(u"tally"_s);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
}

void VoteLabel::setChats(const std::vector<ConversationPtr>& chats)
{
    QStringList lines;
    const QLocale locale;
    for (const auto& tally : tallies(chats))
        lines += tr("%1 against %2: %3 better, %4 as good, %5 worse (%6 %, 95 % interval %7–%8)")
                     .arg(QString::fromStdString(tally.first), QString::fromStdString(tally.second))
                     .arg(tally.firstBetter)
                     .arg(tally.ties)
                     .arg(tally.secondBetter)
                     .arg(locale.toString(100 * tally.share, 'f', 0), locale.toString(100 * tally.low, 'f', 0),
                          locale.toString(100 * tally.high, 'f', 0));
    setText(lines.value(0));
    setToolTip(lines.isEmpty() ? QString()
                               : lines.join(u'\n') + u'\n'
                       + tr("Blind votes over all chats; a tie is half a vote; Wilson's score interval"));
}

} // namespace icae
