#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace icae {

/// A text made from another one by edits, which knows where each of its bytes comes from.
class AlignedText {
public:
    /// A stretch that was replaced; in bytes. Between two of them both texts are the same.
    struct Edit {
        std::size_t from = 0; ///< in the text before
        std::size_t fromEnd = 0;
        std::string_view replacement;
    };

    explicit AlignedText(std::string_view source)
        : m_text(source)
    {
    }

    const std::string& text() const { return m_text; }

    /// Replaces stretches of the text as it is now. @param edits ascending, not overlapping
    void apply(const std::vector<Edit>& edits);

    /// Walks from the front to the back.
    class Cursor {
    public:
        explicit Cursor(const AlignedText& text)
            : m_text(text)
        {
        }
        /// Where in the source a byte of the text begins: inside of a replacement where that begins, inside of a
        /// character where the character does. @param at not before the last one asked for
        std::size_t sourceOf(std::size_t at);

    private:
        const AlignedText& m_text;
        std::size_t m_next = 0; ///< first change that ends behind what was asked for
        std::size_t m_shiftFrom = 0; ///< ends of the last change before
        std::size_t m_shiftTo = 0;
    };

private:
    /// A stretch of the source and what stands for it.
    struct Change {
        std::size_t source = 0;
        std::size_t sourceEnd = 0;
        std::size_t text = 0;
        std::size_t textEnd = 0;
    };

    std::string m_text;
    std::vector<Change> m_changes; ///< ascending
};

} // namespace icae
