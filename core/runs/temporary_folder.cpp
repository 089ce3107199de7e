#include "runs/temporary_folder.h"

#include "input/remove_tree.h"
#include "protocol/error.h"

#include <cstdlib>
#include <string>

namespace icae {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder()
{
    std::error_code fault;
    auto name = (fs::temp_directory_path(fault) / "icae-XXXXXX").string();
    if (fault || mkdtemp(name.data()) == nullptr)
        throw Error(ErrorKind::Io, "No folder for temporary files can be made.", "Check TMPDIR, and its disk.");
    m_path = name;
}

TemporaryFolder::~TemporaryFolder()
{
    removeTree(m_path);
}

} // namespace icae
