#include "reading/source.h"

#include "protocol/error.h"
#include "tensor/sha256.h"

#include <chrono>

namespace icae {

Source compressSource(const Model& model, std::string text, const CompressOptions& options,
                      const ProgressCallback& progress, const std::stop_token& stop)
{
    Source source;
    source.tokens = model.encodeContext(text);
    const auto start = std::chrono::steady_clock::now();
    source.memory = Compressor(model).compress(source.tokens, options, progress, stop);
    synchronize(model.device().device);
    source.compressSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    source.memory.header.sourceHash = sha256(text);
    source.text = std::move(text);
    return source;
}

void attachText(Source& source, std::string text, const std::string& name, const Model& model)
{
    const auto& header = source.memory.header;
    if (sha256(text) != header.sourceHash)
        throw Error(ErrorKind::Mismatch, "The memory was not made from " + name + ".",
                    "Name the text that was compressed (" + header.sourceName + ").");
    source.tokens = model.encodeContext(text);
    source.text = std::move(text);
}

} // namespace icae
