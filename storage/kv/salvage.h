// Families of which the server can do without a part: what can be read of their damaged table files is kept.
#pragma once

#include <memory>
#include <vector>

#include <rocksdb/cache.h>

#include "storage/kv/open_database.h"
#include "storage/kv/store.h"
#include "storage/model/error.h"

namespace vigia::storage {

constexpr bool IsSalvageable(Family family) { return family == Family::kExemplars || family == Family::kState; }

// Forgets all content of a family; its handle is replaced. After a failure the family may be gone, and cannot be used:
// call it again. REQUIRES: nobody else uses the family.
Status RecreateFamily(OpenedDatabase& opened, Family family, const std::shared_ptr<rocksdb::Cache>& cache);

// Reads all table files of the family. When none is damaged, nothing changes and the result is empty. Else the damaged
// ones get a second name in `options.quarantine_path`, and the family begins anew with what could be read, damaged
// files' good blocks included; its handle is replaced. REQUIRES: IsSalvageable(), nobody else uses the family.
Result<std::vector<DamagedFile>> SalvageFamily(OpenedDatabase& opened, Family family, const StoreOptions& options,
                                               const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace vigia::storage
