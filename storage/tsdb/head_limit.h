// Bounds the memory of unsealed rows: writers that are faster than sealing wait for it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>

#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::storage {

struct HeadLimitDeps {
  std::function<std::size_t()> held;  // Bytes of unsealed rows.
  std::function<std::size_t()> mark;  // Above it sealing begins, above twice of it writers wait.
  // Brings the head below the mark, or sees that somebody else does: then `asynchronous`.
  std::function<Status()> seal;
  bool asynchronous = false;
};

// Thread-safe.
class HeadLimit {
 public:
  HeadLimit(HeadLimitDeps deps, Registry& registry);

  // Call before a batch is committed, without locks. kUnavailable when the head stays full for kPatienceSeconds or
  // cannot be sealed.
  Status Admit();
  bool exceeded() const { return deps_.held() > deps_.mark(); }
  // Something was sealed.
  void Relieved();

  static constexpr int kPatienceSeconds = 30;

 private:
  bool full() const { return deps_.held() / 2 > deps_.mark(); }

  const HeadLimitDeps deps_;
  Counter& waits_;
  Counter& refused_;
  std::mutex mu_;
  std::condition_variable relieved_;
};

}  // namespace vigia::storage
