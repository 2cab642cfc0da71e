#include "server/sender/manager.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

namespace vigia::server {
namespace {

// A reload waits no longer than that for requests under way: what they bring is not lost, at most sent twice.
constexpr storage::DurationMs kReloadFlushMs = 5'000;

constexpr std::chrono::seconds kLongestCommit{10};

std::string HexHash(const std::string& text) { return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size())); }

}  // namespace

// One commit, as the remotes of its beginning see it.
class RemoteWriteSender::Watch final : public storage::CommitWatch {
 public:
  Watch(IncomingMetrics& incoming, const std::vector<Entry>& entries, storage::TimestampMs oldest_ms)
      : incoming_(incoming) {
    for (const Entry& entry : entries) pending_.emplace_back(entry.queue, entry.queue->Expect(oldest_ms));
  }
  void Committed(storage::CommittedBatch batch) override {
    incoming_.Count(batch);
    const auto shared = std::make_shared<const storage::CommittedBatch>(std::move(batch));
    for (auto& [queue, ticket] : pending_) queue->Take(shared, std::move(ticket));
  }

 private:
  IncomingMetrics& incoming_;
  // A ticket belongs to its queue, and goes first.
  std::vector<std::pair<std::shared_ptr<RemoteQueue>, PendingTimes::TicketPtr>> pending_;
};

RemoteWriteSender::~RemoteWriteSender() { Stop(); }

std::unique_ptr<storage::CommitWatch> RemoteWriteSender::WillCommit(storage::TimestampMs oldest_ms) {
  if (!any_.load(std::memory_order_acquire)) return nullptr;
  const std::shared_lock lock(queues_mu_);
  return std::make_unique<Watch>(incoming_, entries_, oldest_ms);
}

std::string RemoteWriteSender::PositionPath(const std::string& identity) const {
  return deps_.folder + "/" + HexHash(identity);
}

storage::Status RemoteWriteSender::MakeFolder() const {
  std::error_code error;
  std::filesystem::create_directories(deps_.folder, error);
  if (!error) return {};
  return storage::Error{storage::Errc::kIo, fmt::format("{}: {}", deps_.folder, error.message())};
}

// Positions of remotes that are not in the configuration any more: one that comes back begins anew.
void RemoteWriteSender::ForgetOthers() const {
  std::set<std::string> keep;
  for (const Entry& entry : entries_) keep.insert(HexHash(entry.identity));
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(deps_.folder, error)) {
    std::error_code not_removed;  // It is tried again at the next reload.
    if (!keep.contains(file.path().filename().string())) std::filesystem::remove(file.path(), not_removed);
  }
}

storage::Result<RemoteWriteSender::Entry> RemoteWriteSender::Make(const config::RemoteWriteConfig& remote,
                                                                  const storage::Labels& external_labels,
                                                                  const std::string& identity,
                                                                  const Entry* replaced) const {
  const std::string url = config::RedactedUrl(remote.url);
  auto transport = deps_.transport(remote);
  if (transport.has_error()) return storage::Prefixed(transport.error(), "remote_write to " + url);
  if (auto made = MakeFolder(); made.has_error()) return made.error();
  const std::string name = remote.name.empty() ? HexHash(identity).substr(0, 6) : remote.name;
  std::shared_ptr<QueueMetrics> metrics;
  if (replaced != nullptr && replaced->queue->metrics()->url() == url) metrics = replaced->queue->metrics();
  if (metrics == nullptr) metrics = std::make_shared<QueueMetrics>(deps_.registry, name, url);
  return Entry{identity, std::make_shared<RemoteQueue>(remote, external_labels, std::move(*transport),
                                                       std::move(metrics), deps_.queue)};
}

storage::Status RemoteWriteSender::Apply(const config::Config& config) {
  const std::lock_guard apply_lock(apply_mu_);
  if (stopped_) return {};
  storage::Status result;
  std::vector<Entry> next;
  std::vector<Entry> fresh;
  std::map<std::string, int> seen;
  for (const config::RemoteWriteConfig& remote : config.remote_write) {
    std::string identity = remote.name.empty() ? remote.url : "name " + remote.name;
    if (const int count = ++seen[identity]; count > 1) identity += fmt::format(" #{}", count);
    const auto old =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.identity == identity; });
    const Entry* const known = old == entries_.end() ? nullptr : &*old;
    if (known != nullptr && known->queue->config() == remote &&
        known->queue->external_labels() == config.global.external_labels) {
      next.push_back(*known);
      continue;
    }
    auto made = Make(remote, config.global.external_labels, identity, known);
    if (made.has_error()) {
      result = made.error();
      if (known != nullptr) next.push_back(*known);
      continue;
    }
    next.push_back(*made);
    fresh.push_back(std::move(*made));
  }
  Replace(std::move(next));
  for (const Entry& entry : fresh) {
    if (auto status = entry.queue->Start(PositionPath(entry.identity)); status.has_error()) result = status;
  }
  return result;
}

// From here on the new ones are told of commits, and those that go only of the ones that have begun.
void RemoteWriteSender::Replace(std::vector<Entry> next) {
  std::vector<Entry> before;
  {
    const std::unique_lock lock(queues_mu_);
    before = std::exchange(entries_, std::move(next));
    any_.store(!entries_.empty(), std::memory_order_release);
  }
  for (Entry& entry : before) {
    const auto same = [&](const Entry& e) { return e.queue == entry.queue; };
    if (std::any_of(entries_.begin(), entries_.end(), same)) continue;
    // Commits that have begun hold the queue. What they bring is seen by who goes on from its position.
    const auto until = std::chrono::steady_clock::now() + kLongestCommit;
    while (entry.queue.use_count() > 1 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    entry.queue->Stop(kReloadFlushMs);
  }
  if (std::filesystem::exists(deps_.folder)) ForgetOthers();
}

void RemoteWriteSender::Stop() {
  const std::lock_guard apply_lock(apply_mu_);
  if (std::exchange(stopped_, true)) return;
  // They stay in the list: what is committed from now on lowers their positions.
  for (const Entry& entry : entries_) entry.queue->Stop(deps_.flush_deadline_ms);
}

}  // namespace vigia::server
