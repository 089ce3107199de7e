#include "text/text_file.h"

#include "input/unicode_text.h"
#include "protocol/error.h"
#include "text/named_text.h"
#include "text/utf8.h"

#include <algorithm>

namespace icae {

namespace fs = std::filesystem;

std::string readTextFile(const fs::path& path)
{
    // A shell's <(command) is a pipe that a person named.
    if (isStandardInput(path) || path.native().starts_with("/dev/fd/"))
        return readNamedText(path);
    return checkedText(readInput(path), path.string());
}

std::string readNamedText(const fs::path& path, const std::stop_token& stop)
{
    return checkedText(readInput(path, {InputKind::Named, longestInput, stop}),
                       isStandardInput(path) ? "Standard input" : path.string());
}

std::string checkedText(std::string bytes, const std::string& name)
{
    auto text = asUtf8(std::move(bytes), name);
    if (text.empty())
        throw Error(ErrorKind::InvalidInput, name + " is empty.", "Give a text of at least one character.");
    if (const auto zero = text.find('\0'); zero != std::string::npos) {
        const auto encoding = unmarkedEncoding(text);
        if (encoding.empty())
            throw Error(ErrorKind::InvalidInput, name + " is not a text: byte " + std::to_string(zero) + " is zero.",
                        "Give a plain text file; export documents as text first.");
        throw Error(ErrorKind::InvalidInput, name + " is " + encoding + " without a byte order mark.",
                    "Convert it first, for example: iconv -f " + encoding + " -t UTF-8.");
    }
    if (const auto offset = firstInvalidUtf8(text)) {
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*offset), '\n');
        throw Error(ErrorKind::InvalidInput,
                    name + " is not valid UTF-8: byte " + std::to_string(*offset) + ", in line " + std::to_string(line)
                        + ", starts no character.",
                    "Convert it first, for example: iconv -f LATIN1 -t UTF-8.");
    }
    return text;
}

} // namespace icae
