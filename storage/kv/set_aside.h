// Damaged table files: found when the database does not open, moved out of it so that it does.
#pragma once

#include <string>
#include <vector>

#include "storage/kv/store.h"
#include "storage/model/error.h"

namespace vigia::storage {

// Gives a damaged file a second name (or a copy) in `folder`, under which it stays when the database forgets it. The
// new path, "" when there is no such file or no folder.
Result<std::string> KeepAside(const std::string& path, const std::string& folder);

// Looks for table files that cannot be opened, puts a hard link (or a copy) of each into `options.quarantine_path`, and
// takes them out of the database: files of kData alone, of families that IsSalvageable() with the family's other
// damage, of the row log with all that comes after them (CutDamagedLog()). Nothing else is changed. Fails, without any
// change, when a file of another family is unreadable or when the links cannot be made: the text names the file. Empty
// when all files can be opened. REQUIRES: the database is not open.
Result<std::vector<DamagedFile>> SetAsideUnreadableFiles(const StoreOptions& options);

}  // namespace vigia::storage
