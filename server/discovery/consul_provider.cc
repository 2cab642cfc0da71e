#include <algorithm>
#include <chrono>
#include <exception>
#include <map>
#include <memory>
#include <stop_token>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/discovery/bell.h"
#include "server/discovery/consul_agent.h"
#include "server/discovery/consul_targets.h"
#include "server/discovery/provider.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using config::ConsulSdConfig;
using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::int64_t kFirstRetryMs = 200;
constexpr std::int64_t kLongestRetryMs = 15'000;
constexpr std::size_t kMaxServices = 10'000;  // Each is a question that waits at the agent.

// One question that is asked again and again.
struct Watch {
  explicit Watch(const asio::any_io_executor& strand) : timer(strand) {}
  void End() {
    stop.request_stop();
    timer.cancel();
  }
  std::stop_source stop;
  asio::steady_timer timer;
  std::uint64_t index = 0;
  std::int64_t retry_ms = kFirstRetryMs;
};

using WatchPtr = std::shared_ptr<Watch>;

// Everything runs on one strand. Shared by its coroutines, which end when their watch does.
class Follower : public std::enable_shared_from_this<Follower> {
 public:
  Follower(const ConsulSdConfig& config, std::shared_ptr<ConsulAgent> agent, asio::any_io_executor strand,
           std::shared_ptr<Bell> bell, SdMetrics& metrics, Logger log)
      : config_(config),
        agent_(std::move(agent)),
        strand_(std::move(strand)),
        bell_(std::move(bell)),
        metrics_(metrics),
        log_(std::move(log)),
        main_(std::make_shared<Watch>(strand_)) {}

  void Start() { Spawn(Run()); }

  void End() {
    main_->End();
    for (const auto& [name, watch] : watches_) watch->End();
  }

  std::vector<TargetGroup> Groups() const {
    std::vector<TargetGroup> out;
    for (const auto& [name, group] : groups_) out.push_back(group);
    return out;
  }

 private:
  void Spawn(asio::awaitable<void> work) {
    asio::co_spawn(strand_, std::move(work), [self = shared_from_this()](std::exception_ptr failure) {
      if (failure) self->log_.Error("Watching Consul ended by an exception");
    });
  }

  asio::awaitable<void> Run() {
    while (!main_->stop.stop_requested() && datacenter_.empty()) {
      const auto datacenter = co_await agent_->Datacenter(main_->stop.get_token());
      if (datacenter) {
        datacenter_ = *datacenter;
      } else {
        co_await Failed("Error retrieving datacenter name", "", datacenter.error(), main_);
      }
    }
    if (config_.services.empty() || !config_.tags.empty() || !config_.filter.empty()) {
      co_await FollowCatalogue();
    } else {
      for (const std::string& name : config_.services) FollowService(name);
    }
  }

  asio::awaitable<void> FollowCatalogue() {
    while (!main_->stop.stop_requested()) {
      const auto start = SteadyClock::now();
      const auto answer = co_await agent_->Services(main_->index, main_->stop.get_token());
      if (main_->stop.stop_requested()) co_return;
      metrics_.consul_services_seconds.Observe(SecondsSince(start));
      if (!answer) {
        co_await Failed("Error refreshing service list", "", answer.error(), main_);
        continue;
      }
      if (IsNews(*answer, *main_)) FollowAll(JsonView(answer->body));
      co_await Rest(start, main_);
    }
  }

  // Follows the services that are wanted and no others.
  void FollowAll(JsonView catalogue) {
    std::map<std::string, WatchPtr> gone;
    gone.swap(watches_);
    std::size_t wanted = 0;
    for (const auto& entry : catalogue.entries()) {
      if (!IsWanted(entry.key, entry.value, config_) || ++wanted > kMaxServices) continue;
      if (auto known = gone.extract(entry.key)) {
        watches_.insert(std::move(known));
      } else {
        FollowService(entry.key);
      }
    }
    if (wanted > kMaxServices) {
      metrics_.AnswersRefused("consul").Add();
      log_.Error("Too many services; some are not followed", {{"services", wanted}, {"limit", kMaxServices}});
    }
    for (const auto& [name, watch] : gone) {
      watch->End();
      groups_.erase(name);
    }
    if (!gone.empty() || watches_.empty()) Bell::Ring(bell_);
  }

