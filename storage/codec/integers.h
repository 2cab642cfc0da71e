// Lossless packing of a sequence of 64-bit integers: the smallest of several ways, each of width-w bit fields after a
// header. Formats: storage/FORMAT.md, "Integer streams".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "storage/bytes/varint.h"

namespace vigia::storage {

// Appends the stream to `out`. The number of values is not written: the reader knows it. REQUIRES: !values.empty().
void PackIntegers(std::span<const std::int64_t> values, std::string& out);

// Reads a stream of values.size() integers from the front of `in`. False when the bytes are not such a stream.
// REQUIRES: !values.empty().
bool UnpackIntegers(ByteReader& in, std::span<std::int64_t> values);

}  // namespace vigia::storage
