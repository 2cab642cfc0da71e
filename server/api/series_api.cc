#include "server/api/series_api.h"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "server/api/envelope.h"
#include "server/api/parameters.h"
#include "server/api/result_json.h"
#include "storage/model/label_order.h"

namespace vigia::server {
namespace {

using storage::Error;
using storage::Labels;
using storage::LabelStrings;
using storage::Matcher;
using storage::Queryable;
using storage::Result;

struct SeriesRequest {
  TimeRange range;
  MatcherSets sets;
  std::uint64_t limit = 0;

  // Nothing is in the range, and storage need not be asked.
  bool empty() const { return range.end_ms < range.start_ms; }
};

// `matchers_prefix` stands before what is wrong with a match[]: Prometheus has none in the answers about labels.
Result<SeriesRequest> ReadRequest(const Request& http, const std::string& matchers_prefix) {
  SeriesRequest request;
  const auto limit = ParseLimit(http.params.Get("limit"));
  if (limit.has_error()) {
    return Error{storage::Errc::kInvalid, fmt::format("invalid parameter \"limit\": {}", limit.error().what)};
  }
  request.limit = *limit;
  const auto range = ParseTimeRange(http.params);
  if (range.has_error()) return range.error();
  request.range = *range;
  auto sets = ParseMatcherSets(http.params);
  if (sets.has_error()) return Error{storage::Errc::kInvalid, matchers_prefix + sets.error().what};
  request.sets = std::move(*sets);
  return request;
}

// One more than the caller wants, so that a cut can be seen.
std::uint64_t StorageLimit(const SeriesRequest& request) { return request.limit == 0 ? 0 : request.limit + 1; }

// Texts of storage, each once.
promql::Annotations Warnings(const std::set<std::string>& warnings) {
  promql::Annotations annotations;
  annotations.warnings.assign(warnings.begin(), warnings.end());
  return annotations;
}

Response AnswerStrings(std::vector<std::string> values, std::uint64_t limit, const std::set<std::string>& warnings) {
  promql::Annotations annotations = Warnings(warnings);
  if (limit > 0 && values.size() > limit) {
    values.resize(limit);
    annotations.warnings.emplace_back(kTruncatedWarning);
  }
  std::string body(SuccessHead());
  std::size_t bytes = body.size() + 64;
  for (const std::string& value : values) bytes += value.size() + 3;
  body.reserve(bytes);
  JsonWriter json(body);
  json.BeginArray();
  for (const std::string& value : values) json.String(value);
  json.EndArray();
  return FinishSuccess(std::move(body), annotations);
}

// Asks once for each set of matchers, or once for all series, and unites the answers.
template <class Ask>
Response UniteStrings(const SeriesRequest& request, Ask ask) {
  std::vector<std::string> all;
  std::set<std::string> warnings;
  const MatcherSets everything(1);
  for (const auto& matchers : request.sets.empty() ? everything : request.sets) {
    Result<LabelStrings> part = ask(matchers);
    if (part.has_error()) return ApiError(part.error());
    warnings.insert(part->warnings.begin(), part->warnings.end());
    if (all.empty()) {
      all = std::move(part->values);
      continue;
    }
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), std::make_move_iterator(part->values.begin()), std::make_move_iterator(part->values.end()));
    std::inplace_merge(all.begin(), all.begin() + middle, all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
  }
  return AnswerStrings(std::move(all), request.limit, warnings);
}

Response LabelNames(const Queryable& storage, const Request& http) {
  const auto request = ReadRequest(http, {});
  if (request.has_error()) return ApiError(request.error());
  if (request->empty()) return ApiSuccess("[]");
  const auto querier = storage.NewQuerier(request->range.start_ms, request->range.end_ms);
  return UniteStrings(*request, [&](const std::vector<Matcher>& matchers) {
    return querier->LabelNames(matchers, StorageLimit(*request));
  });
}

Response LabelValues(const Queryable& storage, const Request& http) {
  const std::string name = UnescapeLabelName(http.path_args.at(0));
  if (name.empty() || !storage::IsValidUtf8(name)) {
    return ApiError(ApiErrorType::kBadData, fmt::format("invalid label name: {}", storage::Quoted(name)));
  }
  const auto request = ReadRequest(http, {});
  if (request.has_error()) return ApiError(request.error());
  if (request->empty()) return ApiSuccess("[]");
  const auto querier = storage.NewQuerier(request->range.start_ms, request->range.end_ms);
  return UniteStrings(*request, [&](const std::vector<Matcher>& matchers) {
    return querier->LabelValues(name, matchers, StorageLimit(*request));
  });
}

// Each once.
std::vector<const Labels*> Sorted(const std::vector<Labels>& all) {
  std::vector<const Labels*> sets;
  sets.reserve(all.size());
  for (const Labels& labels : all) sets.push_back(&labels);
  std::vector<const Labels*> sorted;
  sorted.reserve(all.size());
  for (const std::uint32_t i : storage::SortedOrder(sets)) {
    if (sorted.empty() || !(*sorted.back() == *sets[i])) sorted.push_back(sets[i]);
  }
  return sorted;
}

Response Series(const Queryable& storage, const Request& http) {
  if (!http.params.Has("match[]")) return ApiError(ApiErrorType::kBadData, "no match[] parameter provided");
  const auto request = ReadRequest(http, "invalid parameter \"match[]\": ");
  if (request.has_error()) return ApiError(request.error());
  if (request->empty()) return ApiSuccess("[]");
  const auto querier = storage.NewQuerier(request->range.start_ms, request->range.end_ms);
  storage::SelectHints hints;
  hints.start_ms = request->range.start_ms;
  hints.end_ms = request->range.end_ms;
  hints.function = "series";
  hints.limit = StorageLimit(*request);
  std::vector<Labels> all;
  std::set<std::string> warnings;
  for (const auto& matchers : request->sets) {
    const auto selection = querier->Select(hints, matchers);
    if (selection.has_error()) return ApiError(selection.error());
    all.reserve(all.size() + (*selection)->size());
    for (std::string& warning : (*selection)->warnings()) warnings.insert(std::move(warning));
    for (std::size_t i = 0; i < (*selection)->size(); ++i) all.push_back((*selection)->labels(i));
  }
  std::vector<const Labels*> sorted = Sorted(all);
  promql::Annotations annotations;
  if (request->limit > 0 && sorted.size() > request->limit) {
    sorted.resize(request->limit);
    annotations.warnings.emplace_back(kTruncatedWarning);
  }
  std::string body(SuccessHead());
  std::size_t bytes = body.size() + 64;
  for (const Labels* labels : sorted) bytes += labels->bytes().size() * 3 / 2;
  body.reserve(bytes);
  body.push_back('[');
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i > 0) body.push_back(',');
    AppendLabelsJson(body, *sorted[i]);
  }
  body.push_back(']');
  return FinishSuccess(std::move(body), annotations);
}

