// Rice codes (R. F. Rice, "Some Practical Universal Noiseless Coding Techniques", JPL 79-22): for long sequences of
// integers that scatter around a line, such as slow counters and noisy gauges. They come within some tenths of a bit of
// the entropy, where fields of one width pay for the widest one; reading them is slower. Format: storage/FORMAT.md,
// "Rice streams".
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "storage/bytes/varint.h"

namespace vigia::storage {

// Appends a stream to `out` if it is shorter than `limit_bytes`; false, and nothing is appended, if not. The number of
// values is not written. REQUIRES: at least 3 values.
bool PackRice(std::span<const std::int64_t> values, std::size_t limit_bytes, std::string& out);

// Reads values.size() integers from the front of `in`. False when the bytes are not such a stream. REQUIRES: as above.
bool UnpackRice(ByteReader& in, std::span<std::int64_t> values);

}  // namespace vigia::storage
