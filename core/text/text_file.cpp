#include "text/text_file.h"

#include "protocol/error.h"
#include "text/utf8.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

namespace icae {

namespace fs = std::filesystem;

namespace {

std::string readStream(std::istream& stream)
{
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

std::string readPath(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        throw Error(ErrorKind::NotFound, "There is no file " + path.string() + ".", "Check the path.");
    if (fs::is_directory(path, ignored))
        throw Error(ErrorKind::Io, path.string() + " is a folder.", "Name a text file.");
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw Error(ErrorKind::Io, path.string() + " cannot be read: " + std::strerror(errno) + ".", // NOLINT
                    "Check that you may read it.");
    return readStream(file);
}

} // namespace

std::string readTextFile(const fs::path& path)
{
    const bool input = path == "-";
    return checkedText(input ? readStream(std::cin) : readPath(path), input ? "Standard input" : path.string());
}

std::string checkedText(std::string text, const std::string& name)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.erase(0, 3);
    if (text.empty())
        throw Error(ErrorKind::InvalidInput, name + " is empty.", "Give a text of at least one character.");
    if (const auto zero = text.find('\0'); zero != std::string::npos)
        throw Error(ErrorKind::InvalidInput, name + " is not a text: byte " + std::to_string(zero) + " is zero.",
                    "Give a plain text file; export documents as text first.");
    if (const auto offset = firstInvalidUtf8(text))
        throw Error(ErrorKind::InvalidInput,
                    name + " is not valid UTF-8: byte " + std::to_string(*offset) + " starts no character.",
                    "Convert it first, for example: iconv -f LATIN1 -t UTF-8.");
    return text;
}

} // namespace icae
