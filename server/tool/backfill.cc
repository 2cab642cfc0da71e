#include "server/tool/backfill.h"

#include <algorithm>
#include <filesystem>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "server/wire/target_labels.h"
#include "storage/inspect/place.h"
#include "storage/tsdb/data_folder.h"

namespace vigia::server {
namespace {

using storage::AppendOutcome;
using storage::Errc;
using storage::Error;
using storage::Status;

constexpr std::size_t kBatch = 20'000;  // Samples per commit.
constexpr storage::DurationMs kAnyAge = storage::DurationMs{1} << 54;

Error InUse(const std::string& folder) {
  return {Errc::kUnavailable,
          fmt::format("data folder {} is in use by a running server: stop it first, or send the samples to its "
                      "/api/v1/write",
                      folder)};
}

bool HasPrometheusData(const std::string& folder) {
  std::error_code none;
  return std::filesystem::exists(folder + "/chunks_head", none) && !std::filesystem::exists(folder + "/VERSION", none);
}

}  // namespace

storage::Result<std::unique_ptr<Backfill>> Backfill::Open(const std::string& folder, const ToolWorld& world) {
  if (HasPrometheusData(folder)) {
    return Error{Errc::kInvalid, fmt::format("{} is a data folder of Prometheus, not of this server", folder)};
  }
  // A server without a lock file is found by the lock of its database.
  const auto looked = storage::DataFolder::Look(folder);
  if (!looked && looked.error().code == Errc::kUnavailable) return InUse(folder);
  std::unique_ptr<Backfill> out(new Backfill());
  storage::TsdbOptions options;
  options.path = folder;
  options.background = false;
  options.out_of_order_window_ms = kAnyAge;
  options.leave_exemplars = true;
  if (world.clock) options.clock = world.clock;
  options.log = [&world](storage::LogLevel level, std::string_view text) {
    if (level == storage::LogLevel::kError) world.err << "vigiatool: " << text << "\n";
  };
  auto db = storage::Tsdb::Open(std::move(options), out->registry_);
  if (!db) return db.error().code == Errc::kUnavailable ? InUse(folder) : db.error();
  out->db_ = std::move(*db);
  return out;
}

Backfill::~Backfill() { resolver_.reset(); }

storage::Result<storage::SeriesRef> Backfill::Resolve(const storage::Labels& labels) {
  // As scraped series of that job and instance, or as pushed ones: they become one target with them.
  storage::Labels target = TargetLabelsOf(labels);
  if (resolver_ == nullptr || target != resolver_target_) {
    resolver_.reset();
    resolver_ = db_->NewAppender(target);
    resolver_target_ = std::move(target);
  }
  return resolver_->Resolve(labels);
}

void Backfill::Add(storage::SeriesRef ref, storage::TimestampMs t, double v) { waiting_.push_back({ref, t, v}); }

Status Backfill::Take(storage::Appender& appender, const Waiting& sample) {
  switch (appender.Append(sample.ref, sample.t, sample.v)) {
    case AppendOutcome::kAdded: break;
    case AppendOutcome::kSame: return {};
    case AppendOutcome::kDuplicate:
      if (conflicts_++ == 0) {
        first_conflict_ = fmt::format("{} at {}", db_->LabelsOf(sample.ref).ToString(), storage::TimeText(sample.t));
      }
      return {};
    case AppendOutcome::kOutOfOrder:
    case AppendOutcome::kTooOld:
    case AppendOutcome::kOutOfBounds:
    case AppendOutcome::kUnknownSeries:
      return Error{Errc::kInvalid,
                   fmt::format("storage refuses a sample of {} at {}", db_->LabelsOf(sample.ref).ToString(), sample.t)};
  }
  ++stored_;
  const auto day = static_cast<std::int32_t>(storage::UtcDay(sample.t));
  if (days_.empty() || *days_.rbegin() != day) days_.insert(day);
  return {};
}

Status Backfill::Flush() {
  std::stable_sort(waiting_.begin(), waiting_.end(), [](const Waiting& a, const Waiting& b) { return a.t < b.t; });
  const auto appender = db_->NewAppender({});
  std::size_t taken = 0;
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    // One time is not cut in two, or its rows would be.
    if (taken >= kBatch && waiting_[i].t != waiting_[i - 1].t) {
      if (Status status = appender->Commit(); !status) return status;
      taken = 0;
    }
    if (Status status = Take(*appender, waiting_[i]); !status) return status;
    ++taken;
  }
  if (Status status = appender->Commit(); !status) return status;
  waiting_.clear();
  return {};
}

Status Backfill::Finish() {
  resolver_.reset();
  const Status status = db_->RunMaintenance(storage::Tsdb::Maintenance::kEverything);
  const Status closed = db_->Close();
  db_.reset();
  return status ? closed : status;
}

}  // namespace vigia::server
