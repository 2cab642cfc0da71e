// promql explain: how the server would carry out a query, without a server.
#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>

#include <fmt/format.h>

#include "promql/engine/engine.h"
#include "server/api/explain_json.h"
#include "server/api/parameters.h"
#include "server/api/query_times.h"
#include "server/tool/arguments.h"
#include "server/tool/commands.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

// Never asked for a series: a plan is made of the text alone.
class NoSeries : public storage::Queryable {
 public:
  std::unique_ptr<storage::Querier> NewQuerier(storage::TimestampMs, storage::TimestampMs) const override {
    return nullptr;
  }
};

// The features that change what a query means; others of the server's are accepted, and told of.
void Enable(std::string_view list, const ToolWorld& world, promql::EngineOptions& options) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name == "promql-experimental-functions") {
      options.parser.experimental_functions = true;
    } else if (name == "promql-extended-range-selectors") {
      options.parser.extended_range_selectors = true;
    } else if (name == "promql-binop-fill-modifiers") {
      options.parser.binop_fill_modifiers = true;
    } else if (name == "promql-delayed-name-removal") {
      options.delayed_name_removal = true;
    } else if (!name.empty()) {
      world.err << fmt::format("vigiatool: --enable-feature={} changes no plan\n", name);
    }
  }
}

// Now, at --time, or over a range as soon as one of its three flags is given. What is missing of a range is as in
// `query range`: up to now, five minutes, at most 250 steps.
Status ReadTimes(const Arguments& arguments, const ToolWorld& world, promql::QueryRequest& request) {
  Params params;
  for (const char* name : {"time", "start", "end", "step"}) {
    if (const std::string value = arguments.Get(name); !value.empty()) params.Add(name, value);
  }
  if (!params.Has("start") && !params.Has("end") && !params.Has("step")) {
    return ReadInstant(params, world.clock(), request);
  }
  if (params.Has("time")) return Error{Errc::kInvalid, "--time is for instant queries, without --start, --end, --step"};
  const auto end_ms = OptionalTime(params, "end", world.clock());
  if (end_ms.has_error()) return end_ms.error();
  const auto start_ms = OptionalTime(params, "start", *end_ms - 300'000);
  if (start_ms.has_error()) return start_ms.error();
  const double span_seconds = static_cast<double>(*end_ms - *start_ms) / 1000;
  if (!params.Has("start")) params.Add("start", fmt::format("{}", static_cast<double>(*start_ms) / 1000));
  if (!params.Has("end")) params.Add("end", fmt::format("{}", static_cast<double>(*end_ms) / 1000));
  if (!params.Has("step")) params.Add("step", fmt::format("{}", std::max(std::floor(span_seconds / 250), 1.0)));
  return ReadRange(params, request);
}

void AppendText(std::string& out, const promql::ExplainNode& node, std::size_t depth) {
  out.append(2 * depth, ' ').append(node.op);
  if (!node.detail.empty()) out.append(" ").append(node.detail);
  out += fmt::format("  [steps={} text={}..{}]\n", node.steps, node.start, node.end);
  for (const promql::ExplainNode& child : node.children) AppendText(out, child, depth + 1);
}

Result<promql::ExplainNode> Plan(const Arguments& arguments, const ToolWorld& world) {
  promql::EngineOptions options;
  options.clock = world.clock;
  options.worker_threads = 0;
  options.range_cache_bytes = 0;
  for (const std::string& list : arguments.GetAll("enable-feature")) Enable(list, world, options);
  if (const std::string text = arguments.Get("evaluation-interval"); !text.empty()) {
    const auto interval = ParseDurationSeconds(text);
    if (interval.has_error() || *interval <= 0) {
      return Error{Errc::kInvalid, fmt::format("--evaluation-interval: not a duration above 0: \"{}\"", text)};
    }
    options.default_subquery_step_ms = *interval;
  }
  promql::QueryRequest request;
  request.text = arguments.positional()[0];
  if (auto status = ReadTimes(arguments, world, request); status.has_error()) return status.error();
  const NoSeries storage;
  storage::Registry registry;
  return promql::Engine(options, storage, registry).Explain(request);
}

}  // namespace

int ExplainQuery(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(
      words, {{"time", "start", "end", "step", "enable-feature", "evaluation-interval", "format", "o"}, {}});
  if (!arguments) return Wrong(world, arguments.error().what);
  if (arguments->positional().size() != 1) return Wrong(world, "expected one query");
  const std::string format = arguments->Get("format", arguments->Get("o", "text"));
  if (format != "text" && format != "json") {
    return Wrong(world, fmt::format("enum value must be one of text,json, got '{}'", format));
  }
  const auto plan = Plan(*arguments, world);
  if (!plan) return Wrong(world, plan.error().what);
  std::string out;
  if (format == "json") {
    out = R"({"explain":)";
    AppendExplainJson(out, *plan);
    out += "}\n";
  } else {
    AppendText(out, *plan, 0);
  }
  world.out << out;
  return kSuccess;
}

}  // namespace vigia::server
