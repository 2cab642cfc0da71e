// What an operator should know right now, for the bell of the web interface (surface.md 1.5).
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct Notice {
  std::string text;
  storage::TimestampMs since_ms = 0;
  bool active = true;  // False: it has just ended.
};

// Thread-safe. Outlives its subscriptions.
class NoticeBoard {
 public:
  static constexpr const char* kReloadFailed = "Configuration reload has failed.";
  static constexpr const char* kStopping = "Prometheus is shutting down and gracefully stopping all operations.";

  NoticeBoard(storage::Clock clock, storage::Registry& registry, std::size_t max_subscribers);

  // Nothing happens when it is so already.
  void Set(const std::string& text, bool active);
  std::vector<Notice> Active() const;

  // One who is told of changes, beginning with what is active.
  class Subscription {
   public:
    explicit Subscription(NoticeBoard& board) : board_(board) {}
    ~Subscription() { board_.Leave(this); }
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;
    // What has changed since the last call. Never waits.
    std::vector<Notice> Take();

   private:
    friend class NoticeBoard;
    NoticeBoard& board_;
    std::deque<Notice> news_;  // Guarded by the board's mu_; at most kMaxNews.
  };
  // Null: there are as many as there may be.
  std::shared_ptr<Subscription> Subscribe();

 private:
  static constexpr std::size_t kMaxNews = 64;
  void Leave(Subscription* subscription);

  const storage::Clock clock_;
  const std::size_t max_subscribers_;
  storage::Gauge& subscribers_gauge_;
  storage::Counter& sent_;
  storage::Counter& dropped_;
  mutable std::mutex mu_;
  std::vector<Notice> active_;  // Guarded by mu_, as is the next one.
  std::vector<Subscription*> subscribers_;
};

}  // namespace vigia::server
