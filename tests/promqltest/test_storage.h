// The storage that cases run on.
#pragma once

#include <memory>
#include <string_view>

#include "storage/api/appender.h"
#include "storage/api/querier.h"
#include "storage/model/error.h"

namespace vigia::promqltest {

class TestStorage {
 public:
  virtual ~TestStorage() = default;
  virtual storage::Appendable& appendable() = 0;
  virtual const storage::Queryable& queryable() const = 0;
  // After each load.
  virtual storage::Status Settle() { return {}; }
};

// Everything in maps: the slow and obvious twin of the real storage, to tell apart whose fault a failure is.
std::unique_ptr<TestStorage> NewMemoryStorage();

// The real storage in a folder of its own, which is removed in the end. When `sealed`, Settle() moves everything out of
// the head into sealed row groups, so that queries read those.
storage::Result<std::unique_ptr<TestStorage>> NewTsdbStorage(bool sealed);

}  // namespace vigia::promqltest
