// Puts samples back where downsampling dropped them, as many as there were or as a reader needs, with what the records
// know of them. How and why: storage/README.md, "Reading what is downsampled".
#pragma once

#include "storage/model/timestamp.h"
#include "storage/rowgroup/column_content.h"

namespace vigia::storage {

// What the samples that are put back look like.
enum class Restored {
  kNothing,      // None are put back.
  kValueBefore,  // The kept sample before them, again.
  kLine,         // A straight line to the kept sample behind them.
  kCounter,      // A line that rises as much as the counter did: with a reset when some do not show.
  kShare,        // As many as there were, and together they have their sum.
  kSum,          // Together they have their sum.
  kMin,          // The least of them.
  kMax,          // The greatest of them.
};

struct Restoration {
  Restored as = Restored::kNothing;
  // With kValueBefore so that no two samples are further apart where none of the dropped ones were; with kSum, kMin and
  // kMax how long the windows are that will be looked at: of long ones fewer samples are enough.
  DurationMs window_ms = 0;
};

// REQUIRES: `content` is sorted and from one run. Clears `content.dropped`.
void Restore(const Restoration& how, ColumnContent& content);

}  // namespace vigia::storage
