#include "server/api/search_api.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "server/api/envelope.h"
#include "server/api/parameters.h"
#include "server/api/search_score.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Quoted;
using storage::Result;

constexpr std::size_t kMaxTerms = 32;
constexpr std::uint64_t kDefaultLimit = 100;
constexpr std::uint64_t kDefaultBatch = 100;
constexpr storage::DurationMs kDefaultSpanMs = 3'600'000;

enum class SortBy { kAscending, kDescending, kScore };

struct SearchRequest {
  TimeRange range;
  MatcherSets sets;
  std::vector<std::string> terms;
  double threshold = 0;
  FuzzyMethod method = FuzzyMethod::kSubsequence;
  bool case_sensitive = true;
  SortBy sort = SortBy::kAscending;
  bool include_score = false;
  bool include_metadata = false;
  std::uint64_t limit = kDefaultLimit;
  std::uint64_t batch = kDefaultBatch;
};

struct Hit {
  std::string name;
  double score = 1;
};

Error Bad(std::string text) { return {Errc::kInvalid, std::move(text)}; }

Result<bool> ReadBool(const Params& params, const char* name, bool otherwise) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return otherwise;
  if (const auto value = ParseBool(text)) return *value;
  return Bad(fmt::format("invalid {} {}: must be boolean", name, Quoted(text)));
}

std::optional<std::int64_t> ReadNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

// 0 and nothing keep what `out` is.
storage::Status ReadCount(const Params& params, const char* name, std::uint64_t& out) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return {};
  const auto number = ReadNumber(text);
  if (!number) return Bad(fmt::format("invalid {} {}: must be non-negative integer", name, Quoted(text)));
  if (*number > 0) out = static_cast<std::uint64_t>(*number);
  return {};
}

storage::Status ReadSort(const Params& params, const char* endpoint, SearchRequest& out) {
  const std::string_view by = params.Get("sort_by");
  const std::string_view direction = params.Get("sort_dir");
  if (!direction.empty() && by.empty()) return Bad("sort_dir is only valid when sort_by is set");
  if (!direction.empty() && by == "score") return Bad("sort_dir is not supported for sort_by=score");
  if (!direction.empty() && direction != "asc" && direction != "dsc") {
    return Bad(fmt::format("invalid sort_dir {}: must be \"asc\" or \"dsc\"", Quoted(direction)));
  }
  if (by == "score" && out.terms.empty()) return Bad("sort_by=score requires search[] to be set");
  if (!by.empty() && by != "alpha" && by != "score") {
    return Bad(fmt::format("invalid sort_by {} for {}: must be \"alpha\" or \"score\"", Quoted(by), endpoint));
  }
  out.sort = by == "score" ? SortBy::kScore : direction == "dsc" ? SortBy::kDescending : SortBy::kAscending;
  return {};
}

storage::Status ReadFuzz(const Params& params, SearchRequest& out) {
  if (const std::string_view text = params.Get("fuzz_threshold"); !text.empty()) {
    const auto number = ReadNumber(text);
    if (!number || *number > 100) return Bad(fmt::format("invalid fuzz_threshold {}: must be 0-100", Quoted(text)));
    out.threshold = static_cast<double>(*number) / 100;
  }
  const std::string_view method = params.Get("fuzz_alg");
  if (!method.empty() && method != "subsequence" && method != "jarowinkler") {
    return Bad(fmt::format("unsupported fuzz_alg {}: must be one of [subsequence jarowinkler]", Quoted(method)));
  }
  if (method == "jarowinkler") out.method = FuzzyMethod::kJaroWinkler;
  return {};
}

