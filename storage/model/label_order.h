// Sorting texts that begin alike, as names and values of labels do: by eight bytes at a time behind what they have in
// common, instead of by comparing them from the start again and again.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "storage/model/labels.h"

namespace vigia::storage {

// Ascending by bytes. REQUIRES, here and below: fewer than 2^32.
void SortTexts(std::vector<std::string_view>& texts);

// Indices of the sets in ascending order of these; of equal ones in any order.
std::vector<std::uint32_t> SortedOrder(std::span<const Labels* const> sets);

}  // namespace vigia::storage
