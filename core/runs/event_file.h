#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace icae {

/// Writes scalars for TensorBoard: events.out.tfevents.*, a file of TFRecords (length, masked CRC-32C, data, masked
/// CRC-32C) that hold tensorflow.Event messages (event.proto and summary.proto of TensorFlow).
class EventFile {
public:
    /// Begins a new file in the folder; TensorBoard joins the files of a folder.
    explicit EventFile(const std::filesystem::path& folder);

    void scalar(std::string_view tag, double value, std::int64_t step);
    /// Tells TensorBoard to forget scalars of this step and later ones: they are written again.
    void restart(std::int64_t step);
    void flush();

private:
    void record(const std::string& event);

    std::ofstream m_file;
};

} // namespace icae