storage::Status ReadRange(const Params& params, storage::TimestampMs now_ms, SearchRequest& out) {
  out.range = {now_ms - kDefaultSpanMs, now_ms};
  for (auto [name, time] : {std::pair("start", &out.range.start_ms), {"end", &out.range.end_ms}}) {
    const std::string_view text = params.Get(name);
    if (text.empty()) continue;
    const auto parsed = ParseTime(text);
    if (parsed.has_error()) return Bad(fmt::format("invalid time value for '{}': {}", name, parsed.error().what));
    *time = *parsed;
  }
  if (out.range.end_ms < out.range.start_ms) return Bad("end timestamp must not be before start timestamp");
  return {};
}

storage::Status ReadLimits(const Params& params, std::uint64_t max_limit, SearchRequest& out) {
  if (max_limit > 0) out.limit = std::min(out.limit, max_limit);
  if (auto status = ReadCount(params, "limit", out.limit); status.has_error()) return status;
  if (max_limit > 0 && out.limit > max_limit) {
    return Bad(
        fmt::format("limit {} exceeds the configured maximum ({}, see --web.search.max-limit)", out.limit, max_limit));
  }
  return ReadCount(params, "batch_size", out.batch);
}

Result<SearchRequest> ReadRequest(const SearchApiDeps& deps, const char* endpoint, const Params& params) {
  SearchRequest out;
  if (auto status = ReadRange(params, deps.clock(), out); status.has_error()) return status.error();
  auto sets = ParseMatcherSets(params);
  if (sets.has_error()) return sets.error();
  out.sets = std::move(*sets);
  out.terms = params.GetAll("search[]");
  if (out.terms.size() > kMaxTerms) {
    return Bad(fmt::format("too many search[] terms: got {}, maximum is {}", out.terms.size(), kMaxTerms));
  }
  if (auto status = ReadFuzz(params, out); status.has_error()) return status.error();
  for (auto [name, flag, otherwise] : {std::tuple("case_sensitive", &out.case_sensitive, true),
                                       {"include_score", &out.include_score, false},
                                       {"include_metadata", &out.include_metadata, false}}) {
    const auto value = ReadBool(params, name, otherwise);
    if (value.has_error()) return value.error();
    *flag = *value;
  }
  if (auto status = ReadSort(params, endpoint, out); status.has_error()) return status.error();
  if (auto status = ReadLimits(params, deps.max_limit, out); status.has_error()) return status.error();
  return out;
}

// The names that fit, in the order that is wanted; one more than the limit when there are more.
std::vector<Hit> Fitting(const SearchRequest& request, const std::vector<std::string>& sorted) {
  const SearchFilter filter(request.terms, request.method, request.threshold, request.case_sensitive);
  const std::size_t wanted = request.limit + 1;
  std::vector<Hit> out;
  const auto take = [&](const std::string& name) {
    if (const auto score = filter.Score(name)) out.push_back({name, *score});
    return request.sort != SortBy::kScore && out.size() == wanted;
  };
  if (request.sort == SortBy::kDescending) {
    static_cast<void>(std::any_of(sorted.rbegin(), sorted.rend(), take));
  } else {
    static_cast<void>(std::any_of(sorted.begin(), sorted.end(), take));
  }
  if (request.sort == SortBy::kScore) {
    std::ranges::stable_sort(out, [](const Hit& a, const Hit& b) { return a.score > b.score; });
    out.resize(std::min(out.size(), wanted));
  }
  return out;
}

using Metadata = std::map<std::string, MetricMetadata>;

Metadata FirstMetadata(const ScrapeManager& scrape) {
  Metadata out;
  for (TargetMetadata& target : scrape.Metadata()) {
    for (MetricMetadata& metadata : target.metadata) out.try_emplace(metadata.metric, metadata);
  }
  return out;
}

void AppendHit(JsonWriter& json, const Hit& hit, const SearchRequest& request, const Metadata& metadata) {
  json.BeginObject().Field("name", hit.name);
  if (request.include_score) json.Key("score").Double(hit.score);
  if (const auto at = metadata.find(hit.name); at != metadata.end()) {
    json.Field("type", ToString(at->second.type));
    if (!at->second.help.empty()) json.Field("help", at->second.help);
    if (!at->second.unit.empty()) json.Field("unit", at->second.unit);
  }
  json.EndObject();
}

