#pragma once

#include <QString>

#include <cstdint>

namespace icae {

/// A size as people read it: "0.4 GB", "52 MB", "812 kB"; decimal units, as disks and device memory are sold.
QString byteText(std::int64_t bytes);

/// A count with a unit prefix: "27.1 M", "7.24 B".
QString parameterText(std::int64_t count);

} // namespace icae
