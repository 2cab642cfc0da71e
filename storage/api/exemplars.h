// The read side of exemplars.
#pragma once

#include <span>
#include <vector>

#include "storage/api/appender.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

struct ExemplarSeries {
  Labels labels;
  std::vector<Exemplar> exemplars;  // By time; those of one time in the order in which they came.
};

class ExemplarQueryable {
 public:
  virtual ~ExemplarQueryable() = default;
  // Exemplars with start_ms <= t <= end_ms of the series for which all matchers of one of the selectors hold, sorted by
  // labels. Empty while storage keeps no exemplars. Thread-safe.
  virtual Result<std::vector<ExemplarSeries>> SelectExemplars(
      TimestampMs start_ms, TimestampMs end_ms, std::span<const std::vector<Matcher>> selectors) const = 0;
};

}  // namespace vigia::storage
