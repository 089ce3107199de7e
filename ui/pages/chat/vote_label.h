#pragma once

#include "models/conversation.h"

#include <QLabel>

namespace icae {

/// How blind votes stand: the comparison that was made most often, and all of them in the tooltip.
class VoteLabel : public QLabel {
    Q_OBJECT

public:
    explicit VoteLabel(QWidget* parent = nullptr);

    void setChats(const std::vector<ConversationPtr>& chats);
};

} // namespace icae
