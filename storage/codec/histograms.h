// Native histograms as bytes, every float64 bit for bit. Format: storage/FORMAT.md, "Histograms".
#pragma once

#include <string>

#include "storage/bytes/varint.h"
#include "storage/model/histogram.h"

namespace vigia::storage {

void EncodeHistogram(const FloatHistogram& h, std::string& out);

// Reads one histogram from the front of `in`; nullptr when the bytes are not one.
HistogramPtr DecodeHistogram(ByteReader& in);

}  // namespace vigia::storage
