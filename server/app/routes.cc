#include "server/app/routes.h"

#include <algorithm>
#include <charconv>

#include "server/api/active_queries_api.h"
#include "server/api/exemplars_api.h"
#include "server/api/federate.h"
#include "server/api/notices_api.h"
#include "server/api/openapi.h"
#include "server/api/pages.h"
#include "server/api/parse_query_api.h"
#include "server/api/query_api.h"
#include "server/api/rules_api.h"
#include "server/api/search_api.h"
#include "server/api/self_metrics_api.h"
#include "server/api/series_api.h"
#include "server/api/targets_api.h"
#include "server/exposition/render.h"
#include "server/otlp/receiver.h"
#include "server/remote/read_endpoint.h"
#include "server/remote/receiver.h"

namespace vigia::server {
namespace {

std::uint16_t PortOf(const std::string& listen_address) {
  std::uint16_t port = 0;
  const std::string_view digits = std::string_view(listen_address).substr(listen_address.rfind(':') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

bool Accepts(const Options& options, std::string_view message) {
  const auto& names = options.remote_write_messages;
  return std::find(names.begin(), names.end(), message) != names.end();
}

// The numbers of the protocol are those of the type (metadata_to_send.cc).
std::function<std::vector<MetricMetadata>()> WrittenMetadataOf(const MetadataStore* store) {
  if (store == nullptr) return {};
  return [store] {
    std::vector<MetricMetadata> out;
    for (WrittenMetadata& one : store->List()) {
      out.push_back(
          {std::move(one.metric), static_cast<MetricType>(one.type), std::move(one.help), std::move(one.unit)});
    }
    return out;
  };
}

Response Metrics(const storage::Registry& registry, const Request& http) {
  const NegotiatedFormat negotiated = Negotiate(http.headers.Get("Accept"));
  Response response;
  response.content_type = negotiated.content_type;
  response.body = Render(registry.Collect(), negotiated.format);
  return response;
}

}  // namespace

void RegisterRoutes(Router& router, RouteParts parts) {
  RegisterQueryApi(router, {parts.engine, parts.clock});
  RegisterParseQueryApi(router, parts.engine.options().parser);
  RegisterExemplarsApi(router, parts.exemplars, parts.engine.options().parser);
  RegisterActiveQueriesApi(router, {parts.engine, parts.options.enable_admin_api});
  RegisterSeriesApi(router, parts.storage);
  RegisterSearchApi(router, {parts.storage, parts.scrape, parts.clock, parts.options.HasFeature("search-api"),
                             parts.options.search_max_limit});
  RegisterTargetsApi(router, {parts.scrape, parts.external_url, PortOf(parts.options.listen_addresses.front()),
                              WrittenMetadataOf(parts.written_metadata)});
  RegisterRulesApi(router, {[&rules = parts.rules] { return rules.Snapshot(); },
                            [&notifications = parts.notifications] { return notifications.Urls(); }});
  RegisterStatusApi(router, parts.status);
  RegisterSelfMetricsApi(router, parts.registry);
  RegisterNoticesApi(router, parts.notices);
  RegisterAdminApi(router, parts.admin);
  RegisterRetentionApi(router, parts.retention);
  RegisterFederate(router, {parts.local_storage, parts.registry, parts.clock, parts.options.query_lookback_delta_ms,
                            parts.external_labels});
  RegisterRemoteWrite(router, {parts.appendable,
                               parts.registry,
                               parts.clock,
                               parts.log.With({{"component", "remote write"}}),
                               {.enabled = parts.options.enable_remote_write_receiver,
                                .accept_v1 = Accepts(parts.options, Options::kRemoteWriteV1),
                                .accept_v2 = Accepts(parts.options, Options::kRemoteWriteV2),
                                .starts = parts.options.start_use()},
                               parts.sends_on,
                               parts.written_metadata});
  RegisterRemoteRead(router,
                     {parts.storage,
                      parts.registry,
                      parts.log.With({{"component", "remote read"}}),
                      parts.external_labels,
                      {.sample_limit = parts.options.remote_read_sample_limit,
                       .concurrent_limit = parts.options.remote_read_concurrent_limit,
                       .max_bytes_in_frame = static_cast<std::size_t>(parts.options.remote_read_max_bytes_in_frame)}});
  RegisterOtlp(router, {parts.appendable,
                        parts.registry,
                        parts.clock,
                        parts.log.With({{"component", "otlp"}}),
                        parts.otlp_config,
                        {.enabled = parts.options.enable_otlp_receiver,
                         .adds_deltas = parts.options.HasFeature("otlp-deltatocumulative"),
                         .takes_deltas = parts.options.HasFeature("otlp-native-delta-ingestion"),
                         .type_and_unit_labels = parts.options.HasFeature("type-and-unit-labels"),
                         .lookback_ms = parts.options.query_lookback_delta_ms,
                         .starts = parts.options.start_use()}});
  RegisterLifecycle(router, parts.lifecycle);
  RegisterPages(router, parts.route_prefix);
  RegisterOpenApi(router);
  router.Add({"GET"}, "/metrics",
             [&registry = parts.registry](const Request& http) { return Metrics(registry, http); });
}

}  // namespace vigia::server
