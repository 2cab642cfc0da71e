// The unsealed rows of one target: a few packed tiles and the newest rows. One writer at a time, readers by snapshot.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "storage/head/column.h"
#include "storage/head/rows.h"
#include "storage/sync/pins.h"
#include "storage/sync/stable_vector.h"

namespace vigia::storage {

// What one reader sees of a target; does not change any more and keeps itself alive.
struct TargetSnapshot {
  std::vector<std::shared_ptr<const HeadTile>> tiles;  // In the order in which they were written.
  std::shared_ptr<const Staging> staging;
  std::size_t staged = 0;  // Rows of `staging` that belong to the snapshot.
  bool empty() const { return tiles.empty() && staged == 0; }
};

// The samples of one column, in the order in which they were written; times need not ascend.
struct ColumnSamples {
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<TimestampMs> histogram_t;
  std::vector<HistogramPtr> h;
  // Start timestamps: as many as there are samples up to the last known one, 0 is unknown.
  std::vector<TimestampMs> starts;
  std::vector<TimestampMs> histogram_starts;
  bool in_all_rows = true;  // The column has a float at every time that its target has in the range.
};

// Appends what the snapshot holds of `column` within from..to.
Status ReadColumn(const TargetSnapshot& snapshot, std::uint32_t column, TimestampMs from, TimestampMs to,
                  ColumnSamples& out);

// Times within the bounds of some columns at which these have no sample: what a delete left.
struct Hole {
  TimestampMs from = 0;  // Both ends belong to it.
  TimestampMs to = 0;
  std::vector<std::uint32_t> columns;  // Ascending.
};

class Target {
 public:
  // `head_bytes` is the sum of bytes() of all targets.
  Target(TargetId id, std::atomic<std::size_t>& head_bytes) : id_(id), head_bytes_(head_bytes) {
    Wake(std::make_unique<Columns>());
  }
  TargetId id() const { return id_; }

  // Serialises writers and sealing. Order: several targets by ascending id; then Head's lock; then mu_.
  std::mutex& write_mutex() { return write_mu_; }

  using Columns = StableVector<Column>;
  // Grown under SeriesMap's lock. Without any while the target sleeps. Columns stay readable for those who took a pin
  // before they were put to sleep, and as long as write_mutex() is held.
  Columns& columns() const { return *shown_.load(std::memory_order_acquire); }

  // A target that nobody uses sleeps: its columns are in the catalog alone (storage/README.md, "Sleeping targets").
  // Changed with write_mutex() and SeriesMap's lock held, so each of both is enough to rely on it.
  bool asleep() const { return asleep_.load(std::memory_order_acquire); }
  // Of its samples, about, and how many columns it had: for one that sleeps. Guarded by SeriesMap's lock.
  struct Asleep {
    TimestampMs first_t = kNoTime;  // kNoTime: there are none.
    TimestampMs last_t = kNoTime;
    std::uint32_t columns = 0;
  };
  const Asleep& sleep() const { return sleep_; }
  // Takes its columns away, or gives them back. REQUIRES: write_mutex() and SeriesMap's lock.
  std::unique_ptr<Columns> Sleep(const Asleep& sleep);
  void Wake(std::unique_ptr<Columns> columns);

  // When rows were written or somebody asked for the series, about.
  TimestampMs used_ms() const { return used_ms_.load(std::memory_order_relaxed); }
  void Use(TimestampMs now_ms) {
    if (used_ms() < now_ms) used_ms_.store(now_ms, std::memory_order_relaxed);
  }

  TargetSnapshot Snapshot() const;

  // The following REQUIRE write_mutex().

  // A number for the batch that is about to change columns; another one than the last batch had, never 0.
  std::uint32_t StartBatch() { return ++batches_ == 0 ? ++batches_ : batches_; }

