#pragma once

#include "models/utf16_offsets.h"
#include "protocol/chat_requests.h"
#include "session/engine_client.h"
#include "session/theme.h"

#include <QPlainTextEdit>

#include <map>
#include <optional>

namespace icae {

/// Which slots: those that were left out together.
struct SlotPlace {
    std::string memory; ///< id
    std::int64_t span = 0;
    std::int64_t slot = 0; ///< any of them

    bool operator==(const SlotPlace&) const = default;
};

/// The text of the current memory, with the words that an answer's slots hold: the more the answer needs them the
/// stronger. Words under the pointer name their slots, and slots under the pointer elsewhere mark their words.
class MemoryPreview : public QPlainTextEdit {
    Q_OBJECT

public:
    MemoryPreview(const Theme& theme, EngineClient& client, QWidget* parent = nullptr);

    /// @param id of the memory; empty: nothing @param span that is current; −1: none
    /// @param begin of that span in the text, bytes
    void showMemory(const QString& id, std::int64_t span, std::int64_t begin);
    void setLit(const std::optional<ChatAttribution>& attribution);
    void point(const std::optional<SlotPlace>& slots); ///< that are under the pointer elsewhere
    /// The text of a memory that was shown before. @return null where it was not
    const QString* knownText(const QString& id) const;
    /// Whether the words at a place are what chat/map found, not a share of their span.
    bool isMeasuredAt(QPoint position) const;

Q_SIGNALS:
    void pointed(const std::optional<icae::SlotPlace>& slots); ///< whose words are under the pointer

protected:
    bool viewportEvent(QEvent* event) override;

private:
    struct Source {
        QString text;
        Utf16Offsets offsets;
    };

    void light(bool scroll);
    const SlotGroup* groupAt(QPoint position) const;
    const SlotGroup* groupOf(const SlotPlace& slots) const;
    int placeOf(std::int64_t byte) const;

    const Theme& m_theme;
    EngineClient& m_client;
    std::map<QString, Source> m_texts; ///< by id, as they were read
    QString m_wanted; ///< id
    QString m_shown; ///< whose text is here
    std::int64_t m_span = -1;
    std::int64_t m_spanBegin = 0;
    std::optional<ChatAttribution> m_lit;
    std::optional<SlotPlace> m_pointed;
};

} // namespace icae
