// Series of local storage and of remotes as one selection. Internal to the room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/reader/series_read.h"
#include "storage/api/querier.h"

namespace vigia::server {

// Local series come first. `series` may hold a series several times: of samples at one time the first counts, and the
// local one before all. At most `limit` series, 0 = all.
std::unique_ptr<storage::Selection> JoinSelections(std::unique_ptr<storage::Selection> local,
                                                   std::vector<SeriesRead> series, std::vector<std::string> warnings,
                                                   std::uint64_t limit);

}  // namespace vigia::server
