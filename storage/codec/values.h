// One column chunk of float64 values as bytes, bit for bit. Formats: storage/FORMAT.md, "Value chunks".
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::storage {

// Appends the smallest known encoding of `values` to `out`. The number of values is not written.
// REQUIRES: !values.empty().
void EncodeValues(std::span<const double> values, std::string& out);

// The values of a column as decimals: value = q / 10^exponent, to the bit. Empty when some value is none.
struct Decimals {
  unsigned exponent = 0;
  std::vector<std::int64_t> q;
  bool empty() const { return q.empty(); }
};

// Encodes `values` by their differences from `base`, the decimals of another column at the same times, when that is
// shorter than bytes out[start..], which EncodeValues wrote for them: these are replaced then. True if so. `distance`
// is written with it. The buckets of a histogram are sums of each other: their differences are small. REQUIRES: 1 <=
// distance <= kMaxBaseDistance.
bool EncodeRelative(const Decimals& values, const Decimals& base, unsigned distance, std::size_t start,
                    std::string& out);
inline constexpr unsigned kMaxBaseDistance = 15;
// The decimals of `values`; empty too where they would not help: few values, or all equal.
Decimals DecimalsOf(std::span<const double> values);

// Whether the chunk consists of decimals, differences of them included: others may refer to it.
bool HoldsDecimals(std::string_view bytes);
// The distance of the chunk's base; 0 when it has none and DecodeValues reads it.
unsigned BaseDistance(std::string_view bytes);
// The inverse of EncodeRelative. False when `bytes` are no such chunk, or not of this base.
bool DecodeRelative(std::string_view bytes, const Decimals& base, Decimals& values);
// Reads `size` decimals of a chunk without a base. False when it does not consist of decimals.
bool DecodeDecimals(std::string_view bytes, std::size_t size, Decimals& values);
// values[i] = decimals.q[i] / 10^exponent. REQUIRES: as many.
void ToValues(const Decimals& decimals, std::span<double> values);

// The inverse of EncodeValues, for values.size() values; `bytes` must be the whole chunk. False when it is not one.
bool DecodeValues(std::string_view bytes, std::span<double> values);

// How the chunk is encoded, for people: "xor", "rice with exceptions", ...; "unknown" when it is no chunk.
std::string_view EncodingName(std::string_view bytes);

// The plain twin of EncodeValues for tests: always 8 bytes per value.
void EncodeValuesRaw(std::span<const double> values, std::string& out);

}  // namespace vigia::storage
