// The orders of sort, sort_desc, sort_by_label and sort_by_label_desc: strict weak orders for std::stable_sort.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "storage/model/labels.h"

namespace vigia::promql {

// By value; NaN comes last in both directions.
bool SortsBefore(double a, double b);      // sort
bool SortsBeforeDesc(double a, double b);  // sort_desc

// Digits compare as numbers, the rest bytewise (the order of github.com/facette/natsort).
bool NaturalLess(std::string_view a, std::string_view b);

// By the given labels in natural order, then by the whole sets. Negative, 0 or positive; sort_by_label_desc is its
// reverse.
int CompareByLabels(const storage::Labels& a, const storage::Labels& b, std::span<const std::string> names);

}  // namespace vigia::promql
