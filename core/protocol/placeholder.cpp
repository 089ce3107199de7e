#include "protocol/placeholder.h"

#include "protocol/error.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view pointer = "version https://git-lfs.github.com/spec/";
constexpr std::size_t longestTag = 16;

bool isWebPage(std::string_view text)
{
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
        text.remove_prefix(1);
    std::string tag(text.substr(0, longestTag));
    std::transform(tag.begin(), tag.end(), tag.begin(),
                   [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    constexpr std::array beginnings{"<!doctype html", "<!--", "<html", "<head", "<body"};
    return std::any_of(beginnings.begin(), beginnings.end(), [&](const char* one) { return tag.starts_with(one); });
}

} // namespace

void refusePlaceholder(std::string_view beginning, const std::string& source)
{
    if (beginning.starts_with(pointer))
        throw Error(ErrorKind::InvalidInput,
                    source + " is a Git LFS pointer and not the file itself: its folder was cloned without Git LFS.",
                    "Run git lfs install and git lfs pull in that folder, or download the file from the model's page.");
    if (isWebPage(beginning))
        throw Error(ErrorKind::InvalidInput,
                    source
                        + " is a web page and not the file itself: the download was answered with a page to sign in "
                          "or an error.",
                    "Sign in, accept the model's terms, and download the file again.");
}

void refuseDanglingLink(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::is_symlink(path, ignored) || fs::exists(path, ignored))
        return;
    throw Error(ErrorKind::NotFound,
                path.string() + " is a link that leads nowhere, to " + fs::read_symlink(path, ignored).string()
                    + ": the download is incomplete, or the file was moved.",
                "Download the model again, or put the file in its place.");
}

} // namespace icae
