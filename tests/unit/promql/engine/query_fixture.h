// What tests of the engine share: a storage, an engine, and results as readable text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "promql/engine/engine.h"
#include "promql/value/format.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

namespace vigia::promql {

inline constexpr storage::DurationMs kSecond = 1000;
inline constexpr storage::DurationMs kMinute = 60 * kSecond;

class QueryFixture {
 public:
  explicit QueryFixture(EngineOptions options = {}) : engine_(Enabled(std::move(options)), storage_, registry_) {}

  tests::MemoryStorage& storage() { return storage_; }
  Engine& engine() { return engine_; }
  storage::Registry& registry() { return registry_; }

  storage::Result<QueryResult> Run(const std::string& text, TimestampMs at) {
    QueryRequest request;
    request.text = text;
    request.start_ms = request.end_ms = at;
    return engine_.Execute(request);
  }
  storage::Result<QueryResult> Run(const std::string& text, TimestampMs start, TimestampMs end,
                                   storage::DurationMs step) {
    QueryRequest request;
    request.text = text;
    request.start_ms = start;
    request.end_ms = end;
    request.step_ms = step;
    return engine_.Execute(request);
  }

  // "metric{l=\"v\"} 1; ..." in the order of the result, or "error: ...".
  std::string Instant(const std::string& text, TimestampMs at) { return Show(Run(text, at)); }
  // "metric 1@0 2@60000; ...".
  std::string Range(const std::string& text, TimestampMs start, TimestampMs end, storage::DurationMs step) {
    return Show(Run(text, start, end, step));
  }

  static std::string Show(const storage::Result<QueryResult>& result) {
    if (!result) return "error: " + result.error().what;
    std::vector<std::string> parts;
    const Value& value = result->value;
    if (const auto* scalar = std::get_if<Scalar>(&value)) return FormatPlain(scalar->v);
    if (const auto* text = std::get_if<String>(&value)) return '"' + text->v + '"';
    if (const auto* vector = std::get_if<Vector>(&value)) {
      for (const VectorElement& element : *vector) {
        parts.push_back(element.metric.ToString() + " " + FormatPlain(element.v));
      }
    }
    if (const auto* matrix = std::get_if<Matrix>(&value)) {
      for (const Series& series : *matrix) {
        std::string part = series.metric.ToString();
        for (const FloatPoint& point : series.floats) part += fmt::format(" {}@{}", FormatPlain(point.v), point.t);
        parts.push_back(std::move(part));
      }
    }
    return fmt::format("{}", fmt::join(parts, "; "));
  }

 private:
  static EngineOptions Enabled(EngineOptions options) {
    options.parser.experimental_functions = true;
    return options;
  }
  tests::MemoryStorage storage_;
  storage::Registry registry_;
  Engine engine_;
};

}  // namespace vigia::promql