  // Either some rows that still fit beside the staged ones, or tiles that take their place.
  struct Prepared {
    std::vector<Row> rows;
    std::vector<std::shared_ptr<const HeadTile>> tiles;
    std::shared_ptr<Staging> staging;  // A fresh one when the present one is full or missing, else null.
    std::size_t count = 0;
    std::size_t samples = 0;
    void Clear() {  // Keeps the memory of the vectors.
      rows.clear();
      tiles.clear();
      staging.reset();
      count = 0;
      samples = 0;
    }
  };
  // Does the work that readers need not wait for. `rows` ascend in time. REQUIRES: `out` is empty.
  void Prepare(const std::vector<FrameRow>& rows, Prepared& out);
  // Shows the rows to readers; nothing can fail any more. `now_ms` is when, `generation` where in the log they are.
  // Takes what is in `prepared`, which has to be cleared before it is used again.
  void Publish(Prepared& prepared, std::uint64_t seq, std::uint32_t generation, TimestampMs now_ms);

  struct Unsealed {
    std::size_t rows = 0;
    std::size_t samples = 0;              // In them, about: deletes do not count.
    std::uint32_t oldest_generation = 0;  // Of the log; 0 when there are no rows.
    TimestampMs since_ms = 0;             // When the oldest row was written.
    std::uint64_t last_seq = 0;           // Frame of the newest row ever written.
  };
  Unsealed unsealed() const;
  // That had a float since the last Freeze(), about; looks at all columns.
  std::size_t CountActiveColumns() const;
  // At start: the log holds a frame of this target, whose rows may be at rest.
  void NoteLogged(std::uint64_t seq) { unsealed_.last_seq = std::max(unsealed_.last_seq, seq); }
  // Packs all rows into tiles and returns them; they stay visible and unsealed until Release() says that they are at
  // rest. No value builds upon the frames of these rows any more: the next frame begins anew.
  std::vector<std::shared_ptr<const HeadTile>> Freeze();
  // Other tiles for those that Freeze() has just returned. Without tiles nothing is unsealed any more.
  void ReplaceTiles(std::vector<std::shared_ptr<const HeadTile>> tiles);
  // Forgets the first `count` tiles: those that the last Freeze() returned.
  void Release(std::size_t count);
  // The next frame of the target has to say that it begins anew. Until Publish().
  bool begins_anew() const { return begins_anew_; }
  bool was_sealed() const { return was_sealed_; }  // Since the process began.

  // Columns that are removed and still name a series. REQUIRES: write_mutex() or SeriesMap's lock; both to change it.
  std::uint32_t removed = 0;
  // As `removed`. Not all that there are: label queries list some series too many then.
  std::vector<Hole> holes;
  // When all are gone who looked at the target before maintenance did. Null: it did not look. Guarded by write_mutex().
  Pins::Passed looked;

  // Memory of the unsealed rows, about.
  std::size_t bytes() const { return tile_bytes_ + staged_bytes_; }

 private:
  const TargetId id_;
  std::atomic<std::size_t>& head_bytes_;
  std::mutex write_mu_;
  std::unique_ptr<Columns> columns_;  // Guarded as asleep().
  std::atomic<Columns*> shown_{nullptr};
  std::atomic<bool> asleep_{false};
  Asleep sleep_;
  std::atomic<TimestampMs> used_ms_{kNoTime};
  std::uint32_t batches_ = 0;   // Guarded by write_mu_.
  Unsealed frozen_;             // Guarded by write_mu_: up to the last Freeze().
  Unsealed unsealed_;           // Guarded by write_mu_: since then.
  std::size_t tile_bytes_ = 0;  // Guarded by write_mu_, as is the next one.
  std::size_t staged_bytes_ = 0;
  bool was_sealed_ = false;   // Guarded by write_mu_, as is the next one.
  bool begins_anew_ = false;  // No column has an epoch then.

  // The writer changes these with both locks held, so it may read them with write_mu_ alone.
  mutable std::mutex mu_;
  std::vector<std::shared_ptr<const HeadTile>> tiles_;
  std::shared_ptr<Staging> staging_;
  std::size_t staged_ = 0;
};

}  // namespace vigia::storage
