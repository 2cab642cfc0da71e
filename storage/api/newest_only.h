// What an Appender can be asked besides: to leave alone the past of series that others write, too.
#pragma once

#include "storage/api/appender.h"

namespace vigia::storage {

// Implemented beside Appender where an out-of-order window may be open. Storage that refuses all late samples has no
// need of it.
class NewestOnly {
 public:
  // Until it is called with false: a sample that is older than the newest one of its series is kOutOfOrder, however
  // wide the window. At Commit() the last word counts for the whole batch.
  virtual void SetNewestOnly(bool on) = 0;

 protected:
  ~NewestOnly() = default;
};

// The end of a series that somebody else may have gone on with is no late sample: it would be a hole in what lives on.
inline void SetNewestOnly(Appender& appender, bool on) {
  if (auto* const able = dynamic_cast<NewestOnly*>(&appender)) able->SetNewestOnly(on);
}

}  // namespace vigia::storage
