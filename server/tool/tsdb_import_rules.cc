// tsdb create-blocks-from rules: what recording rules would have given in the past, asked of a server by query_range,
// as promtool's cmd/promtool/rules.go does it.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "alerting/rules/schedule.h"
#include "config/schema/rule_file.h"
#include "promql/parser/parse.h"
#include "server/exposition/number.h"
#include "server/http/url.h"
#include "server/json/rfc3339.h"
#include "server/tool/create_blocks.h"
#include "storage/inspect/place.h"

namespace vigia::server {
namespace {

using Json = nlohmann::json;
using storage::DurationMs;
using storage::Errc;
using storage::Error;
using storage::Status;
using storage::TimestampMs;

constexpr DurationMs kPieceMs = 2 * 60 * 60 * 1000;  // Of one query, so that no answer is large;
constexpr std::int64_t kMaxSteps = 10'000;           // servers refuse more than 11,000 steps.
constexpr DurationMs kDefaultEndAge = 3 * 60 * 60 * 1000;
constexpr std::uint64_t kMaxAnswerBytes = 1u << 30;

struct RulesOptions {
  std::string url;
  TimestampMs start_ms = 0;
  TimestampMs end_ms = 0;
  DurationMs interval_ms = 0;
  std::string folder;
};

storage::Result<TimestampMs> TimeOf(std::string_view text, std::string_view which) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size() && std::abs(seconds) < 1e12) {
    return static_cast<TimestampMs>(std::llround(seconds * 1000));
  }
  if (const auto ms = ParseRfc3339Ms(text)) return *ms;
  return Error{Errc::kInvalid,
               fmt::format("error parsing {} time: cannot parse \"{}\" to a valid timestamp", which, text)};
}

storage::Result<RulesOptions> OptionsOf(const Arguments& arguments, TimestampMs now_ms) {
  RulesOptions options;
  options.url = arguments.Get("url", "http://localhost:9090");
  while (options.url.ends_with('/')) options.url.pop_back();
  if (arguments.Get("start").empty()) {
    return Error{Errc::kInvalid, "required flag --start not provided, try --help"};
  }
  const auto interval = promql::ParseDuration(arguments.Get("eval-interval", "60s"));
  if (!interval) return Error{Errc::kInvalid, "--eval-interval: " + interval.error().what};
  if (*interval <= 0) return Error{Errc::kInvalid, "--eval-interval must be greater than 0"};
  options.interval_ms = *interval;
  const auto start = TimeOf(arguments.Get("start"), "start");
  if (!start) return start.error();
  const std::string end_text = arguments.Get("end");
  const auto end = end_text.empty() ? storage::Result<TimestampMs>(now_ms - kDefaultEndAge) : TimeOf(end_text, "end");
  if (!end) return end.error();
  if (*start >= *end) return Error{Errc::kInvalid, "start time is not before end time"};
  options.start_ms = *start;
  options.end_ms = *end;
  options.folder = arguments.Get("output-dir", kBackfillFolder);
  return options;
}

class RulesImport {
 public:
  RulesImport(const RulesOptions& options, Backfill& backfill, const ToolWorld& world)
      : options_(options), backfill_(backfill), world_(world) {}

  // False when a rule failed, of which the user is told; the others are looked at all the same.
  bool Import(const config::RuleFile& file) {
    bool good = true;
    for (const auto& group : file.groups) {
      world_.err << fmt::format("level=info component=backfiller msg=\"processing group\" name=\"{};{}\"\n", file.path,
                                group.name);
      const alerting::Schedule schedule(file.path, group.name, group.interval_ms.value_or(options_.interval_ms));
      for (std::size_t i = 0; i < group.rules.size(); ++i) {
        const config::RuleConfig& rule = group.rules[i];
        if (rule.record.empty()) continue;
        world_.err << fmt::format("level=info component=backfiller msg=\"processing rule\" id={} name={}\n", i,
                                  rule.record);
        TimestampMs done_ms = options_.start_ms;
        if (const Status status = ImportRule(rule, schedule, done_ms); !status) {
          const std::string stored = done_ms == options_.start_ms
                                         ? "nothing of it is stored"
                                         : "what it gives before " + storage::TimeText(done_ms) + " is stored";
          world_.err << fmt::format("rule importer error: {}:{}: {}: {} ({})\n", file.path, rule.line, rule.record,
                                    status.error().what, stored);
          good = false;
        }
      }
    }
    return good;
  }

 private:
  // `done_ms`: before it everything is stored.
  Status ImportRule(const config::RuleConfig& rule, const alerting::Schedule& schedule, TimestampMs& done_ms) {
    const Status asked = AskPieces(rule, schedule, done_ms);
    const Status flushed = backfill_.Flush();
    if (!flushed) done_ms = options_.start_ms;
    return asked ? flushed : asked;
  }

  Status AskPieces(const config::RuleConfig& rule, const alerting::Schedule& schedule, TimestampMs& done_ms) {
    const DurationMs interval = schedule.interval_ms();
    const DurationMs piece = std::min(kPieceMs, interval * kMaxSteps);
    TimestampMs first = schedule.AtOrBefore(options_.start_ms);
    if (first < options_.start_ms) first += interval;
    while (first <= options_.end_ms) {
      const TimestampMs last = std::min(first + (piece - 1) / interval * interval, options_.end_ms);
      Json data;
      if (Status status = Ask(rule.expr, first, last, interval, data); !status) {
        return Prefixed(status.error(), "query range");
      }
      if (Status status = Take(rule, data); !status) return status;
      first = last - (last - first) % interval + interval;
      done_ms = first;
    }
    return {};
  }

