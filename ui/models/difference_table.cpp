#include "models/difference_table.h"

#include "models/utf16_offsets.h"
#include "report/csv_cell.h"

namespace icae {

QByteArray differencesCsv(const DiffDocument& document)
{
    const auto source = document.source.toStdString();
    const auto written = document.reconstruction.toStdString();
    const Utf16Offsets ours(source);
    const Utf16Offsets theirs(written);
    std::string csv = "index_from_0,class,source,reconstruction,source_begin_byte_from_0,source_end_byte,"
                      "reconstruction_begin_byte_from_0,reconstruction_end_byte\r\n";
    for (std::size_t i = 0; i < document.differences.size(); ++i) {
        const auto& difference = document.differences[i];
        const auto begin = ours.toByte(difference.source.begin);
        const auto end = ours.toByte(difference.source.end);
        const auto writtenBegin = theirs.toByte(difference.reconstruction.begin);
        const auto writtenEnd = theirs.toByte(difference.reconstruction.end);
        csv += std::to_string(i) + ',' + csvCell(differenceClassName(difference.errorClass).toStdString()) + ','
            + csvCell(source.substr(begin, end - begin)) + ','
            + csvCell(written.substr(writtenBegin, writtenEnd - writtenBegin)) + ',' + std::to_string(begin) + ','
            + std::to_string(end) + ',' + std::to_string(writtenBegin) + ',' + std::to_string(writtenEnd) + "\r\n";
    }
    return QByteArray::fromStdString(csv);
}

} // namespace icae
