#pragma once

#include "models/diff_document.h"

#include <QByteArray>

namespace icae {

/// The differences of a document as CSV (RFC 4180), a line each: index, class, both texts, and their bytes. Counts from
/// 0, as all files do, and says so in its header.
QByteArray differencesCsv(const DiffDocument& document);

} // namespace icae