// One line for each batch, also for none, and one that ends it.
Response Lines(const SearchRequest& request, const std::vector<Hit>& hits, const std::vector<std::string>& warnings,
               const Metadata& metadata) {
  Response response;
  response.content_type = "application/x-ndjson; charset=utf-8";
  const std::size_t count = std::min<std::size_t>(hits.size(), request.limit);
  std::size_t at = 0;
  do {
    JsonWriter json(response.body);
    json.BeginObject().Key("results").BeginArray();
    const std::size_t end = at + std::min<std::size_t>(request.batch, count - at);
    const bool first = at == 0;
    for (; at < end; ++at) AppendHit(json, hits[at], request, metadata);
    json.EndArray();
    if (first && !warnings.empty()) {
      json.Key("warnings").BeginArray();
      for (const std::string& warning : warnings) json.String(warning);
      json.EndArray();
    }
    json.EndObject();
    response.body.push_back('\n');
  } while (at < count);
  JsonWriter trailer(response.body);
  trailer.BeginObject().Field("status", "success").Key("has_more").Bool(hits.size() > count).EndObject();
  response.body.push_back('\n');
  return response;
}

using Ask = std::function<Result<storage::LabelStrings>(storage::Querier&, const std::vector<storage::Matcher>&)>;

Response Search(const SearchApiDeps& deps, const char* endpoint, bool metrics, const Request& http, const Ask& ask) {
  const auto request = ReadRequest(deps, endpoint, http.params);
  if (request.has_error()) return ApiError(request.error());
  const auto querier = deps.storage.NewQuerier(request->range.start_ms, request->range.end_ms);
  std::vector<std::string> names;
  std::vector<std::string> warnings;
  const MatcherSets everything(1);
  for (const auto& matchers : request->sets.empty() ? everything : request->sets) {
    auto part = ask(*querier, matchers);
    if (part.has_error()) return ApiError(part.error());
    names.insert(names.end(), std::make_move_iterator(part->values.begin()),
                 std::make_move_iterator(part->values.end()));
    warnings.insert(warnings.end(), part->warnings.begin(), part->warnings.end());
  }
  for (auto* list : {&names, &warnings}) {
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  const std::vector<Hit> hits = Fitting(*request, names);
  const bool with_metadata = metrics && request->include_metadata && !hits.empty();
  return Lines(*request, hits, warnings, with_metadata ? FirstMetadata(deps.scrape) : Metadata());
}

}  // namespace

void RegisterSearchApi(Router& router, SearchApiDeps deps) {
  const auto add = [&](const std::string& endpoint, auto handler) {
    router.Add({"GET", "POST"}, "/api/v1/search/" + endpoint, [deps, handler](const Request& http) {
      if (!deps.enabled) return ApiError(ApiErrorType::kUnavailable, "search API disabled");
      return handler(deps, http);
    });
  };
  add("metric_names", [](const SearchApiDeps& d, const Request& http) {
    return Search(d, "metric_names", true, http, [](storage::Querier& querier, const auto& matchers) {
      return querier.LabelValues(std::string(storage::kMetricName), matchers, 0);
    });
  });
  add("label_names", [](const SearchApiDeps& d, const Request& http) {
    return Search(d, "label_names", false, http,
                  [](storage::Querier& querier, const auto& matchers) { return querier.LabelNames(matchers, 0); });
  });
  add("label_values", [](const SearchApiDeps& d, const Request& http) {
    const std::string label(http.params.Get("label"));
    if (label.empty()) return ApiError(ApiErrorType::kBadData, "missing required parameter \"label\"");
    return Search(d, "label_values", false, http, [&label](storage::Querier& querier, const auto& matchers) {
      return querier.LabelValues(label, matchers, 0);
    });
  });
}

}  // namespace vigia::server
