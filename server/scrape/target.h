// From discovered labels to something that can be scraped (surface.md 3.4).
#pragma once

#include <cstdint>
#include <string>

#include "config/schema/scrape_config.h"
#include "server/exposition/histogram_handling.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Immutable.
struct Target {
  storage::Labels discovered_labels;  // Before relabelling, with the special labels filled in.
  storage::Labels labels;             // What its series carry: no name begins with "__".
  std::string url;
  storage::DurationMs interval_ms = 0;
  storage::DurationMs timeout_ms = 0;  // At most the interval.
  std::uint64_t hash = 0;              // Equal: the same target.
  HistogramHandling histograms;        // The job's, unless labels say otherwise.
  std::string unix_socket;             // Where to connect to instead of the URL's host; empty: there.
};

struct TargetOutcome {
  bool dropped = false;  // By relabelling: only discovered_labels of the target is set.
  Target target;
};

// `discovered`: what discovery says of the target, __address__ included. kInvalid when relabelling leaves something
// that cannot be scraped.
storage::Result<TargetOutcome> BuildTarget(const config::ScrapeConfig& config, const storage::Labels& discovered);

// scheme://address/path?query. `all_labels` are the target's before those beginning with "__" are removed.
std::string TargetUrl(const config::ScrapeConfig& config, const storage::Labels& all_labels);

}  // namespace vigia::server
