// One column chunk of float64 values as bytes, bit for bit. Formats: storage/FORMAT.md, "Value chunks".
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vigia::storage {

// Appends the smallest known encoding of `values` to `out`. The number of values is not written.
// REQUIRES: !values.empty().
void EncodeValues(std::span<const double> values, std::string& out);

// The inverse, for values.size() values; `bytes` must be the whole chunk. False when it is not one.
bool DecodeValues(std::string_view bytes, std::span<double> values);

// How the chunk is encoded, for people: "xor", "rice with exceptions", ...; "unknown" when it is no chunk.
std::string_view EncodingName(std::string_view bytes);

// The plain twin of EncodeValues for tests: always 8 bytes per value.
void EncodeValuesRaw(std::span<const double> values, std::string& out);

}  // namespace vigia::storage
