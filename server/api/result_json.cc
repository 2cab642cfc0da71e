#include "server/api/result_json.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "promql/histogram/buckets.h"
#include "server/api/envelope.h"
#include "server/api/explain_json.h"
#include "server/api/points_json.h"
#include "server/json/writer.h"

namespace vigia::server {
namespace {

using promql::Matrix;
using promql::Series;
using promql::Vector;
using promql::VectorElement;

constexpr std::size_t kPieceBytes = 128 * 1024;

void AppendHistogramPoint(std::string& out, storage::TimestampMs t, const storage::FloatHistogram& h) {
  out.push_back('[');
  AppendTimestampSeconds(out, t);
  out.push_back(',');
  AppendHistogramJson(out, h);
  out.push_back(']');
}

void AppendElement(std::string& out, const VectorElement& element) {
  out.append(R"({"metric":)");
  AppendLabelsJson(out, element.metric);
  out.append(element.h ? R"(,"histogram":)" : R"(,"value":)");
  if (element.h) {
    AppendHistogramPoint(out, element.t, *element.h);
  } else {
    AppendPoint(out, element.t, element.v);
  }
  out.push_back('}');
}

void AppendSeries(std::string& out, const Series& series, PointsWriter& points) {
  out.append(R"({"metric":)");
  AppendLabelsJson(out, series.metric);
  if (!series.floats.empty()) {
    out.append(R"(,"values":)");
    points.Append(out, series.floats);
  }
  if (!series.histograms.empty()) {
    out.append(R"(,"histograms":[)");
    for (const auto& point : series.histograms) {
      AppendHistogramPoint(out, point.t, *point.h);
      out.push_back(',');
    }
    out.back() = ']';
  }
  out.push_back('}');
}

// About what their elements take, for reserving memory.
std::size_t BytesOf(const VectorElement&) { return 200; }
std::size_t BytesOf(const Series& series) { return 200 + 32 * series.floats.size() + 256 * series.histograms.size(); }

// [[seconds,count],…], whole seconds as in the reference.
void AppendSteps(JsonWriter& json, std::string_view name, const promql::QueryStats& stats,
                 const std::vector<std::uint64_t>& counts) {
  if (counts.empty()) return;
  json.Key(name).BeginArray();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const storage::TimestampMs at_ms = stats.first_step_ms + static_cast<storage::DurationMs>(i) * stats.step_ms;
    json.BeginArray().Int(at_ms / 1000).Uint(counts[i]).EndArray();
  }
  json.EndArray();
}

// Writes head, elements, tail; remembers where it is between pieces.
class ResultWriter {
 public:
  ResultWriter(promql::QueryResult result, StatsMode stats) : result_(std::move(result)), stats_(stats) {}

  // Appends about kPieceBytes; false when nothing is left.
  bool Next(std::string& out) {
    if (done_) return false;
    if (!started_) AppendHead(out);
    started_ = true;
    if (!std::visit([&](const auto& value) { return AppendSome(out, value); }, result_.value)) return true;
    out.push_back(']');
    if (stats_ == StatsMode::kBasic) {
      out.append(R"(,"stats":)");
      AppendStatsJson(out, result_.stats);
    }
    if (result_.explain) {
      out.append(R"(,"explain":)");
      AppendExplainJson(out, *result_.explain);
    }
    out.push_back('}');
    AppendSuccessTail(out, result_.annotations);
    done_ = true;
    return true;
  }
  bool done() const { return done_; }

