// tsdb dump, tsdb dump-openmetrics: the samples of a stopped data folder as text.
#include <algorithm>
#include <charconv>
#include <functional>
#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "promql/histogram/format.h"
#include "promql/parser/parse.h"
#include "promql/value/format.h"
#include "server/tool/arguments.h"
#include "server/tool/commands.h"
#include "server/tool/tsdb_text.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::server {
namespace {

using storage::Matcher;
using storage::SamplesView;
using storage::TimestampMs;

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

struct DumpOptions {
  TimestampMs min_t = storage::kMinTimestampMs;
  TimestampMs max_t = storage::kMaxTimestampMs;
  std::vector<std::vector<Matcher>> selectors;
  std::string format = "prom";
  std::string folder = "data";
};

storage::Result<TimestampMs> TimeOf(const Arguments& arguments, std::string_view flag, TimestampMs otherwise) {
  const std::string text = arguments.Get(flag);
  if (text.empty()) return otherwise;
  TimestampMs t = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), t);
  if (error != std::errc() || end != text.data() + text.size()) {
    return storage::Error{storage::Errc::kInvalid,
                          fmt::format("expected Unix milliseconds for --{}, got '{}'", flag, text)};
  }
  return t;
}

storage::Result<DumpOptions> OptionsOf(const Words& words) {
  const auto arguments = Arguments::Parse(words, {{"min-time", "max-time", "match", "format"}, {}});
  if (!arguments) return arguments.error();
  DumpOptions options;
  const auto min_t = TimeOf(*arguments, "min-time", options.min_t);
  const auto max_t = TimeOf(*arguments, "max-time", options.max_t);
  if (!min_t) return min_t.error();
  if (!max_t) return max_t.error();
  options.min_t = *min_t;
  options.max_t = *max_t;
  for (const std::string& text : arguments->GetAll("match")) {
    auto matchers = promql::ParseMetricSelector(text);
    if (!matchers) return matchers.error();
    options.selectors.push_back(std::move(*matchers));
  }
  if (options.selectors.empty()) {
    auto any = Matcher::Create(storage::MatchType::kRegex, std::string(storage::kMetricName), ".*");
    if (!any) return any.error();
    options.selectors.push_back({*std::move(any)});
  }
  options.format = arguments->Get("format", options.format);
  if (options.format != "prom" && options.format != "seriesjson") {
    return storage::Error{storage::Errc::kInvalid,
                          fmt::format("enum value must be one of prom,seriesjson, got '{}'", options.format)};
  }
  if (arguments->positional().size() > 1) return storage::Error{storage::Errc::kInvalid, "expected one data folder"};
  if (!arguments->positional().empty()) options.folder = arguments->positional()[0];
  return options;
}

// Calls `print` for each series that a selector matches, once, in the order of their labels.
using Print = std::function<void(const storage::Labels&, const SamplesView&)>;
storage::Status ForEachSeries(const storage::Tsdb& db, const DumpOptions& options, const Print& print) {
  struct Place {
    storage::Labels labels;
    const storage::Selection* selection;
    std::size_t index;
  };
  storage::SelectHints hints;
  hints.start_ms = options.min_t;
  hints.end_ms = options.max_t;
  std::vector<std::unique_ptr<storage::Selection>> selections;
  std::vector<Place> places;
  const auto querier = db.NewQuerier(options.min_t, options.max_t);
  for (const auto& matchers : options.selectors) {
    auto selection = querier->Select(hints, matchers);
    if (!selection) return selection.error();
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      places.push_back({(*selection)->labels(i), selection->get(), i});
    }
    selections.push_back(std::move(*selection));
  }
  std::stable_sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.labels < b.labels; });
  storage::ReadBuffer buffer;
  const storage::Labels* last = nullptr;
  for (const Place& place : places) {
    if (last != nullptr && *last == place.labels) continue;
    last = &place.labels;
    const auto samples = place.selection->Read(place.index, buffer);
    if (!samples) return storage::Prefixed(samples.error(), place.labels.ToString());
    if (!samples->t.empty()) print(place.labels, *samples);
  }
  return {};
}

bool IsHistogram(const SamplesView& samples, std::size_t i) { return !samples.h.empty() && samples.h[i] != nullptr; }

void PrintPlain(const storage::Labels& labels, const SamplesView& samples, std::ostream& out) {
  const std::string name = LabelsInBraces(labels);
  for (std::size_t i = 0; i < samples.t.size(); ++i) {
    const std::string value =
        IsHistogram(samples, i) ? promql::FormatHistogram(*samples.h[i]) : promql::FormatGeneral(samples.v[i]);
    out << fmt::format("{} {} {}\n", name, value, samples.t[i]);
  }
}

void PrintSeriesJson(const storage::Labels& labels, std::ostream& out) {
  nlohmann::json object = nlohmann::json::object();
  for (const auto& [name, value] : labels) object[std::string(name)] = value;
  out << object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

// The text format knows no native histograms: they are left out and counted.
std::size_t PrintOpenMetrics(const storage::Labels& labels, const SamplesView& samples, std::ostream& out) {
  const std::string_view metric = labels.metric_name();
  const bool legacy = storage::IsLegacyMetricName(metric);
  std::string name = legacy ? std::string(metric) + LabelsInBraces(labels.WithoutMetricName()) : std::string();
  if (!legacy) {
    name = "{" + storage::Quoted(metric);
    const std::string rest = LabelsInBraces(labels.WithoutMetricName());
    name += rest.size() > 2 ? ", " + rest.substr(1) : "}";
  }
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < samples.t.size(); ++i) {
    if (IsHistogram(samples, i)) {
      ++left_out;
      continue;
    }
    out << fmt::format("{} {} {:.3f}\n", name, promql::FormatGeneral(samples.v[i]),
                       static_cast<double>(samples.t[i]) / 1000);
  }
  return left_out;
}

int Dump(const DumpOptions& options, const ToolWorld& world, const Print& print) {
  storage::TsdbOptions open;
  open.path = options.folder;
  open.read_only = true;
  open.background = false;
  bool damaged = false;
  open.log = [&](storage::LogLevel level, std::string_view text) {
    if (level != storage::LogLevel::kError) return;
    damaged = true;
    world.err << "vigiatool: " << text << "\n";
  };
  storage::Registry registry;
  const auto db = storage::Tsdb::Open(open, registry);
  if (!db) return Wrong(world, db.error().what);
  const storage::Status status = ForEachSeries(**db, options, print);
  if (!status) return Wrong(world, status.error().what);
  return damaged ? kFailure : kSuccess;
}

}  // namespace

int TsdbDump(const Words& words, const ToolWorld& world) {
  const auto options = OptionsOf(words);
  if (!options) return Wrong(world, options.error().what);
  return Dump(*options, world, [&](const storage::Labels& labels, const SamplesView& samples) {
    if (options->format == "seriesjson") return PrintSeriesJson(labels, world.out);
    PrintPlain(labels, samples, world.out);
  });
}

int TsdbDumpOpenMetrics(const Words& words, const ToolWorld& world) {
  const auto options = OptionsOf(words);
  if (!options) return Wrong(world, options.error().what);
  std::size_t left_out = 0;
  const int code = Dump(*options, world, [&](const storage::Labels& labels, const SamplesView& samples) {
    left_out += PrintOpenMetrics(labels, samples, world.out);
  });
  if (code == kSuccess) world.out << "# EOF\n";
  if (left_out > 0) {
    world.err << fmt::format("vigiatool: {} native histogram samples are left out: the format has none\n", left_out);
  }
  return code;
}

}  // namespace vigia::server
