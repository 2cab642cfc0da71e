#include "alerting/notify/alert.h"

#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace vigia::alerting {
namespace {

std::string Rfc3339(storage::TimestampMs at_ms) {
  const storage::TimestampMs ms = (at_ms % 1000 + 1000) % 1000;
  const auto seconds = static_cast<std::time_t>((at_ms - ms) / 1000);
  std::tm utc{};
  if (gmtime_r(&seconds, &utc) == nullptr) return "1970-01-01T00:00:00Z";  // A year beyond what the calendar holds.
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}000000Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, ms);
}

}  // namespace

std::string EncodeAlerts(std::span<const WireAlert> alerts) {
  nlohmann::json array = nlohmann::json::array();
  for (const WireAlert& alert : alerts) {
    nlohmann::json labels = nlohmann::json::object();
    for (const storage::LabelView label : alert.labels) labels[std::string(label.name)] = std::string(label.value);
    nlohmann::json annotations = nlohmann::json::object();
    for (const auto& [name, text] : alert.annotations) annotations[name] = text;
    array.push_back({{"labels", std::move(labels)},
                     {"annotations", std::move(annotations)},
                     {"startsAt", Rfc3339(alert.starts_at_ms)},
                     {"endsAt", Rfc3339(alert.ends_at_ms)},
                     {"generatorURL", alert.generator_url}});
  }
  return array.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace vigia::alerting
