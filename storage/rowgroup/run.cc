#include "storage/rowgroup/run.h"

#include <algorithm>
#include <cassert>

#include "storage/bytes/varint.h"
#include "storage/bytes/wrapping.h"
#include "storage/model/format_version.h"

namespace vigia::storage {
namespace {

constexpr char kRunTag = 'r';
constexpr std::uint8_t kRunVersion = 1;
constexpr std::uint8_t kRunVersionDownsampled = 2;  // Some columns are.
constexpr std::uint8_t kRunVersionAnew = 3;         // As 2; and every target says whether its next frame begins anew.

// Flipping the sign bit makes negative days sort before positive ones.
std::uint32_t Biased(std::int32_t day) { return static_cast<std::uint32_t>(day) ^ 0x80000000u; }

std::string RunPrefix(std::int32_t day, std::uint8_t tier, std::uint64_t id) {
  std::string key;
  PutKey(key, Biased(day));
  PutKey(key, tier);
  PutKey(key, id);
  return key;
}

void PutTarget(std::string& out, const RunTarget& target, std::uint32_t last, TimestampMs base, std::uint8_t version) {
  PutVarint(out, target.target - last);
  PutVarint(out, version < kRunVersionAnew ? target.sealed_seq : target.sealed_seq << 1 | (target.next_anew ? 1 : 0));
  PutZigZag(out, target.min_t - base);
  PutZigZag(out, target.max_t - target.min_t);
  PutVarint(out, target.chunk_starts.size());
  TimestampMs start = target.min_t;
  for (const TimestampMs t : target.chunk_starts) {
    PutZigZag(out, t - start);
    start = t;
  }
  PutRanges(out, target.columns);
  if (version < kRunVersionDownsampled) return;
  PutVarint(out, target.downsampled.size());
  for (const DownsampledColumns& part : target.downsampled) {
    PutVarint(out, static_cast<std::uint64_t>(part.resolution_ms));
    PutRanges(out, part.columns);
  }
}

bool GetDownsampled(ByteReader& in, std::vector<DownsampledColumns>& out) {
  const std::uint64_t parts = in.Varint();
  if (parts > in.left()) return false;
  for (std::uint64_t i = 0; i < parts; ++i) {
    const std::uint64_t resolution = in.Varint();
    if (resolution == 0 || resolution > std::uint64_t{kDayMs}) return false;
    out.push_back({static_cast<DurationMs>(resolution), {}});
    if (!GetRanges(in, out.back().columns)) return false;
  }
  return in.ok();
}

// Times of samples: differences of two of them cannot overflow.
bool IsTime(TimestampMs t) { return kMinTimestampMs <= t && t <= kMaxTimestampMs; }

bool GetTime(ByteReader& in, TimestampMs base, TimestampMs* t) {
  *t = WrappingPlus(base, in.ZigZagVarint());
  return IsTime(*t);
}

bool GetTarget(ByteReader& in, std::uint32_t last, TimestampMs base, std::uint8_t version, RunTarget& target) {
  const std::uint64_t step = in.Varint();
  if (step == 0 || step > UINT32_MAX - last) return false;
  target.target = last + static_cast<std::uint32_t>(step);
  target.sealed_seq = in.Varint();
  if (version >= kRunVersionAnew) {
    target.next_anew = (target.sealed_seq & 1) != 0;
    target.sealed_seq >>= 1;
  }
  if (!GetTime(in, base, &target.min_t) || !GetTime(in, target.min_t, &target.max_t)) return false;
  const std::uint64_t chunks = in.Varint();
  if (chunks > in.left()) return false;
  TimestampMs start = target.min_t;
  for (std::uint64_t i = 0; i < chunks; ++i) {
    if (!GetTime(in, start, &start)) return false;
    target.chunk_starts.push_back(start);
  }
  if (!GetRanges(in, target.columns) || !in.ok()) return false;
  return version < kRunVersionDownsampled || GetDownsampled(in, target.downsampled);
}

}  // namespace

void ColumnRanges::Add(std::uint32_t column) {
  if (!ranges_.empty() && column < ranges_.back().second) return;
  if (!ranges_.empty() && ranges_.back().second == column) {
    ++ranges_.back().second;
  } else {
    ranges_.emplace_back(column, column + 1);
  }
}

bool ColumnRanges::Contains(std::uint32_t column) const {
  const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), column,
                                     [](std::uint32_t wanted, const auto& range) { return wanted < range.first; });
  return next != ranges_.begin() && column < std::prev(next)->second;
}

bool ColumnRanges::Overlaps(const ColumnRanges& other) const {
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    if (a->first < b->second && b->first < a->second) return true;
    a->second <= b->second ? ++a : ++b;
  }
  return false;
}

