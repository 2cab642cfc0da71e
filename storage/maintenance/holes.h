// Where a target's columns have nothing left between their bounds, as far as tombstones tell.
#pragma once

#include "storage/head/series_map.h"
#include "storage/maintenance/tombstones.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// Notes holes of a target whose columns came back from the catalog: the intervals of its tombstones, for the columns
// that have no sample there in runs that were written later, or in the head. REQUIRES: the target's write lock, or that
// nobody else uses it.
void RestoreHoles(SeriesMap& series, Target& target, const TombstoneSet& tombstones, const RunSet& runs);

}  // namespace vigia::storage
