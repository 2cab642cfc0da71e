#include "storage/wal/log.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include "storage/bytes/varint.h"

namespace vigia::storage {
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

Status Log::Replay(const Each& each) {
  Status status = ReplayFamilies(each);
  if (status || refused_ || status.error().code != Errc::kCorruption || store_.read_only()) return status;
  if (status = CutDamaged(status.error()); !status) return status;
  return ReplayFamilies(each);  // From where it stopped: one family has all that is left.
}

Status Log::CutDamaged(const Error& found) {
  auto files = store_.CutDamagedLog();
  if (!files) return files.error();
  if (files->empty()) return found;  // The files are in order.
  damaged_files_ = std::move(*files);
  corruptions_.Add();
  return {};
}

// Who only reads goes without the rest of a damaged family.
Status Log::PassOver(Family family, const Error& found) {
  if (found.code != Errc::kCorruption || !store_.read_only()) return found;
  if (std::any_of(damaged_files_.begin(), damaged_files_.end(), [&](const auto& f) { return f.family == family; })) {
    return {};
  }
  corruptions_.Add();
  damaged_files_.push_back({family, {}, {}, {}, found.what});
  return {};
}

// 0 when there is none.
Result<std::uint64_t> Log::FirstSeq(Family family) {
  std::uint64_t first = 0;
  const Status status = store_.Scan(family, {}, {}, [&](std::string_view key, std::string_view) -> Status {
    first = ByteReader(key).Key<std::uint64_t>();
    return Error{Errc::kCancelled, "first key found"};
  });
  if (status || status.error().code == Errc::kCancelled) return first;
  if (const Status passed = PassOver(family, status.error()); !passed) return passed.error();
  return first;
}

Status Log::FindGenerations() {
  const auto first0 = FirstSeq(Family::kWal0);
  if (!first0) return first0.error();
  const auto first1 = FirstSeq(Family::kWal1);
  if (!first1) return first1.error();
  const bool both = *first0 != 0 && *first1 != 0;
  current_ = *first1 > *first0 ? 1 : 0;
  old_in_use_.store(both);
  current_start_ = std::max(*first0, *first1);
  old_start_ = std::min(*first0, *first1);
  generation_.store(std::max<std::uint32_t>(generation_.load(), both ? 2 : 1));  // Frames may have got it before.
  segment_.Set(generation_.load());
  return {};
}

// Those frames that come after the newest one that was seen.
Status Log::ReplayFamily(Family family, std::uint32_t generation, const Each& each) {
  std::string begin;
  PutKey(begin, seq_.load() + 1);
  Status status = store_.Scan(family, begin, {}, [&](std::string_view key, std::string_view frame) {
    const auto seq = ByteReader(key).Key<std::uint64_t>();
    Status taken = each(seq, generation, frame);
    if (taken) {
      seq_.store(seq);
      current_bytes_.fetch_add(frame.size());
      return taken;
    }
    refused_ = true;
    if (taken.error().code == Errc::kCorruption) corruptions_.Add();
    return taken;
  });
  return status || refused_ ? status : PassOver(family, status.error());
}

Status Log::ReplayFamilies(const Each& each) {
  Status status = FindGenerations();
  if (status && old_in_use_.load()) {
    status = ReplayFamily(OtherFamily(), 1, each);
    if (status) current_bytes_.store(0);
  }
  return status ? ReplayFamily(CurrentFamily(), generation(), each) : status;
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