void AppendUtf8(std::string& out, std::uint32_t rune) {
  if (rune < 0x80) {
    out.push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out.push_back(static_cast<char>(0xc0 | rune >> 6));
    out.push_back(static_cast<char>(0x80 | (rune & 0x3f)));
  } else if (rune < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | rune >> 12));
    out.push_back(static_cast<char>(0x80 | (rune >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (rune & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | rune >> 18));
    out.push_back(static_cast<char>(0x80 | (rune >> 12 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (rune >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (rune & 0x3f)));
  }
}

}  // namespace

std::string UnescapeLabelName(std::string_view name) {
  constexpr std::string_view kPrefix = "U__";
  if (!name.starts_with(kPrefix)) return std::string(name);
  std::string out;
  for (std::string_view rest = name.substr(kPrefix.size()); !rest.empty();) {
    if (rest[0] != '_') {
      out.push_back(rest[0]);
      rest.remove_prefix(1);
      continue;
    }
    if (rest.starts_with("__")) {
      out.push_back('_');
      rest.remove_prefix(2);
      continue;
    }
    const std::size_t close = rest.find('_', 1);
    std::uint32_t rune = 0;
    const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + std::min(close, rest.size()), rune, 16);
    const bool whole = close != std::string_view::npos && end == rest.data() + close && error == std::errc();
    if (!whole || rune > 0x10ffff) return std::string(name);  // Not an escaped name after all.
    AppendUtf8(out, rune);
    rest.remove_prefix(close + 1);
  }
  return out;
}

void RegisterSeriesApi(Router& router, const Queryable& storage) {
  const std::vector<std::string> methods = {"GET", "POST"};  // Grafana posts label values too.
  const auto add = [&](const char* path, Response (*handler)(const Queryable&, const Request&)) {
    router.Add(methods, path, [&storage, handler](const Request& http) { return handler(storage, http); });
  };
  add("/api/v1/labels", &LabelNames);
  add("/api/v1/label/{name}/values", &LabelValues);
  add("/api/v1/series", &Series);
}

}  // namespace vigia::server
