#pragma once

#include <filesystem>

namespace icae {

/// A new folder of this user among the temporary ones, removed with all that is in it.
class TemporaryFolder {
public:
    /// @throws Error (Io) where none can be made
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
};

} // namespace icae
