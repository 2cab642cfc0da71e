#include "server/api/notice_board.h"

#include <algorithm>

namespace vigia::server {

NoticeBoard::NoticeBoard(storage::Clock clock, storage::Registry& registry, std::size_t max_subscribers)
    : clock_(std::move(clock)),
      max_subscribers_(max_subscribers),
      subscribers_gauge_(registry.AddGauge("prometheus_api_notification_active_subscribers",
                                           "The current number of active notification subscribers.")),
      sent_(registry.AddCounter("prometheus_api_notification_updates_sent_total",
                                "Total number of notification updates sent.")),
      dropped_(registry.AddCounter("prometheus_api_notification_updates_dropped_total",
                                   "Total number of notification updates dropped.")) {}

void NoticeBoard::Set(const std::string& text, bool active) {
  const std::lock_guard lock(mu_);
  const auto known = std::find_if(active_.begin(), active_.end(), [&](const Notice& n) { return n.text == text; });
  if ((known != active_.end()) == active) return;
  Notice news{text, clock_(), true};
  if (active) {
    active_.push_back(news);
  } else {
    news = *known;
    news.active = false;
    active_.erase(known);
  }
  for (Subscription* subscriber : subscribers_) {
    if (subscriber->news_.size() == kMaxNews) {
      subscriber->news_.pop_front();
      dropped_.Add();
    }
    subscriber->news_.push_back(news);
  }
}

std::vector<Notice> NoticeBoard::Active() const {
  const std::lock_guard lock(mu_);
  return active_;
}

std::shared_ptr<NoticeBoard::Subscription> NoticeBoard::Subscribe() {
  const std::lock_guard lock(mu_);
  if (subscribers_.size() >= max_subscribers_) return nullptr;
  auto subscription = std::make_shared<Subscription>(*this);
  subscription->news_.assign(active_.begin(), active_.end());
  subscribers_.push_back(subscription.get());
  subscribers_gauge_.Set(static_cast<double>(subscribers_.size()));
  return subscription;
}

void NoticeBoard::Leave(Subscription* subscription) {
  const std::lock_guard lock(mu_);
  std::erase(subscribers_, subscription);
  subscribers_gauge_.Set(static_cast<double>(subscribers_.size()));
}

std::vector<Notice> NoticeBoard::Subscription::Take() {
  const std::lock_guard lock(board_.mu_);
  std::vector<Notice> out(news_.begin(), news_.end());
  news_.clear();
  board_.sent_.Add(static_cast<double>(out.size()));
  return out;
}

}  // namespace vigia::server
