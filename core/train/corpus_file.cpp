#include "protocol/error.h"
#include "text/text_file.h"
#include "train/corpus.h"

#include <lzma.h>

#include <array>
#include <fstream>
#include <memory>

namespace icae {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t chunk = 1U << 16U;

[[noreturn]] void damaged(const fs::path& file, const std::string& why)
{
    throw Error(ErrorKind::InvalidInput, file.string() + " cannot be decompressed: " + why + ".",
                "Get the file again from where it came.");
}

std::string decompress(const fs::path& file)
{
    std::ifstream input(file, std::ios::binary);
    if (!input)
        throw Error(ErrorKind::Io, file.string() + " cannot be read.", "Check that you may read it.");
    lzma_stream stream = LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
        throw Error(ErrorKind::OutOfMemory, "There is no memory to decompress " + file.string() + ".",
                    "Close other programs.");
    const std::unique_ptr<lzma_stream, decltype(&lzma_end)> guard(&stream, lzma_end);
    std::string text;
    std::array<char, chunk> in{};
    std::array<char, chunk> out{};
    for (lzma_ret status = LZMA_OK; status != LZMA_STREAM_END;) {
        if (stream.avail_in == 0 && input) {
            input.read(in.data(), static_cast<std::streamsize>(in.size()));
            stream.next_in = reinterpret_cast<const std::uint8_t*>(in.data());
            stream.avail_in = static_cast<std::size_t>(input.gcount());
        }
        stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
        stream.avail_out = out.size();
        status = lzma_code(&stream, input ? LZMA_RUN : LZMA_FINISH);
        text.append(out.data(), out.size() - stream.avail_out);
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
