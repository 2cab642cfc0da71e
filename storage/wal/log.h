// The row log: frames in two column families that take turns, so that dropping one is an exact truncation. See
// storage/README.md, "Row log".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <vector>

#include "storage/kv/store.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::storage {

class Log {
 public:
  // Does not read anything yet. `store` must outlive the log.
  Log(Store& store, Registry& registry);

  // Calls `each` for all frames of the log in the order in which they were committed. Call once, before anything else;
  // `generation` is the one of the frame's rows, see Target::unsealed(). A frame that `each` refuses with kCorruption
  // ends the replay with that error. A family with a damaged file ends in front of the damage, from then on: what comes
  // after it may build upon what is lost. The other family does not, and is replayed.
  using Each = std::function<Status(std::uint64_t seq, std::uint32_t generation, std::string_view frame)>;
  Status Replay(const Each& each);
  // The files of which Replay() lost a part, or all; they are kept in the quarantine, but for a store that is open for
  // reading only.
  const std::vector<DamagedFile>& damaged_files() const { return damaged_files_; }

  // Held from the moment a batch looks at epoch() and generation() until its frame is written. Many at once.
  class Entry {
   public:
    explicit Entry(Log& log) : lock_(log.rotation_) {}

   private:
    std::shared_lock<std::shared_mutex> lock_;
  };
  // Held while nothing may be committed.
  class Standstill {
   public:
    explicit Standstill(Log& log) : lock_(log.rotation_) {}

   private:
    std::unique_lock<std::shared_mutex> lock_;
  };
  std::uint32_t epoch() const { return epoch_.load(std::memory_order_acquire); }
  std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }
  // After Replay(): numbers go on behind the newest ones that were seen, in the log or elsewhere.
  void StartAfter(std::uint64_t seq, std::uint32_t epoch) {
    if (seq > seq_.load()) seq_.store(seq);
    if (current_start_ == 0) current_start_ = seq_.load() + 1;  // The log was empty.
    epoch_.store(epoch + 1, std::memory_order_release);
  }

  // Number of a new frame. Ascending in the order of the calls.
  std::uint64_t NextSeq() { return seq_.fetch_add(1, std::memory_order_relaxed) + 1; }
  // Puts the frame into `batch` and writes the batch. REQUIRES: an Entry is held. After a failure the log may or may
  // not hold the frame; what is written later does not build upon it (a new epoch begins).
  Status Append(Batch& batch, std::uint64_t seq, std::string_view frame, WriteMode mode);

  // Bytes of frames in the generation that is being written.
  std::uint64_t current_bytes() const { return current_bytes_.load(std::memory_order_relaxed); }
  // Lets the other family take over. False when that one still holds frames. From one thread only, as is Truncate().
  bool Rotate();
  // Forgets the frames of the generation before the current one. REQUIRES: their rows are at rest elsewhere.
  Status Truncate();
  // Frames with smaller numbers are not in the log any more. From the thread that rotates and truncates.
  std::uint64_t oldest_seq() const { return old_in_use_.load() ? old_start_ : current_start_; }
  bool has_old_generation() const { return old_in_use_.load(std::memory_order_acquire); }

 private:
  Family CurrentFamily() const { return current_ == 0 ? Family::kWal0 : Family::kWal1; }
  Family OtherFamily() const { return current_ == 0 ? Family::kWal1 : Family::kWal0; }
  Status FindGenerations();
  Result<std::uint64_t> FirstSeq(Family family);
  Status ReplayFamily(Family family, std::uint32_t generation, const Each& each);
  Status ReplayFamilies(const Each& each);
  Status CutDamaged(const Error& found);
  Status PassOver(Family family, const Error& found);

  Store& store_;
  Counter& truncations_;
  Counter& truncations_failed_;
  Counter& corruptions_;
  Gauge& segment_;
  std::shared_mutex rotation_;
  int current_ = 0;                  // Written with rotation_ held exclusively, read with it shared.
  std::uint64_t current_start_ = 1;  // Every frame of the generation has this number or a greater one.
  std::uint64_t old_start_ = 1;
  std::atomic<bool> old_in_use_{false};
  std::atomic<std::uint32_t> epoch_{1};
  std::atomic<std::uint32_t> generation_{1};
  std::atomic<std::uint64_t> seq_{0};
  std::atomic<std::uint64_t> current_bytes_{0};
  std::vector<DamagedFile> damaged_files_;  // Changed by Replay() only, as is the next one.
  bool refused_ = false;                    // The one who replays did not take the last frame.
};

}  // namespace vigia::storage
