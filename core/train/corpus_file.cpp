#include "input/read_input.h"
#include "protocol/error.h"
#include "text/text_file.h"
#include "train/corpus.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk = 1U << 16U;
constexpr std::uint64_t mostWorkspace = std::uint64_t{256} << 20U; // the strongest preset takes 65 MiB
constexpr std::uintmax_t mostRatio = 200; // texts come to a tenth or so
constexpr std::uintmax_t always = std::uintmax_t{64} << 20U;

[[noreturn]] void damaged(const fs::path& file, const std::string& why)
{
    throw Error(ErrorKind::InvalidInput, file.string() + " cannot be decompressed: " + why + ".",
                "Get the file again from where it came.");
}

std::string decompress(const fs::path& file)
{
    std::error_code unknown;
    if (const auto kind = fs::status(file, unknown); fs::exists(kind) && !fs::is_regular_file(kind))
        throw Error(ErrorKind::Io, file.string() + " is not a regular file.", "Name a regular file.");
    std::ifstream input(file, std::ios::binary);
    if (!input)
        throw Error(ErrorKind::Io, file.string() + " cannot be read.", "Check that you may read it.");
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&stream, mostWorkspace, LZMA_CONCATENATED) != LZMA_OK)
        throw Error(ErrorKind::OutOfMemory, "There is no memory to decompress " + file.string() + ".",
                    "Close other programs.");
    const std::unique_ptr<lzma_stream, decltype(&lzma_end)> guard(&stream, lzma_end);
    const auto most =
        std::min<std::uintmax_t>(longestInput, std::max(always, mostRatio * fs::file_size(file, unknown)));
    std::string text;
    std::array<char, chunk> in{};
    std::array<char, chunk> out{};
    for (lzma_ret status = LZMA_OK; status != LZMA_STREAM_END;) {
        if (stream.avail_in == 0 && input) {
            input.read(in.data(), static_cast<std::streamsize>(in.size()));
            stream.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
            stream.avail_in = static_cast<std::size_t>(input.gcount());
            if (input.bad())
                throw Error(ErrorKind::Io, file.string() + " cannot be read to its end.", "Check the disk.");
        }
        stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
        stream.avail_out = out.size();
        status = lzma_code(&stream, input ? LZMA_RUN : LZMA_FINISH);
        text.append(out.data(), out.size() - stream.avail_out);
        if (text.size() > most)
            throw Error(ErrorKind::InvalidInput,
                        file.string() + " unpacks to more than the " + std::to_string(most >> 20U)
                            + " MiB that are allowed for a file of its size.",
                        "Unpack it and look at what it holds; split what is longer.");
        if (status == LZMA_MEMLIMIT_ERROR)
            damaged(file, "that takes more than " + std::to_string(mostWorkspace >> 20U) + " MiB of memory");
        if (status == LZMA_BUF_ERROR)
            damaged(file, "it ends too early");
        if (status != LZMA_OK && status != LZMA_STREAM_END)
            damaged(file, status == LZMA_FORMAT_ERROR ? "it is no .xz file" : "its data is damaged");
    }
    return text;
}

} // namespace

std::string readCorpusFile(const fs::path& file)
{
    return file.extension() == ".xz" ? checkedText(decompress(file), file.string()) : readTextFile(file);
}

} // namespace icae
