#include "tests/promqltest/runner.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "tests/promqltest/at_check.h"
#include "tests/promqltest/compare.h"
#include "tests/promqltest/nhcb.h"

namespace vigia::promqltest {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

constexpr DurationMs kMinuteMs = 60'000;

promql::QueryRequest Request(const std::string& expr, const TimeRange& times) {
  promql::QueryRequest request;
  request.text = expr;
  request.start_ms = times.start_ms;
  request.end_ms = times.end_ms;
  request.step_ms = times.step_ms;
  return request;
}

bool HasHistograms(const std::vector<SeriesLine>& lines) {
  return std::ranges::any_of(lines, [](const SeriesLine& line) {
    return std::ranges::any_of(line.points, [](const Point& point) { return point.h != nullptr; });
  });
}

// Of two lines with the same labels the later wins.
std::vector<const SeriesLine*> LastOfEach(const std::vector<SeriesLine>& lines) {
  std::map<storage::Labels, const SeriesLine*> last;
  for (const SeriesLine& line : lines) {
    if (!line.is_start_line) last[line.labels] = &line;
  }
  std::vector<const SeriesLine*> out;
  for (const SeriesLine& line : lines) {
    if (!line.is_start_line && last[line.labels] == &line) out.push_back(&line);
  }
  return out;
}

}  // namespace

Status Runner::Reset() {
  engine_.reset();
  registry_.reset();
  storage_.reset();
  auto fresh = options_.new_storage();
  if (!fresh) return fresh.error();
  storage_ = std::move(*fresh);
  registry_ = std::make_unique<storage::Registry>();
  engine_ = std::make_unique<promql::Engine>(options_.engine, storage_->queryable(), *registry_);
  has_start_timestamps_ = has_histograms_ = false;
  return {};
}

std::vector<CaseResult> Runner::Run(const std::vector<Command>& commands) {
  std::vector<CaseResult> results;
  const auto note = [&results](int line, const Status& status) {
    if (!status) results.push_back({line, "", status.error().what, {}});
  };
  for (const Command& command : commands) {
    if (std::holds_alternative<Clear>(command.what)) {
      engine_.reset();
      continue;
    }
    if (!engine_) note(command.line, Reset());
    if (!engine_) return results;
    if (const auto* load = std::get_if<Load>(&command.what)) {
      note(command.line, Execute(*load));
    } else if (const auto* eval = std::get_if<Eval>(&command.what)) {
      CaseResult result{command.line, eval->expr, "", {}};
      result.failure = Execute(*eval, result.needs);
      results.push_back(std::move(result));
    }
  }
  return results;
}

Status Runner::Execute(const Load& load) {
  has_histograms_ = has_histograms_ || load.with_nhcb || HasHistograms(load.series);
  has_start_timestamps_ = has_start_timestamps_ || std::ranges::any_of(load.series, &SeriesLine::is_start_line);
  if (Status appended = Append(load, load.series); !appended || !load.with_nhcb) return appended;
  const storage::Result<std::vector<SeriesLine>> converted = ConvertToNhcb(load.series);
  if (!converted) return converted.error();
  return Append(load, *converted);
}

Status Runner::Append(const Load& load, const std::vector<SeriesLine>& lines) {
  const auto appender = storage_->appendable().NewAppender({});
  std::map<storage::Labels, const SeriesLine*> starts;
  for (const SeriesLine& line : lines) {
    if (line.is_start_line) starts[line.labels] = &line;
  }
  for (const SeriesLine* line : LastOfEach(lines)) {
    const storage::Result<storage::SeriesRef> ref = appender->Resolve(line->labels);
    if (!ref) return storage::Prefixed(ref.error(), line->labels.ToString());
    const auto start_line = starts.find(line->labels);
    for (std::size_t i = 0; i < line->points.size(); ++i) {
      const Point& point = line->points[i];
      if (point.omitted) continue;
      const TimestampMs t = static_cast<std::int64_t>(i) * load.step_ms;
      const storage::AppendOutcome outcome =
          point.h ? appender->AppendHistogram(*ref, t, point.h) : appender->Append(*ref, t, point.v);
      if (start_line != starts.end() && i < start_line->second->start_offsets_ms.size()) {
        const auto& offset = start_line->second->start_offsets_ms[i];
        if (offset) appender->SetStart(*ref, t, t + *offset);
      }
      if (outcome == storage::AppendOutcome::kAdded || outcome == storage::AppendOutcome::kSame) continue;
      return Error{Errc::kInvalid, fmt::format("{} at {} ms was refused: outcome {}", line->labels.ToString(), t,
                                               static_cast<int>(outcome))};
    }
  }
  if (storage::Status committed = appender->Commit(); !committed) return committed;
  return storage_->Settle();
}

