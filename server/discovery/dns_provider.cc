#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <resolv.h>

#include "server/discovery/provider.h"

namespace vigia::server {
namespace {

using SteadyClock = std::chrono::steady_clock;
using storage::Errc;
using storage::Error;
using storage::Labels;

constexpr std::size_t kAnswerBytes = 65535;  // The largest a DNS message can be.

// A resolver of its own, so that threads do not share the library's.
struct Resolver {
  Resolver() {
    ok = ::res_ninit(&state) == 0;
    // A look-up blocks the thread, and with it a server that wants to stop.
    state.retrans = 2;
    state.retry = 1;
  }
  ~Resolver() { ::res_nclose(&state); }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  struct __res_state state {};
  bool ok = false;
};

ns_type ToType(config::DnsType type) {
  switch (type) {
    case config::DnsType::kSrv: return ns_t_srv;
    case config::DnsType::kA: return ns_t_a;
    case config::DnsType::kAaaa: return ns_t_aaaa;
    case config::DnsType::kMx: return ns_t_mx;
    case config::DnsType::kNs: return ns_t_ns;
  }
  return ns_t_a;
}

// One answer record as a target's labels, or nothing when it is of another type.
class Record {
 public:
  Record(const ns_msg& message, const ns_rr& record) : message_(message), record_(record) {}

  std::optional<Labels> ToTarget(const config::DnsSdConfig& config) const {
    if (ns_rr_type(record_) != ToType(config.type)) return std::nullopt;
    switch (config.type) {
      case config::DnsType::kSrv: return FromSrv(config);
      case config::DnsType::kA: return FromAddress(AF_INET, 4, config);
      case config::DnsType::kAaaa: return FromAddress(AF_INET6, 16, config);
      case config::DnsType::kMx: return FromName(2, "__meta_dns_mx_record_target", config);
      case config::DnsType::kNs: return FromName(0, "__meta_dns_ns_record_target", config);
    }
    return std::nullopt;
  }

 private:
  // The domain name at `offset` of the record's data, with its final dot.
  std::optional<std::string> NameAt(std::size_t offset) const {
    if (ns_rr_rdlen(record_) <= offset) return std::nullopt;
    std::array<char, NS_MAXDNAME> name{};
    const int used = ::dn_expand(ns_msg_base(message_), ns_msg_end(message_), ns_rr_rdata(record_) + offset,
                                 name.data(), static_cast<int>(name.size()));
    if (used < 0) return std::nullopt;
    return std::string(name.data()) + ".";
  }

  std::optional<Labels> FromSrv(const config::DnsSdConfig& /*config*/) const {
    const auto name = NameAt(6);
    if (!name) return std::nullopt;
    const unsigned char* data = ns_rr_rdata(record_);
    const int port = data[4] << 8 | data[5];
    // The final dot is not part of a host name in a URL.
    return Labels{{"__address__", fmt::format("{}:{}", name->substr(0, name->size() - 1), port)},
                  {"__meta_dns_srv_record_target", *name},
                  {"__meta_dns_srv_record_port", fmt::format("{}", port)}};
  }

  std::optional<Labels> FromAddress(int family, std::size_t bytes, const config::DnsSdConfig& config) const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (ns_rr_rdlen(record_) != bytes) return std::nullopt;
    if (::inet_ntop(family, ns_rr_rdata(record_), text.data(), text.size()) == nullptr) return std::nullopt;
    const char* form = family == AF_INET6 ? "[{}]:{}" : "{}:{}";
    return Labels{{"__address__", fmt::format(fmt::runtime(form), text.data(), config.port)}};
  }

  std::optional<Labels> FromName(std::size_t offset, std::string_view label, const config::DnsSdConfig& config) const {
    const auto name = NameAt(offset);
    if (!name) return std::nullopt;
    return Labels{{"__address__", fmt::format("{}:{}", name->substr(0, name->size() - 1), config.port)},
                  {label, *name}};
  }

  const ns_msg& message_;
  const ns_rr& record_;
};

storage::Result<TargetGroup> LookUp(const std::string& name, const config::DnsSdConfig& config) {
  const auto resolver = std::make_unique<Resolver>();
  if (!resolver->ok) return Error{Errc::kIo, "could not load the resolver's configuration"};
  std::vector<unsigned char> answer(kAnswerBytes);
  const int size = ::res_nsearch(&resolver->state, name.c_str(), ns_c_in, ToType(config.type), answer.data(),
                                 static_cast<int>(answer.size()));
  TargetGroup group;
  group.source = name;
  if (size < 0) {
    // A name without records is an answer; everything else is a failure.
    if (resolver->state.res_h_errno == HOST_NOT_FOUND || resolver->state.res_h_errno == NO_DATA) return group;
    return Error{Errc::kIo, fmt::format("could not resolve {}: {}", storage::Quoted(name),
                                        ::hstrerror(resolver->state.res_h_errno))};
  }
  ns_msg message;
  if (::ns_initparse(answer.data(), std::min(size, static_cast<int>(answer.size())), &message) != 0) {
    return Error{Errc::kIo, fmt::format("malformed DNS answer for {}", storage::Quoted(name))};
  }
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0) break;
    const auto target = Record(message, record).ToTarget(config);
    if (target) group.targets.push_back(storage::LabelsBuilder(*target).Set("__meta_dns_name", name).Build());
  }
  return group;
}

class DnsProvider final : public Provider {
 public:
  DnsProvider(const config::DnsSdConfig& config, const std::string& job, SdMetrics& metrics, Logger log)
      : config_(config),
        metrics_(metrics),
        log_(std::move(log)),
        failures_(metrics.RefreshFailures("dns", job)),
        seconds_(metrics.RefreshSeconds("dns", job)) {}

  boost::asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() override {
    const auto start = SteadyClock::now();
    std::vector<TargetGroup> all;
    for (const std::string& name : config_.names) {
      metrics_.dns_lookups.Add();
      auto group = LookUp(name, config_);
      if (group) {
        groups_[name] = std::move(*group);
      } else {
        metrics_.dns_failures.Add();
        failures_.Add();
        log_.Error("Error refreshing DNS targets", {{"err", group.error()}});
      }
      if (const auto known = groups_.find(name); known != groups_.end()) all.push_back(known->second);
    }
    seconds_.Observe(std::chrono::duration<double>(SteadyClock::now() - start).count());
    co_return all;
  }

  storage::DurationMs pause_ms() const override { return config_.refresh_interval_ms; }

 private:
  const config::DnsSdConfig config_;
  SdMetrics& metrics_;
  const Logger log_;
  storage::Counter& failures_;
  storage::Summary& seconds_;
  std::map<std::string, TargetGroup> groups_;  // Of each name, as last found.
};

}  // namespace

std::unique_ptr<Provider> NewDnsProvider(const config::DnsSdConfig& config, const std::string& job, SdMetrics& metrics,
                                         Logger log) {
  return std::make_unique<DnsProvider>(config, job, metrics, std::move(log));
}

}  // namespace vigia::server
