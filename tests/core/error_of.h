#pragma once

#include "protocol/error.h"

#include <functional>

namespace icae {

/// What an action throws; an Internal error where it throws nothing.
inline Error errorOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error;
    }
    return {ErrorKind::Internal, "nothing was thrown", {}};
}

} // namespace icae