  // `data`: that field of the answer.
  Status Ask(const std::string& expr, TimestampMs first, TimestampMs last, DurationMs step, Json& data) {
    Params params;
    params.Add("query", expr);
    params.Add("start", fmt::format("{:.3f}", static_cast<double>(first) / 1000));
    params.Add("end", fmt::format("{:.3f}", static_cast<double>(last) / 1000));
    params.Add("step", fmt::format("{:.3f}", static_cast<double>(step) / 1000));
    HttpRequest request;
    request.method = "POST";
    request.url = options_.url + "/api/v1/query_range";
    request.timeout_ms = 120'000;
    request.max_body_bytes = kMaxAnswerBytes;
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded");
    request.body = EncodeQuery(params);
    const auto response = world_.fetch(std::move(request));
    if (!response) return response.error();
    Json envelope = Json::parse(response->body, nullptr, false);
    if (!envelope.is_object()) {
      return Error{Errc::kInvalid, fmt::format("server returned {} and no JSON", response->status)};
    }
    try {
      if (envelope.value("status", "") != "success") {
        return Error{Errc::kInvalid, envelope.value("errorType", "") + ": " + envelope.value("error", "")};
      }
      for (const Json& warning : envelope.value("warnings", Json::array())) {
        world_.err << fmt::format(
            "level=warn component=backfiller msg=\"Range query returned warnings.\" warnings={}\n", warning.dump());
      }
      data = std::move(envelope.at("data"));
      return {};
    } catch (const Json::exception& e) {
      return Error{Errc::kInvalid, fmt::format("unexpected answer: {}", e.what())};
    }
  }

  Status Take(const config::RuleConfig& rule, const Json& data) {
    try {
      if (data.at("resultType") != "matrix") {
        return Error{Errc::kInvalid, "rule result is wrong type " + data.at("resultType").get<std::string>()};
      }
      for (const Json& series : data.at("result")) {
        if (Status status = TakeSeries(rule, series); !status) return status;
      }
    } catch (const Json::exception& e) {
      return Error{Errc::kInvalid, fmt::format("unexpected answer: {}", e.what())};
    }
    return {};
  }

  Status TakeSeries(const config::RuleConfig& rule, const Json& series) {
    storage::LabelsBuilder builder;
    for (const auto& [name, value] : series.at("metric").items()) builder.Set(name, value.get<std::string>());
    for (const auto& [name, value] : rule.labels) builder.Set(name, value);  // They win over the query's.
    builder.Set(storage::kMetricName, rule.record);
    if (series.contains("histograms")) {
      return Error{Errc::kInvalid,
                   "the result has native histograms, of which answers do not tell all: " + builder.Build().ToString()};
    }
    const auto ref = backfill_.Resolve(builder.Build());
    if (!ref) return ref.error();
    for (const Json& point : series.at("values")) {
      const auto value = ParseGoFloat(point.at(1).get<std::string>());
      if (!value) return Error{Errc::kInvalid, "unexpected answer: " + point.dump() + " is no sample"};
      backfill_.Add(*ref, static_cast<TimestampMs>(std::llround(point.at(0).get<double>() * 1000)), *value);
      if (!backfill_.full()) continue;
      if (Status status = backfill_.Flush(); !status) return status;
    }
    return {};
  }

  const RulesOptions& options_;
  Backfill& backfill_;
  const ToolWorld& world_;
};

}  // namespace

int CreateBlocksFromRules(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(
      words, {{"url", "start", "end", "output-dir", "eval-interval"}, {"human-readable", "r", "quiet", "q"}});
  if (!arguments) return CreateBlocksFailed(world, arguments.error().what);
  const auto options = OptionsOf(*arguments, world.clock());
  if (!options) return CreateBlocksFailed(world, options.error().what);
  if (arguments->positional().empty()) {
    return CreateBlocksFailed(world, "required argument 'rule-files' not provided, try --help");
  }
  std::vector<config::RuleFile> files;
  for (const std::string& path : arguments->positional()) {
    if (!std::filesystem::exists(path)) {
      return CreateBlocksFailed(world, fmt::format("path '{}' does not exist, try --help", path));
    }
    auto file = config::LoadRuleFile(path);
    if (!file) return CreateBlocksFailed(world, "rule importer parse error: " + file.error().what);
    files.push_back(std::move(*file));
  }
  const auto backfill = Backfill::Open(options->folder, world);
  if (!backfill) return CreateBlocksFailed(world, backfill.error().what);
  RulesImport import(*options, **backfill, world);
  bool good = true;
  for (const config::RuleFile& file : files) good = import.Import(file) && good;
  if (const Status status = (*backfill)->Finish(); !status) return CreateBlocksFailed(world, status.error().what);
  const int reported = ReportBackfill(**backfill, options->folder, *arguments, world);
  return good ? reported : CreateBlocksFailed(world, "error importing rules");
}

}  // namespace vigia::server
