// The families of the row log, of which a table file is damaged: they end in front of the damage from then on.
#pragma once

#include <memory>
#include <vector>

#include <rocksdb/cache.h>

#include "storage/kv/open_database.h"
#include "storage/kv/store.h"
#include "storage/model/error.h"

namespace vigia::storage {

constexpr bool IsRowLog(Family family) { return family == Family::kWal0 || family == Family::kWal1; }

// Reads all table files of both families. When none is damaged, nothing changes and the result is empty. Else what a
// damaged family has in front of its first damaged key moves to the other one, and the family begins anew. Its files
// that have more than that get a second name in `options.quarantine_path`: they are the result. When the process ends
// meanwhile, a later call does the same. kCorruption, and no change, without a quarantine. REQUIRES: nobody else uses
// the families; what a family has was put into it in the order of the keys, all of one family before that of the other.
Result<std::vector<DamagedFile>> CutDamagedLog(OpenedDatabase& opened, const StoreOptions& options,
                                               const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace vigia::storage
