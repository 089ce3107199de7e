#pragma once

#include "models/conversation.h"

#include <QAbstractListModel>

#include <vector>

namespace icae {

/// An answer as it is shown: a column of its row.
struct AnswerCell {
    std::int64_t answer = -1;
    AnswerContext context = AnswerContext::Slots;
    QString heading; ///< "Slots"; "A" while it is to be voted on
    QString text;
    QString line; ///< "0.2 s to first token · 61 tokens/s"; empty where it would give a side away
    QString facts; ///< the same and what has no room there; empty where that is
    int page = 1;
    int pages = 1;
    bool writing = false;
    bool unfinished = false; ///< can be gone on with
    bool traceable = false; ///< read slots that it can be from

    bool operator==(const AnswerCell&) const = default;
};

/// A question, or the answers to it side by side.
struct ConversationRow {
    std::int64_t question = -1;
    bool asks = false;
    QString text; ///< of the question
    QString line; ///< the memories it is about
    int branch = 1;
    int branches = 1;
    std::vector<AnswerCell> cells;
    bool toVote = false; ///< both are there and nobody has voted
    QString verdict; ///< of the vote

    bool operator==(const ConversationRow&) const = default;
};

/// The path of a conversation that is shown, as rows. What did not change is not touched.
class ConversationModel : public QAbstractListModel {
    Q_OBJECT

public:
    using QAbstractListModel::QAbstractListModel;

    /// @param writing answers that are being written
    void setConversation(const Conversation& chat, const std::vector<std::int64_t>& writing);
    /// An answer grew. Cheap: nothing else is looked at.
    void setText(std::int64_t answer, const QString& text, const QString& line);
    void clear();

    const ConversationRow* at(const QModelIndex& index) const; ///< null where there is none
    int rowOf(std::int64_t question, bool asks) const;
    int rowOfAnswer(std::int64_t answer) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;

private:
    std::vector<ConversationRow> m_rows;
};

/// What there is to say of an answer in one line.
QString answerLine(const ChatAnswer& answer);

} // namespace icae