  void FollowService(const std::string& name) {
    const auto watch = std::make_shared<Watch>(strand_);
    if (watches_.emplace(name, watch).second) Spawn(FollowInstances(name, watch));
  }

  asio::awaitable<void> FollowInstances(std::string name, WatchPtr watch) {
    while (!watch->stop.stop_requested()) {
      const auto start = SteadyClock::now();
      const auto answer = co_await agent_->Instances(name, watch->index, watch->stop.get_token());
      if (watch->stop.stop_requested()) co_return;
      metrics_.consul_service_seconds.Observe(SecondsSince(start));
      if (!answer) {
        co_await Failed("Error refreshing service", name, answer.error(), watch);
        continue;
      }
      if (IsNews(*answer, *watch)) {
        groups_[name] = ConsulTargets(name, datacenter_, answer->body, config_);
        Bell::Ring(bell_);
      }
      co_await Rest(start, watch);
    }
  }

  // An agent that gives no index has always news.
  static bool IsNews(const ConsulAnswer& answer, Watch& watch) {
    watch.retry_ms = kFirstRetryMs;
    const bool news = answer.index == 0 || answer.index != watch.index;
    watch.index = answer.index;
    return news;
  }

  static double SecondsSince(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
  }

  // Until the refresh interval is over that began with the question.
  asio::awaitable<void> Rest(SteadyClock::time_point start, WatchPtr watch) {
    if (watch->stop.stop_requested()) co_return;
    watch->timer.expires_at(start + milliseconds(config_.refresh_interval_ms));
    co_await watch->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }

  asio::awaitable<void> Failed(std::string message, std::string service, storage::Error error, WatchPtr watch) {
    if (watch->stop.stop_requested()) co_return;
    metrics_.consul_failures.Add();
    if (error.code == storage::Errc::kLimit) metrics_.AnswersRefused("consul").Add();
    log_.Error(message, {{"service", service}, {"err", error}});
    watch->timer.expires_after(milliseconds(watch->retry_ms));
    watch->retry_ms = std::min(2 * watch->retry_ms, kLongestRetryMs);
    co_await watch->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }

  const ConsulSdConfig config_;
  const std::shared_ptr<ConsulAgent> agent_;
  const asio::any_io_executor strand_;
  const std::shared_ptr<Bell> bell_;
  SdMetrics& metrics_;
  const Logger log_;
  const WatchPtr main_;
  std::string datacenter_;
  std::map<std::string, WatchPtr> watches_;    // By service.
  std::map<std::string, TargetGroup> groups_;  // By service.
};

class ConsulProvider final : public Provider {
 public:
  ConsulProvider(const ConsulSdConfig& config, std::shared_ptr<ConsulAgent> agent, SdMetrics& metrics, Logger log)
      : config_(config), agent_(std::move(agent)), metrics_(metrics), log_(std::move(log)) {}

  asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() override {
    if (bell_ == nullptr) {
      const auto strand = co_await asio::this_coro::executor;
      bell_ = std::make_shared<Bell>(strand);
      follower_ = std::make_shared<Follower>(config_, agent_, strand, bell_, metrics_, log_);
      follower_->Start();
    }
    co_await bell_->Wait();
    if (stopped_) co_return std::nullopt;
    pacer_.Tick();
    co_return follower_->Groups();
  }

  storage::DurationMs pause_ms() const override { return pacer_.pause_ms(); }

  void Stop() override {
    stopped_ = true;
    if (bell_ == nullptr) return;
    follower_->End();
    Bell::Ring(bell_);
  }

 private:
  const ConsulSdConfig config_;
  const std::shared_ptr<ConsulAgent> agent_;
  SdMetrics& metrics_;
  const Logger log_;
  std::shared_ptr<Bell> bell_;
  std::shared_ptr<Follower> follower_;
  Pacer pacer_;
  bool stopped_ = false;
};

}  // namespace

storage::Result<std::unique_ptr<Provider>> NewConsulProvider(const ConsulSdConfig& config,
                                                             const std::string& user_agent,
                                                             asio::any_io_executor executor, SdMetrics& metrics,
                                                             Logger log) {
  auto agent = ConsulAgent::Make(config, user_agent, std::move(executor));
  if (!agent) return agent.error();
  return std::unique_ptr<Provider>(
      std::make_unique<ConsulProvider>(config, *std::move(agent), metrics, std::move(log)));
}

}  // namespace vigia::server
