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
};

// Everything in maps: the slow and obvious twin of the real storage, to tell apart whose fault a failure is.
std::unique_ptr<TestStorage> NewMemoryStorage();

}  // namespace vigia::promqltest