void PutRanges(std::string& out, const ColumnRanges& columns) {
  PutVarint(out, columns.ranges().size());
  std::uint32_t end = 0;
  for (const auto& [first, next] : columns.ranges()) {
    PutVarint(out, first - end);
    PutVarint(out, next - first);
    end = next;
  }
}

bool GetRanges(ByteReader& in, ColumnRanges& columns) {
  const std::uint64_t ranges = in.Varint();
  if (ranges > in.left()) return false;
  std::uint64_t end = 0;
  for (std::uint64_t i = 0; i < ranges; ++i) {
    const std::uint64_t start = in.Varint();
    const std::uint64_t length = in.Varint();
    if (length == 0 || start > UINT32_MAX || length > UINT32_MAX || end + start + length > UINT32_MAX) return false;
    const std::uint64_t first = end + start;
    end = first + length;
    columns.AddRange(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end));
  }
  return in.ok();
}

DurationMs RunTarget::ResolutionOf(std::uint32_t column) const {
  for (const DownsampledColumns& part : downsampled) {
    if (part.columns.Contains(column)) return part.resolution_ms;
  }
  return 0;
}

const RunTarget* Run::Find(std::uint32_t target) const {
  const auto at = std::lower_bound(targets.begin(), targets.end(), target,
                                   [](const RunTarget& entry, std::uint32_t wanted) { return entry.target < wanted; });
  return at == targets.end() || at->target != target ? nullptr : &*at;
}

std::string GroupKey(const Run& run, std::uint32_t target, std::uint32_t page, std::uint32_t chunk) {
  std::string key = RunPrefix(run.day, run.tier, run.id);
  PutKey(key, target);
  PutKey(key, page);
  PutKey(key, chunk);
  return key;
}

std::pair<std::string, std::string> RunKeyRange(std::int32_t day, std::uint8_t tier, std::uint64_t id) {
  return {RunPrefix(day, tier, id), RunPrefix(day, tier, id + 1)};
}

std::string RunRecordKey(const Run& run) { return kRunTag + RunPrefix(run.day, run.tier, run.id); }

std::pair<std::string, std::string> RunRecordRange() {
  return {std::string(1, kRunTag), std::string(1, static_cast<char>(kRunTag + 1))};
}

std::string EncodeRun(const Run& run) {
  assert(!run.targets.empty() && run.min_t <= run.max_t);
  std::uint8_t version = kRunVersion;
  for (const RunTarget& target : run.targets) {
    if (!target.downsampled.empty()) version = std::max(version, kRunVersionDownsampled);
    if (target.next_anew) version = kRunVersionAnew;
  }
  std::string out;
  out.push_back(static_cast<char>(version));
  PutVarint(out, run.bytes);
  PutVarint(out, run.samples);
  PutZigZag(out, run.min_t);
  PutZigZag(out, run.max_t);
  PutVarint(out, run.targets.size());
  std::uint32_t last = 0;
  for (const RunTarget& target : run.targets) {
    PutTarget(out, target, last, run.min_t, version);
    last = target.target;
  }
  return out;
}

Result<Run> DecodeRun(std::string_view key, std::string_view value) {
  const Error damaged{Errc::kCorruption, "catalog: damaged run"};
  ByteReader in_key(key.substr(std::min<std::size_t>(1, key.size())));
  Run run;
  run.day = static_cast<std::int32_t>(in_key.Key<std::uint32_t>() ^ 0x80000000u);
  run.tier = in_key.Key<std::uint8_t>();
  run.id = in_key.Key<std::uint64_t>();
  ByteReader in(value);
  const std::uint8_t version = in.Byte();
  if (IsNewerVersion(version, kRunVersionAnew)) return WrittenByNewer("catalog: run", version, kRunVersionAnew);
  if (version == 0 || version > kRunVersionAnew || !in_key.ok() || in_key.left() != 0) return damaged;
  run.bytes = in.Varint();
  run.samples = in.Varint();
  run.min_t = in.ZigZagVarint();
  run.max_t = in.ZigZagVarint();
  const std::uint64_t targets = in.Varint();
  if (targets == 0 || targets > in.left() || run.min_t > run.max_t || !IsTime(run.min_t) || !IsTime(run.max_t))
    return damaged;
  std::uint32_t last = 0;
  for (std::uint64_t i = 0; i < targets; ++i) {
    if (!GetTarget(in, last, run.min_t, version, run.targets.emplace_back())) return damaged;
    last = run.targets.back().target;
  }
  if (!in.ok() || in.left() != 0) return damaged;
  return run;
}

}  // namespace vigia::storage
