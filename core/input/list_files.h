#pragma once

#include "protocol/file_messages.h"

namespace icae {

/// What is in a folder.
/// @throws Error (NotFound) where there is none, (Io) where it cannot be read
FileList listFiles(const ListFilesParams& params);

} // namespace icae
