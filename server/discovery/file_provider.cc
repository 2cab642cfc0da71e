#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "config/schema/config.h"
#include "server/discovery/provider.h"

namespace vigia::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr storage::DurationMs kPollMs = 2000;
constexpr std::streamsize kMaxFileBytes = 256 << 20;  // Of a target file; a larger one is an error.

// What a change of a file changes.
struct Stamp {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
  std::int64_t size = 0;
  std::uint64_t inode = 0;
  bool operator==(const Stamp&) const = default;
};

std::optional<Stamp> StampOf(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return Stamp{info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_size, info.st_ino};
}

storage::Result<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return storage::Error{storage::Errc::kIo, fmt::format("open {}: {}", path, std::strerror(errno))};
  if (in.tellg() > kMaxFileBytes) return storage::Error{storage::Errc::kLimit, fmt::format("{} is too large", path)};
  in.seekg(0);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

storage::Result<std::vector<TargetGroup>> ReadGroups(const std::string& path) {
  const auto text = ReadFile(path);
  if (!text) return text.error();
  const auto groups = config::ParseTargetGroups(*text, path);
  if (!groups) return groups.error();
  std::vector<TargetGroup> out;
  for (std::size_t i = 0; i < groups->size(); ++i) {
    out.push_back(
        MakeTargetGroup(fmt::format("{}:{}", path, i), (*groups)[i], storage::Labels{{"__meta_filepath", path}}));
  }
  return out;
}

class FileProvider final : public Provider {
 public:
  FileProvider(const config::FileSdConfig& config, const std::string& job, SdMetrics& metrics, Logger log)
      : config_(config),
        metrics_(metrics),
        log_(std::move(log)),
        failures_(metrics.RefreshFailures("file", job)),
        seconds_(metrics.RefreshSeconds("file", job)) {}

  ~FileProvider() override {
    for (const auto& [path, file] : files_) metrics_.RemoveFileMtimeSeconds(path);
  }

  boost::asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() override { co_return Scan(); }
  storage::DurationMs pause_ms() const override { return std::min(kPollMs, config_.refresh_interval_ms); }

 private:
  struct File {
    std::optional<Stamp> stamp;
    std::vector<TargetGroup> groups;
  };

  std::optional<std::vector<TargetGroup>> Scan() {
    const auto start = SteadyClock::now();
    const bool refresh = !refreshed_ || start - *refreshed_ >= std::chrono::milliseconds(config_.refresh_interval_ms);
    if (refresh) refreshed_ = start;
    const auto paths = config::ExpandGlobs(config_.files);
    if (!paths) {
      failures_.Add();
      log_.Error("Error expanding glob", {{"err", paths.error()}});
      return std::nullopt;
    }
    bool changed = !published_;
    std::map<std::string, File> before = std::exchange(files_, {});
    for (const std::string& path : *paths) {
      auto& file = files_.emplace(path, File{}).first->second;
      if (const auto old = before.find(path); old != before.end()) {
        file = std::move(old->second);
        before.erase(old);
      }
      changed = Read(path, refresh, file) || changed;
    }
    for (const auto& [path, file] : before) metrics_.RemoveFileMtimeSeconds(path);
    changed = changed || !before.empty();
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
    if (refresh || changed) {
      metrics_.file_scan_seconds.Observe(seconds);
      seconds_.Observe(seconds);
    }
    if (!changed) return std::nullopt;
    published_ = true;
    return AllGroups();
  }

  // True when the file's groups changed.
  bool Read(const std::string& path, bool refresh, File& file) {
    const std::optional<Stamp> stamp = StampOf(path);
    if (!refresh && stamp == file.stamp) return false;
    file.stamp = stamp;
    auto groups = ReadGroups(path);
    if (!groups) {
      metrics_.file_read_errors.Add();
      failures_.Add();
      log_.Error("Error reading file", {{"path", path}, {"err", groups.error()}});
      return false;
    }
    if (stamp) metrics_.FileMtimeSeconds(path).Set(static_cast<double>(stamp->seconds));
    if (*groups == file.groups) return false;
    file.groups = std::move(*groups);
    return true;
  }

  std::vector<TargetGroup> AllGroups() const {
    std::vector<TargetGroup> all;
    for (const auto& [path, file] : files_) all.insert(all.end(), file.groups.begin(), file.groups.end());
    return all;
  }

  const config::FileSdConfig config_;
  SdMetrics& metrics_;
  const Logger log_;
  storage::Counter& failures_;
  storage::Summary& seconds_;
  std::map<std::string, File> files_;
  std::optional<SteadyClock::time_point> refreshed_;
  bool published_ = false;
};

}  // namespace

std::unique_ptr<Provider> NewFileProvider(const config::FileSdConfig& config, const std::string& job,
                                          SdMetrics& metrics, Logger log) {
  return std::make_unique<FileProvider>(config, job, metrics, std::move(log));
}

}  // namespace vigia::server