std::string Runner::Execute(const Eval& eval, std::set<std::string>& needs) {
  const auto traits = Examine(eval.expr, options_.engine.parser, eval.times.start_ms);
  if (!traits) return eval.fail ? CheckOutcome(eval, traits.error(), true) : traits.error().what;
  if (has_start_timestamps_ || eval.expr.find("start_timestamp") != std::string::npos) needs.insert("start-timestamps");
  if (has_histograms_) needs.insert("native-histograms");
  if (traits->experimental_functions) needs.insert("experimental-functions");
  if (traits->extended_ranges) needs.insert("extended-ranges");
  if (traits->fill) needs.insert("fill");
  if (traits->computed_durations) needs.insert("duration-expressions");
  if (eval.is_range) {
    return CheckOutcome(eval, engine_->Execute(Request(eval.expr, eval.times)), true);
  }
  const TimestampMs at = eval.times.start_ms;
  const bool also_range =
      !eval.fail && !eval.ordered && !eval.string && !eval.range_vector && !traits->uses_query_range;
  std::string failure = CheckInstant(eval, eval.expr, at, false, also_range);
  if (!failure.empty() || !traits->pinned) return failure;
  const TimestampMs at_zero[] = {-1000, 0, 1000};
  const TimestampMs at_others[] = {-10 * at, 0, at / 5, at, 10 * at};
  for (const TimestampMs time : at == 0 ? std::span<const TimestampMs>(at_zero) : at_others) {
    failure = CheckInstant(eval, *traits->pinned, time, true, also_range);
    if (!failure.empty()) return fmt::format("{} at {} ms: {}", *traits->pinned, time, failure);
  }
  return "";
}

std::string Runner::CheckInstant(const Eval& eval, const std::string& expr, TimestampMs at_ms, bool pinned,
                                 bool also_range) {
  const auto result = engine_->Execute(Request(expr, {at_ms, at_ms, 0}));
  // Printing the pinned expression moves its parts: positions differ.
  std::string failure = CheckOutcome(eval, result, !pinned);
  if (failure.empty() && also_range) failure = CheckInRange(eval, expr, at_ms);
  return failure;
}

std::string Runner::CheckOutcome(const Eval& eval, const storage::Result<promql::QueryResult>& result,
                                 bool with_positions) {
  if (!result) {
    const std::string& message = result.error().what;
    if (!eval.fail) return "error: " + message;
    if (!eval.fail_message || eval.fail_message->Matches(message)) return "";
    return fmt::format("expected the error \"{}\", got \"{}\"", eval.fail_message->text, message);
  }
  if (eval.fail) return "expected an error, got none";
  if (const auto difference = CompareAnnotations(eval, result->annotations, with_positions)) return *difference;
  return CompareValue(eval, result->value).value_or("");
}

std::string Runner::CheckInRange(const Eval& eval, const std::string& expr, TimestampMs at_ms) {
  const auto result = engine_->Execute(Request(expr, {at_ms - kMinuteMs, at_ms + kMinuteMs, kMinuteMs}));
  if (!result) return "as a range query: error: " + result.error().what;
  const auto* matrix = std::get_if<promql::Matrix>(&result->value);
  if (matrix == nullptr) return "as a range query: the result is no matrix";
  const auto value = ValueAt(eval, *matrix, at_ms);
  if (!value) return "as a range query: " + value.error().what;
  const auto difference = CompareValue(eval, *value);
  return difference ? "as a range query: " + *difference : "";
}

}  // namespace vigia::promqltest