 private:
  void AppendHead(std::string& out) {
    static constexpr std::string_view kTypes[] = {"scalar", "string", "vector", "matrix"};
    static_assert(std::variant_size_v<promql::Value> == 4);
    out.append(SuccessHead()).append(R"({"resultType":")").append(kTypes[result_.value.index()]);
    out.append(R"(","result":[)");
  }

  // The rest of these append elements until the piece is full; true when all are written.
  bool AppendSome(std::string& out, const promql::Scalar& scalar) {
    AppendTimestampSeconds(out, scalar.t);
    out.append(",\"");
    AppendSampleValue(out, scalar.v);
    out.push_back('"');
    return true;
  }
  bool AppendSome(std::string& out, const promql::String& string) {
    AppendTimestampSeconds(out, string.t);
    out.push_back(',');
    AppendJsonString(out, string.v, JsonEscape::kPlain);
    return true;
  }
  bool AppendSome(std::string& out, const Vector& vector) { return AppendList(out, vector, AppendElement); }
  bool AppendSome(std::string& out, const Matrix& matrix) {
    return AppendList(out, matrix,
                      [this](std::string& to, const Series& series) { AppendSeries(to, series, points_); });
  }

  template <class List, class Append>
  bool AppendList(std::string& out, const List& list, Append append) {
    constexpr std::size_t kRoom = kPieceBytes + kPieceBytes / 2;  // An element may pass the end.
    const std::size_t full = out.size() + kPieceBytes;
    std::size_t wanted = 256;
    for (std::size_t i = next_; i < list.size() && wanted < kRoom; ++i) wanted += BytesOf(list[i]);
    out.reserve(out.size() + std::min(wanted, kRoom));
    for (; next_ < list.size() && out.size() < full; ++next_) {
      if (next_ > 0) out.push_back(',');
      append(out, list[next_]);
    }
    return next_ == list.size();
  }

  const promql::QueryResult result_;
  const StatsMode stats_;
  PointsWriter points_;
  std::size_t next_ = 0;
  bool started_ = false;
  bool done_ = false;
};

// One bucket as the API shows it: 0 = (lower, upper], 1 = [lower, upper), 2 = open, 3 = closed at both ends.
void AppendBucket(std::string& out, const promql::HistogramBucket& bucket) {
  const int rule = bucket.lower_inclusive ? (bucket.upper_inclusive ? 3 : 1) : (bucket.upper_inclusive ? 0 : 2);
  out.push_back('[');
  out.append(std::to_string(rule)).append(",\"");
  AppendSampleValue(out, bucket.lower);
  out.append("\",\"");
  AppendSampleValue(out, bucket.upper);
  out.append("\",\"");
  AppendSampleValue(out, bucket.count);
  out.append("\"],");
}

void AppendBuckets(std::string& out, const storage::FloatHistogram& h) {
  promql::BucketCursor cursor(h, promql::BucketCursor::Order::kAscending);
  while (cursor.Next()) {
    if (cursor.bucket().count != 0) AppendBucket(out, cursor.bucket());
  }
}

// Labels as JSON where nothing has to be escaped; null elsewhere.
char* WritePlainLabels(const storage::Labels& labels, char* at) {
  *at++ = '{';
  for (const storage::LabelView label : labels) {
    *at++ = '"';
    if (!CopyPlainText(label.name, at)) return nullptr;
    at += label.name.size();
    std::memcpy(at, "\":\"", 3);
    at += 3;
    if (!CopyPlainText(label.value, at)) return nullptr;
    at += label.value.size();
    *at++ = '"';
    *at++ = ',';
  }
  if (at[-1] == ',') --at;
  *at++ = '}';
  return at;
}

}  // namespace

void AppendLabelsJson(std::string& out, const storage::Labels& labels) {
  // A label has two texts of at least one byte, each behind a length, and gets six more characters.
  std::array<char, 1024> text;
  const bool is_short = 3 * labels.bytes().size() + 2 <= text.size();
  if (char* const end = is_short ? WritePlainLabels(labels, text.data()) : nullptr; end != nullptr) {
    out.append(text.data(), end);
    return;
  }
  out.push_back('{');
  bool first = true;
  for (const storage::LabelView label : labels) {
    if (!first) out.push_back(',');
    first = false;
    AppendJsonString(out, label.name, JsonEscape::kPlain);
    out.push_back(':');
    AppendJsonString(out, label.value, JsonEscape::kPlain);
  }
  out.push_back('}');
}

void AppendHistogramJson(std::string& out, const storage::FloatHistogram& histogram) {
  out.append(R"({"count":")");
  AppendSampleValue(out, histogram.count);
  out.append(R"(","sum":")");
  AppendSampleValue(out, histogram.sum);
  out.push_back('"');
  std::string buckets;
  AppendBuckets(buckets, histogram);
  if (!buckets.empty()) {
    buckets.back() = ']';
    out.append(R"(,"buckets":[)").append(buckets);
  }
  out.push_back('}');
}

void AppendStatsJson(std::string& out, const promql::QueryStats& stats) {
  JsonWriter json(out);
  json.BeginObject().Key("timings").BeginObject();
  json.Key("evalTotalTime").Double(stats.total_seconds - stats.queue_seconds);
  json.Key("resultSortTime").Double(stats.sort_seconds);
  json.Key("queryPreparationTime").Double(stats.preparation_seconds);
  json.Key("innerEvalTime").Double(stats.eval_seconds);
  json.Key("execQueueTime").Double(stats.queue_seconds);
  json.Key("execTotalTime").Double(stats.total_seconds);
  json.EndObject().Key("samples").BeginObject();
  AppendSteps(json, "totalQueryableSamplesPerStep", stats, stats.total_samples_by_step);
  json.Key("totalQueryableSamples").Uint(stats.total_samples);
  AppendSteps(json, "samplesReadPerStep", stats, stats.samples_read_by_step);
  json.Key("samplesRead").Uint(stats.samples_read);
  json.Key("peakSamples").Uint(stats.peak_samples);
  json.EndObject().EndObject();
}

Response QueryResponse(promql::QueryResult result, StatsMode stats) {
  Response response;
  response.content_type = "application/json";
  auto writer = std::make_shared<ResultWriter>(std::move(result), stats);
  writer->Next(response.body);
  if (writer->done()) return response;
  response.source = [writer, first = std::move(response.body)](std::string& out) mutable {
    if (!first.empty()) {
      out.empty() ? out.swap(first) : static_cast<void>(out.append(first));
      first = {};
      return true;
    }
    return writer->Next(out);
  };
  response.body.clear();
  return response;
}

}  // namespace vigia::server
