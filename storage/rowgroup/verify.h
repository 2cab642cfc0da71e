// Whether a row group can be read, all of it.
#pragma once

#include <string>

#include "storage/kv/store.h"
#include "storage/model/error.h"

namespace vigia::storage {

// Reads every column. No error for a key that does not exist.
Status VerifyRowGroup(const Store& store, const std::string& key);

}  // namespace vigia::storage
