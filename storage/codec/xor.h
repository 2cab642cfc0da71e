// Doubles that are no short decimals: each XORed with its predecessor, the bits between the zeros written (Gorilla,
// Pelkonen et al. 2015, 4.1.2).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace vigia::storage {

// REQUIRES: !values.empty().
void EncodeXor(std::span<const double> values, std::string& out);
// `bytes` must be the whole stream of values.size() values; false when it is not.
bool DecodeXor(std::string_view bytes, std::span<double> values);

}  // namespace vigia::storage
