#include "server/exposition/protobuf_parser.h"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "server/exposition/classic_histogram.h"
#include "server/exposition/number.h"

namespace vigia::server {
namespace {

constexpr char kSeparator = '\xff';  // In no valid UTF-8.
constexpr char kLineMark = '\xfe';   // The same: what begins with it is no series.

std::optional<MetricType> TypeOf(std::uint64_t type) {
  switch (type) {
    case 0: return MetricType::kCounter;
    case 1: return MetricType::kGauge;
    case 2: return MetricType::kSummary;
    case 3: return MetricType::kUnknown;
    case 4: return MetricType::kHistogram;
    case 5: return MetricType::kGaugeHistogram;
    default: return std::nullopt;
  }
}

bool IsHistogram(MetricType type) { return type == MetricType::kHistogram || type == MetricType::kGaugeHistogram; }

bool EndsWithUnit(std::string_view name, std::string_view unit) {
  return name.size() > unit.size() && name.ends_with(unit) && name[name.size() - unit.size() - 1] == '_';
}

}  // namespace

EntryKind ProtobufParser::Fail(std::string_view what) {
  constexpr std::size_t kShown = 100;
  error_ = fmt::format("metric family {}", families_);
  if (!header_.name.empty()) error_ += fmt::format(" ({})", storage::Quoted(header_.name.substr(0, kShown)));
  error_ += fmt::format(" of the protobuf body: {}", what);
  return EntryKind::kError;
}

EntryKind ProtobufParser::Advance() {
  for (;;) {
    if (const std::optional<EntryKind> entry = TakeStep()) return *entry;
  }
}

// Nothing: the step gives out nothing, and the next one is to be taken.
std::optional<EntryKind> ProtobufParser::TakeStep() {
  switch (step_) {
    case Step::kNextFamily: return BeginFamily();
    case Step::kUnit: return GiveLine(EntryKind::kUnit, header_.unit, Step::kType);
    case Step::kType: return GiveLine(EntryKind::kType, ToString(type_), Step::kNextMetric);
    case Step::kNextMetric: return BeginMetric();
    case Step::kHistogram: return GiveHistogram();
    case Step::kValue:
      BeginSeries("", {});
      if (!AddExemplar(metric_.exemplar)) return Fail("malformed exemplar");
      return EndSeries(metric_.value, Step::kNextMetric);
    case Step::kCount: BeginSeries("_count", {}); return EndSeries(metric_.count, Step::kSum);
    case Step::kSum: BeginSeries("_sum", {}); return EndSeries(metric_.sum, Step::kParts);
    case Step::kParts: return type_ == MetricType::kSummary ? GiveQuantile() : GiveBucket();
  }
  return EntryKind::kEof;
}

// Moves to the next family that has metrics. False: the end, or a fault (error_ is set).
bool ProtobufParser::ReadFamily() {
  for (;;) {
    if (position_ == body_.size()) return false;
    ++families_;
    header_ = {};
    WireReader reader(body_.substr(position_));
    std::uint64_t size = 0;
    const bool has_size = reader.Varint(size);
    const std::size_t left = has_size ? static_cast<std::size_t>(body_.data() + body_.size() - reader.position()) : 0;
    if (!has_size || size > left) {
      Fail("the message is longer than the body");
      return false;
    }
    family_bytes_ = {reader.position(), static_cast<std::size_t>(size)};
    position_ = body_.size() - left + family_bytes_.size();
    if (const char* error = DecodeFamilyHeader(family_bytes_, header_); error != nullptr) {
      Fail(error);
      return false;
    }
    if (header_.has_metrics) return true;
  }
}

const char* ProtobufParser::CheckHeader() {
  if (header_.name.empty() || !storage::IsValidUtf8(header_.name)) return "invalid metric name";
  if (!storage::IsValidUtf8(header_.help)) return "invalid help: expected UTF-8";
  const std::optional<MetricType> type = TypeOf(header_.type);
  if (!type) return "unknown metric type";
  type_ = *type;
  if (header_.unit.empty()) return nullptr;
  std::string_view name = header_.name;
  if (type_ == MetricType::kCounter && name.ends_with("_total")) name.remove_suffix(6);
  return EndsWithUnit(name, header_.unit) ? nullptr : "unit is not a suffix of the metric name";
}

EntryKind ProtobufParser::BeginFamily() {
  if (!ReadFamily()) return error_.empty() ? EntryKind::kEof : EntryKind::kError;
  if (const char* error = CheckHeader(); error != nullptr) return Fail(error);
  family_ = header_.name;
  text_ = header_.unit;
  metrics_ = WireReader(family_bytes_);
  return GiveLine(EntryKind::kHelp, header_.help, header_.unit.empty() ? Step::kType : Step::kUnit);
}

EntryKind ProtobufParser::GiveLine(EntryKind kind, std::string_view text, Step next) {
  line_.assign(1, kLineMark).append(1, static_cast<char>(kind)).append(header_.name);
  line_.append(1, kSeparator).append(text).append(1, '\n');
  step_ = next;
  return kind;
}

std::optional<EntryKind> ProtobufParser::BeginMetric() {
  constexpr std::uint32_t kMetricField = 4;
  do {
    if (!metrics_.Next()) return BeginFamily();  // Framing was checked when the header was read.
  } while (metrics_.field() != kMetricField);
  if (const char* error = DecodeMetric(metrics_.bytes(), type_, metric_); error != nullptr) return Fail(error);
  timestamp_ms_.reset();
  if (metric_.timestamp_ms != 0) timestamp_ms_ = metric_.timestamp_ms;
  start_ms_ = metric_.start_ms;
  part_ = 0;
  if (IsHistogram(type_)) {
    step_ = WantsNative() || handling_.classic_to_custom ? Step::kHistogram : Step::kCount;
  } else {
    step_ = type_ == MetricType::kSummary ? Step::kCount : Step::kValue;
  }
  return std::nullopt;
}

void ProtobufParser::BeginSeries(std::string_view suffix, std::string_view bound_label) {
  suffix_ = suffix;
  bound_label_ = bound_label;
  histogram_.reset();
  histogram_fault_.clear();
  exemplars_.clear();
}

EntryKind ProtobufParser::EndSeries(double value, Step next) {
  value_ = value;
  step_ = next;
  MakeKey();
  return EntryKind::kSeries;
}

// The native histogram that the metric has or is converted to.
std::optional<EntryKind> ProtobufParser::GiveHistogram() {
  BeginSeries("", {});
  if (WantsNative()) {
    NativeHistogram native = NativeOf(metric_);
    histogram_ = std::move(native.h);
    histogram_fault_ = std::move(native.fault);
  } else {
    histogram_ = ConvertClassic();
  }
  const bool classic_follows = handling_.keep_classic && !metric_.buckets.empty();
  step_ = classic_follows ? Step::kCount : Step::kNextMetric;
  if (!histogram_) return std::nullopt;
  if (type_ == MetricType::kGaugeHistogram) histogram_->hint = storage::CounterResetHint::kGauge;
  if (!AddNativeExemplars()) return Fail("malformed exemplar");
  return EndSeries(0, step_);
}

std::shared_ptr<storage::FloatHistogram> ProtobufParser::ConvertClassic() const {
  ClassicHistogram classic;
  classic.SetCount(metric_.count);
  classic.SetSum(metric_.sum);
  for (const ClassicBucket& bucket : metric_.buckets) {
    if (!std::isnan(bucket.upper_bound)) classic.AddBucket(bucket.upper_bound, bucket.count);
  }
  return classic.ToCustomBuckets();
}

std::optional<EntryKind> ProtobufParser::GiveQuantile() {
  if (part_ == metric_.quantiles.size()) {
    step_ = Step::kNextMetric;
    return std::nullopt;
  }
  const SummaryQuantile& quantile = metric_.quantiles[part_++];
  BeginSeries("", "quantile");
  bound_ = quantile.quantile;
  return EndSeries(quantile.value, Step::kParts);
}

// A bucket +Inf ends the series of a histogram; one that the message leaves out has the total count.
EntryKind ProtobufParser::GiveBucket() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const bool is_total = part_ == metric_.buckets.size();
  const ClassicBucket bucket = is_total ? ClassicBucket{kInfinity, metric_.count, {}} : metric_.buckets[part_++];
  BeginSeries("_bucket", "le");
  bound_ = bucket.upper_bound;
  if (!AddExemplar(bucket.exemplar)) return Fail("malformed exemplar");
  return EndSeries(bucket.count, bound_ == kInfinity ? Step::kNextMetric : Step::kParts);
}

