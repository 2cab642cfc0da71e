#include "server/discovery/manager.h"

#include <chrono>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace vigia::server {
namespace {

namespace asio = boost::asio;

constexpr int kIoThreads = 2;  // A DNS look-up blocks one of them.

std::vector<TargetGroup> StaticGroups(const config::DiscoveryConfig& config) {
  std::vector<TargetGroup> out;
  for (std::size_t i = 0; i < config.static_configs.size(); ++i) {
    out.push_back(MakeTargetGroup(fmt::format("{}", i), config.static_configs[i]));
  }
  return out;
}

double NowSeconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

template <class... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overload(Fs...) -> Overload<Fs...>;

}  // namespace

// Looks again and again until it is told to end.
struct DiscoveryManager::Task {
  Task(const asio::any_io_executor& executor, std::unique_ptr<Provider> looking)
      : strand(asio::make_strand(executor)), timer(strand), provider(std::move(looking)) {}

  asio::awaitable<void> Run(std::function<void(std::vector<TargetGroup>)> publish) {
    while (!ended) {
      auto groups = co_await provider->Look();
      if (ended) break;
      if (groups) publish(std::move(*groups));
      timer.expires_after(std::chrono::milliseconds(provider->pause_ms()));
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  const asio::strand<asio::any_io_executor> strand;
  asio::steady_timer timer;
  const std::unique_ptr<Provider> provider;
  bool ended = false;  // Of the strand.
};

DiscoveryManager::DiscoveryManager(std::string_view name, std::string user_agent, Consumer consumer,
                                   storage::Registry& registry, Logger log)
    : user_agent_(std::move(user_agent)),
      consumer_(std::move(consumer)),
      log_(log.With({{"component", "discovery manager"}, {"name", name}})),
      metrics_(registry, name),
      io_(kIoThreads) {}

DiscoveryManager::~DiscoveryManager() { Stop(); }

void DiscoveryManager::Apply(const std::map<std::string, config::DiscoveryConfig>& jobs) {
  std::set<std::string> names;
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    for (const auto& [job, groups] : static_groups_) {
      if (!jobs.contains(job)) metrics_.RemoveDiscoveredTargets(job);
    }
    static_groups_.clear();
    metrics_.failed_configs.Set(0);
    std::map<std::uint64_t, Running> kept;
    for (const auto& [job, config] : jobs) {
      names.insert(job);
      static_groups_[job] = StaticGroups(config);
      for (const auto& file : config.file_sd_configs) Subscribe(file, job, kept);
      for (const auto& http : config.http_sd_configs) Subscribe(http, job, kept);
      for (const auto& dns : config.dns_sd_configs) Subscribe(dns, job, kept);
      for (const auto& docker : config.docker_sd_configs) Subscribe(docker, job, kept);
      for (const auto& swarm : config.dockerswarm_sd_configs) Subscribe(swarm, job, kept);
      for (const auto& consul : config.consul_sd_configs) Subscribe(consul, job, kept);
      for (const auto& kubernetes : config.kubernetes_sd_configs) Subscribe(kubernetes, job, kept);
    }
    running_ = std::move(kept);
  }
  Tell(names);
}

// Moves the provider from running_ to `kept`, or starts it.
void DiscoveryManager::Subscribe(const ProviderConfig& config, const std::string& job,
                                 std::map<std::uint64_t, Running>& kept) {
  for (auto& [id, running] : kept) {
    if (running.config == config) {
      running.jobs.insert(job);
      return;
    }
  }
  for (auto at = running_.begin(); at != running_.end(); ++at) {
    if (at->second.config != config) continue;
    at->second.jobs = {job};
    kept.insert(running_.extract(at));
    return;
  }
  auto provider = MakeProvider(config, job);
  if (!provider) {
    metrics_.failed_configs.Add(1);
    log_.Error("Cannot create service discovery", {{"err", provider.error()}, {"config", job}});
    return;
  }
  const std::uint64_t id = next_id_++;
  auto task = std::make_shared<Task>(io_.executor(), std::move(*provider));
  asio::co_spawn(task->strand,
                 task->Run([this, id](std::vector<TargetGroup> groups) { Publish(id, std::move(groups)); }),
                 [task, log = log_](std::exception_ptr failure) {
                   if (failure) log.Error("Service discovery ended by an exception");
                 });
  const auto end = [task](void*) {
    asio::post(task->strand, [task] {
      task->ended = true;
      task->provider->Stop();
      task->timer.cancel();
    });
  };
  kept.emplace(id, Running{config, {job}, {}, std::shared_ptr<void>(task.get(), end)});
}

storage::Result<std::unique_ptr<Provider>> DiscoveryManager::MakeProvider(const ProviderConfig& config,
                                                                          const std::string& job) {
  const auto log = [&](std::string_view mechanism) { return log_.With({{"discovery", mechanism}, {"config", job}}); };
  const auto make = Overload{
      [&](const config::FileSdConfig& file) -> storage::Result<std::unique_ptr<Provider>> {
        return NewFileProvider(file, job, metrics_, log("file"));
      },
      [&](const config::HttpSdConfig& http) {
        return NewHttpProvider(http, job, user_agent_, io_.executor(), metrics_, log("http"));
      },
      [&](const config::DnsSdConfig& dns) -> storage::Result<std::unique_ptr<Provider>> {
        return NewDnsProvider(dns, job, metrics_, log("dns"));
      },
      [&](const config::DockerSdConfig& docker) {
        return NewDockerProvider(docker, job, user_agent_, io_.executor(), metrics_, log("docker"));
      },
      [&](const config::DockerSwarmSdConfig& swarm) {
        return NewDockerSwarmProvider(swarm, job, user_agent_, io_.executor(), metrics_, log("dockerswarm"));
      },
      [&](const config::ConsulSdConfig& consul) {
        return NewConsulProvider(consul, user_agent_, io_.executor(), metrics_, log("consul"));
      },
      [&](const config::KubernetesSdConfig& kubernetes) {
        return NewKubernetesProvider(kubernetes, user_agent_, io_.executor(), metrics_, log("kubernetes"));
      },
  };
  return std::visit(make, config);
}

void DiscoveryManager::Publish(std::uint64_t id, std::vector<TargetGroup> groups) {
  metrics_.received_updates.Add();
  std::set<std::string> jobs;
  {
    const std::lock_guard lock(mu_);
    const auto at = running_.find(id);
    if (at == running_.end() || stopped_) return;
    at->second.groups = std::move(groups);
    jobs = at->second.jobs;
  }
  Tell(jobs);
}

void DiscoveryManager::Tell(const std::set<std::string>& jobs) {
  const std::lock_guard telling(tell_mu_);
  for (const std::string& job : jobs) {
    std::vector<TargetGroup> groups;
    {
      const std::lock_guard lock(mu_);
      if (stopped_ || !static_groups_.contains(job)) continue;
      groups = GroupsOf(job);
    }
    std::size_t targets = 0;
    for (const TargetGroup& group : groups) targets += group.targets.size();
    metrics_.DiscoveredTargets(job).Set(static_cast<double>(targets));
    metrics_.updates.Add();
    metrics_.last_update_seconds.Set(NowSeconds());
    consumer_(job, std::move(groups));
  }
}

std::vector<TargetGroup> DiscoveryManager::GroupsOf(const std::string& job) const {
  std::vector<TargetGroup> groups = static_groups_.at(job);
  for (const auto& [id, running] : running_) {
    if (running.jobs.contains(job)) groups.insert(groups.end(), running.groups.begin(), running.groups.end());
  }
  return groups;
}

void DiscoveryManager::Stop() {
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(stopped_, true)) return;
  }
  io_.Stop();
  const std::lock_guard lock(mu_);
  running_.clear();
}

}  // namespace vigia::server
