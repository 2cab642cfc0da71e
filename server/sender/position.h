// Where a remote stands, on disk: no stored sample before this time still has to be delivered to it.
#pragma once

#include <mutex>
#include <string>

#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// One line of text, "vigia-remote-write 1 <time in ms>", overwritten in place. It survives a killed process; after a
// power failure it may be older than it was, and then more is sent again. Thread-safe.
class Position {
 public:
  Position() = default;
  ~Position();
  Position(const Position&) = delete;
  Position& operator=(const Position&) = delete;

  // Opens the file, or creates it: then nothing is pending (kMaxTimestampMs). kCorruption for a file with something
  // else in it: it is open then and will be written over. kIo. Until then the position is kept in memory only.
  storage::Status Open(const std::string& path);

  storage::TimestampMs value() const;
  // To an earlier time at once, for what is about to be stored.
  void Lower(storage::TimestampMs t);
  // To what `oldest()` says, asked under the lock that Lower() takes: a Lower() never gets lost.
  template <class Oldest>
  void Update(const Oldest& oldest) {
    const std::lock_guard lock(mu_);
    const storage::TimestampMs t = oldest();
    if (t != value_) Write(t);
  }
  // Writes that failed; the position on disk may be too late then.
  std::size_t failures() const;

 private:
  void Write(storage::TimestampMs t);

  mutable std::mutex mu_;
  int fd_ = -1;
  storage::TimestampMs value_ = storage::kMaxTimestampMs;
  std::size_t failures_ = 0;
};

}  // namespace vigia::server
