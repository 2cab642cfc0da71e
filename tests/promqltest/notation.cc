#include "tests/promqltest/notation.h"

#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "storage/model/sample.h"
#include "tests/promqltest/histogram_notation.h"
#include "tests/promqltest/numbers.h"

namespace vigia::promqltest {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

Error Invalid(std::string_view what, std::string_view text) {
  return {Errc::kInvalid, fmt::format("{}: \"{}\"", what, text)};
}

// Where the series ends: behind its name, or its closing brace.
std::size_t SeriesEnd(std::string_view line) {
  std::size_t at = line.find_first_of("{ \t@");
  if (at == std::string_view::npos || line[at] != '{') return std::min(at, line.size());
  char quote = 0;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (quote != 0) {
      if (c == '\\' && quote != '`') ++at;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '}') {
      return at + 1;
    }
  }
  return line.size();
}

// Takes "xN" off the front; 1 and false when there is none.
struct Times {
  bool given = false;
  std::size_t count = 0;
};
Result<Times> TakeTimes(std::string_view& text) {
  if (!text.starts_with('x')) return Times{};
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), count);
  if (error != std::errc() || count > kMaxPoints) return Invalid("bad repetition", text);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return Times{true, count};
}

// One item of a list of points, appended to it.
class ItemParser {
 public:
  explicit ItemParser(std::vector<Point>& points) : points_(points) {}

  storage::Status Parse(std::string_view item) {
    if (item.starts_with('_')) return Omitted(item.substr(1));
    if (item.starts_with("stale")) return Floats(storage::kStaleNan, item.substr(5));
    if (item.starts_with("{{")) return Histograms(item);
    const std::size_t length = DecimalPrefix(item);
    const std::optional<double> value = ParseDecimal(item.substr(0, length));
    if (!value) return Invalid("bad point", item);
    return Floats(*value, item.substr(length));
  }

 private:
  storage::Status Add(Point point, std::size_t times) {
    if (points_.size() + times > kMaxPoints) return Error{Errc::kLimit, "too many points"};
    points_.insert(points_.end(), times, point);
    return {};
  }

  storage::Status Omitted(std::string_view rest) {
    const Result<Times> times = TakeTimes(rest);
    if (!times) return times.error();
    if (!rest.empty()) return Invalid("bad gap", rest);
    return Add({.omitted = true}, times->given ? times->count : 1);
  }

  storage::Status Floats(double value, std::string_view rest) {
    double step = 0;
    if (rest.starts_with('+') || rest.starts_with('-')) {
      const std::size_t length = DecimalPrefix(rest);
      const std::optional<double> number = ParseDecimal(rest.substr(0, length));
      if (!number) return Invalid("bad step", rest);
      step = *number;
      rest.remove_prefix(length);
      if (!rest.starts_with('x')) return Invalid("a step without repetition", rest);
    }
    const Result<Times> times = TakeTimes(rest);
    if (!times) return times.error();
    if (!rest.empty()) return Invalid("bad point", rest);
    for (std::size_t i = 0; i <= times->count; ++i) {
      if (storage::Status added = Add({.v = value}, 1); !added) return added;
      if (step != 0) value += step;
    }
    return {};
  }

  // Takes "{{...}}" off the front.
  static Result<WrittenHistogram> TakeHistogram(std::string_view& text) {
    const std::size_t end = text.find("}}");
    if (!text.starts_with("{{") || end == std::string_view::npos) return Invalid("bad histogram", text);
    const std::string_view inner = text.substr(2, end - 2);
    text.remove_prefix(end + 2);
    return ParseHistogram(inner);
  }

  storage::Status Histograms(std::string_view item) {
    Result<WrittenHistogram> first = TakeHistogram(item);
    if (!first) return first.error();
    bool hint_written = first->hint_written;
    std::optional<storage::FloatHistogram> step;
    int sign = 1;
    if (item.starts_with('+') || item.starts_with('-')) {
      sign = item[0] == '+' ? 1 : -1;
      item.remove_prefix(1);
      Result<WrittenHistogram> second = TakeHistogram(item);
      if (!second) return second.error();
      hint_written = second->hint_written;
      step = std::move(second->histogram);
      if (!item.starts_with('x')) return Invalid("a step without repetition", item);
    }
    const Result<Times> times = TakeTimes(item);
    if (!times) return times.error();
    if (!item.empty()) return Invalid("bad histogram", item);
    storage::FloatHistogram current = std::move(first->histogram);
    for (std::size_t i = 0; i <= times->count; ++i) {
      const auto shared = std::make_shared<const storage::FloatHistogram>(current);
      if (storage::Status added = Add({.h = shared, .hint_written = hint_written}, 1); !added) return added;
      if (!step || i == times->count) continue;
      Result<storage::FloatHistogram> next = Combine(current, *step, sign);
      if (!next) return next.error();
      current = std::move(*next);
    }
    return {};
  }

  std::vector<Point>& points_;
};

// The next item: up to a space that is not inside double braces.
std::string_view TakeItem(std::string_view& text) {
  text = Trimmed(text);
  std::size_t at = 0;
  bool braces = false;
  for (; at < text.size(); ++at) {
    if (text.substr(at).starts_with("{{")) braces = true;
    if (text.substr(at).starts_with("}}")) braces = false;
    if (!braces && (text[at] == ' ' || text[at] == '\t')) break;
  }
  const std::string_view item = text.substr(0, at);
  text.remove_prefix(at);
  return item;
}

// D, DxN, D+ExN, D-ExN, _ or _xN.
storage::Status AppendStartOffsets(std::string_view item, std::vector<std::optional<storage::DurationMs>>& out) {
  const std::string_view whole = item;
  const std::size_t x = item.find('x');
  std::string_view repetition = x == std::string_view::npos ? std::string_view() : item.substr(x);
  item = item.substr(0, x);
  const Result<Times> times = TakeTimes(repetition);
  if (!times) return times.error();
  if (item == "_") {
    out.insert(out.end(), times->given ? times->count : 1, std::nullopt);
    return {};
  }
  const std::size_t sign = item.find_first_of("+-", 1);
  std::optional<storage::DurationMs> step = 0;
  if (sign != std::string_view::npos) {
    step = ParseSignedDuration(item.substr(sign));
    item = item.substr(0, sign);
  }
  const std::optional<storage::DurationMs> first = ParseSignedDuration(item);
  if (!first || !step || !repetition.empty()) return Invalid("bad start timestamp", whole);
  for (std::size_t i = 0; i <= times->count; ++i) out.push_back(*first + static_cast<std::int64_t>(i) * *step);
  return {};
}

}  // namespace

Result<SeriesLine> ParseSeriesLine(std::string_view line) {
  const std::size_t end = SeriesEnd(line);
  Result<storage::Labels> labels = promql::ParseMetric(line.substr(0, end));
  if (!labels) return storage::Prefixed(labels.error(), fmt::format("bad series in \"{}\"", line));
  SeriesLine out{.labels = std::move(*labels)};
  std::string_view rest = line.substr(end);
  if (rest.starts_with("@st")) {
    out.is_start_line = true;
    rest.remove_prefix(3);
  }
  ItemParser parser(out.points);
  while (!Trimmed(rest).empty()) {
    const std::string_view item = TakeItem(rest);
    const storage::Status parsed =
        out.is_start_line ? AppendStartOffsets(item, out.start_offsets_ms) : parser.Parse(item);
    if (!parsed) return parsed.error();
  }
  return out;
}

}  // namespace vigia::promqltest
