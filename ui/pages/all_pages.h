#pragma once

#include "pages/page.h"

#include <vector>

namespace icae {

/// The pages of the program, as the rail lists them.
std::vector<PageFactory> allPages();

} // namespace icae
