#include "storage/tsdb/free_space.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace vigia::storage {
namespace {

constexpr DurationMs kIntervalMs = 1000;
// As much as the row log holds before all of its rows are sealed; of a small disk no more than a twentieth.
constexpr std::uint64_t kDefaultMark = 256u << 20;
constexpr std::uint64_t kDefaultShare = 20;
constexpr std::uint64_t kResumeShare = 16;  // Writes go on above the mark by so much of it, against flapping.

}  // namespace

Result<DiskSpace> MeasureDiskSpace(const std::string& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) {
    return Error{Errc::kIo, fmt::format("statvfs {}: {}", path, std::strerror(errno))};
  }
  return DiskSpace{std::uint64_t{info.f_bavail} * info.f_frsize, std::uint64_t{info.f_blocks} * info.f_frsize};
}

FreeSpaceGuard::FreeSpaceGuard(FreeSpaceDeps deps, Registry& registry)
    : deps_(std::move(deps)),
      free_(registry.AddGauge("vigia_storage_free_bytes", "Bytes that are free on the disk of the data folder.")),
      read_only_(registry.AddGauge("vigia_storage_read_only",
                                   "1 while samples are refused because the disk is nearly full, else 0.")),
      rejected_(registry.AddCounter("vigia_storage_samples_rejected_total",
                                    "Samples refused because the disk was nearly full.")),
      measured_ms_(deps_.clock()) {
  read_only_.Set(0);
}

std::uint64_t FreeSpaceGuard::MarkFor(const DiskSpace& space) const {
  if (deps_.min_free_bytes) return *deps_.min_free_bytes;
  return std::min(kDefaultMark, space.capacity_bytes / kDefaultShare);
}

void FreeSpaceGuard::Refresh() {
  const std::lock_guard lock(mu_);
  measured_ms_.store(deps_.clock(), std::memory_order_relaxed);
  const auto space = deps_.source(deps_.path);
  if (!space) {
    if (!std::exchange(failing_, true) && deps_.log) {
      deps_.log(LogLevel::kWarning, fmt::format("free space is not known: {}", space.error().what));
    }
    return;
  }
  failing_ = false;
  space_ = *space;
  mark_ = MarkFor(*space);
  free_.Set(static_cast<double>(space->free_bytes));
  const bool was = stopped();
  const bool stop = space->free_bytes < (was ? mark_ + mark_ / kResumeShare : mark_);
  if (stop == was) return;
  stopped_.store(stop, std::memory_order_release);
  read_only_.Set(stop ? 1 : 0);
  if (!deps_.log) return;
  deps_.log(stop ? LogLevel::kError : LogLevel::kInfo,
            fmt::format("{}: {} bytes are free in {}, the low-water mark is {}",
                        stop ? "writes are stopped" : "writes go on", space->free_bytes, deps_.path, mark_));
}

Status FreeSpaceGuard::Admit(std::size_t samples) {
  const TimestampMs now = deps_.clock();
  const TimestampMs measured = measured_ms_.load(std::memory_order_relaxed);
  if (now < measured || now - measured >= kIntervalMs) Refresh();
  if (!stopped()) return {};
  rejected_.Add(static_cast<double>(samples));
  const std::lock_guard lock(mu_);
  return Error{Errc::kUnavailable, fmt::format("writes are stopped: {} bytes are free in {}, the low-water mark is {}",
                                               space_.free_bytes, deps_.path, mark_)};
}

}  // namespace vigia::storage