// Sizes make it unambiguous, whatever bytes the names and values are of.
void ProtobufParser::MakeKey() {
  const auto append = [this](std::string_view text) {
    const auto size = static_cast<std::uint32_t>(text.size());
    key_.append(reinterpret_cast<const char*>(&size), sizeof(size)).append(text);
  };
  key_.assign(header_.name).append(suffix_).append(1, kSeparator);
  for (const RawLabel& label : metric_.labels) {
    append(label.name);
    append(label.value);
  }
  if (!bound_label_.empty()) {
    key_.append(1, kSeparator).append(reinterpret_cast<const char*>(&bound_), sizeof(bound_));
  }
  series_ = key_;
}

bool ProtobufParser::AddExemplar(std::string_view message) {
  if (message.empty()) return true;
  exemplars_.emplace_back();
  return DecodeExemplar(message, exemplars_.back()) == nullptr;
}

bool ProtobufParser::AddNativeExemplars() {
  for (const std::string_view message : metric_.exemplars) {
    if (!AddExemplar(message)) return false;
  }
  if (!metric_.exemplars.empty()) return true;
  for (const ClassicBucket& bucket : metric_.buckets) {
    if (!AddExemplar(bucket.exemplar)) return false;
  }
  return true;
}

void ProtobufParser::AppendLabels(std::vector<storage::LabelView>& out, std::string& scratch) const {
  const std::string bound = bound_label_.empty() ? std::string() : FormatOpenMetricsFloat(bound_);
  scratch.assign(header_.name).append(suffix_).append(bound);
  const std::string_view text = scratch;
  out.push_back({storage::kMetricName, text.substr(0, text.size() - bound.size())});
  for (const RawLabel& label : metric_.labels) out.push_back({label.name, label.value});
  if (!bound.empty()) out.push_back({bound_label_, text.substr(text.size() - bound.size())});
}

void ProtobufParser::AppendExemplarLabels(const RawExemplar& exemplar, std::vector<storage::LabelView>& out,
                                          std::string& /*scratch*/) const {
  for (const RawLabel& label : exemplar.labels) out.push_back({label.name, label.value});
}

}  // namespace vigia::server
