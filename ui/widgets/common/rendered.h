#pragma once

namespace icae {

/// What of a view went onto a picture.
struct Rendered {
    int height = 0; ///< used, in the painter's units
    bool complete = true; ///< false: the rest had no room
};

} // namespace icae
