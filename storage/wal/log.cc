#include "storage/wal/log.h"

#include <algorithm>
#include <mutex>
#include <string>

#include "storage/bytes/varint.h"

namespace vigia::storage {
namespace {

std::uint64_t FirstSeq(const Store& store, Family family) {
  std::uint64_t first = 0;
  const Status ignored = store.Scan(family, {}, {}, [&](std::string_view key, std::string_view) -> Status {
    first = ByteReader(key).Key<std::uint64_t>();
    return Error{Errc::kCancelled, "first key found"};
  });
  static_cast<void>(ignored);  // A real fault shows again in the scan proper.
  return first;
}

}  // namespace

Log::Log(Store& store, Registry& registry)
    : store_(store),
      truncations_(registry.AddCounter("prometheus_tsdb_wal_truncations_total",
                                       "Total number of write log truncations attempted.")),
      truncations_failed_(registry.AddCounter("prometheus_tsdb_wal_truncations_failed_total",
                                              "Total number of write log truncations that failed.")),
      corruptions_(
          registry.AddCounter("prometheus_tsdb_wal_corruptions_total", "Total number of write log corruptions.")),
      segment_(registry.AddGauge("prometheus_tsdb_wal_segment_current",
                                 "Write log generation that is currently written.")) {}

Status Log::Replay(const std::function<Status(std::uint64_t, std::uint32_t, std::string_view)>& each) {
  const std::uint64_t first[] = {FirstSeq(store_, Family::kWal0), FirstSeq(store_, Family::kWal1)};
  const bool both = first[0] != 0 && first[1] != 0;
  current_ = first[1] > first[0] ? 1 : 0;
  old_in_use_.store(both);
  current_start_ = std::max(first[0], first[1]);
  old_start_ = std::min(first[0], first[1]);
  generation_.store(both ? 2 : 1);
  segment_.Set(both ? 2 : 1);
  std::uint64_t last_seq = 0;
  std::uint64_t bytes = 0;
  const auto replay_family = [&](Family family, std::uint32_t generation) {
    bytes = 0;
    return store_.Scan(family, {}, {}, [&](std::string_view key, std::string_view frame) {
      last_seq = ByteReader(key).Key<std::uint64_t>();
      bytes += frame.size();
      Status status = each(last_seq, generation, frame);
      if (!status && status.error().code == Errc::kCorruption) corruptions_.Add();
      return status;
    });
  };
  if (both) {
    if (Status status = replay_family(OtherFamily(), 1); !status) return status;
  }
  Status status = replay_family(CurrentFamily(), generation());
  seq_.store(last_seq);
  current_bytes_.store(bytes);
  return status;
}

Status Log::Append(Batch& batch, std::uint64_t seq, std::string_view frame, WriteMode mode) {
  std::string key;
  PutKey(key, seq);
  batch.Put(CurrentFamily(), key, frame);
  Status status = store_.Write(batch, mode);
  if (!status) {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    return status;
  }
  current_bytes_.fetch_add(frame.size(), std::memory_order_relaxed);
  return {};
}

bool Log::Rotate() {
  if (old_in_use_.load()) return false;
  const std::unique_lock lock(rotation_);
  // With the rows of both families in one file, the file would stay until both are dropped. A failure costs that only.
  static_cast<void>(store_.StartLogFile());
  current_ = 1 - current_;
  old_start_ = current_start_;
  current_start_ = seq_.load() + 1;
  old_in_use_.store(true);
  epoch_.fetch_add(1);
  segment_.Set(generation_.fetch_add(1) + 1);
  current_bytes_.store(0);
  return true;
}

Status Log::Truncate() {
  if (!old_in_use_.load()) return {};
  truncations_.Add();
  // What replaced the frames must not be younger on the disk than their disappearance.
  Status status = store_.Sync();
  if (status) status = store_.Recreate(OtherFamily());
  if (!status) {
    truncations_failed_.Add();
    return status;
  }
  old_in_use_.store(false);
  static_cast<void>(store_.StartLogFile());  // The file of the dropped rows goes now, not at some later flush.
  return {};
}

}  // namespace vigia::storage
