#include "models/byte_text.h"

#include <QCoreApplication>

namespace icae {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("ByteText", text);
}

} // namespace

QString byteText(std::int64_t bytes)
{
    const auto value = static_cast<double>(bytes);
    if (value >= 1e8)
        return tr("%L1 GB").arg(value / 1e9, 0, 'f', value >= 1e11 ? 0 : 1);
    if (value >= 1e6)
        return tr("%L1 MB").arg(value / 1e6, 0, 'f', value >= 1e7 ? 0 : 1);
    return tr("%L1 kB").arg(value / 1e3, 0, 'f', 0);
}

QString parameterText(std::int64_t count)
{
    const auto value = static_cast<double>(count);
    if (value >= 1e9)
        return tr("%L1 B").arg(value / 1e9, 0, 'f', 2);
    if (value >= 1e6)
        return tr("%L1 M").arg(value / 1e6, 0, 'f', 1);
    return tr("%L1").arg(count);
}

} // namespace icae
