// Histogram count_int = 1 or count_float = 2, sum = 3, schema = 4, zero_threshold = 5, zero_count_int = 6 or
// zero_count_float = 7, negative spans/deltas/counts = 8..10, positive = 11..13, reset_hint = 14, timestamp = 15,
// custom_values = 16, start_timestamp = 17 (version 2); BucketSpan offset = 1, length = 2 (surface.md 1.9).
#include "server/remote/wire_samples.h"

#include "server/wire/histogram_rules.h"
#include "server/wire/histogram_shape.h"
#include "server/wire/repeated_fields.h"

namespace vigia::server {
namespace {

class HistogramReader {
 public:
  HistogramReader(std::string_view bytes, storage::FloatHistogram& h) : reader_(bytes), h_(h) {}

  const char* Read() {
    while (reader_.Next()) Field();
    return reader_.error();
  }
  storage::TimestampMs t() const { return t_; }
  storage::TimestampMs start() const { return start_; }
  bool integer() const { return !float_count_; }

  // REQUIRES: integer(). What is wrong with the counts, or ""; then they are in the histogram.
  std::string TakeIntegers() {
    std::string fault = CheckIntegerCounts(positive_deltas_, negative_deltas_, zero_count_, count_, h_.sum);
    if (!fault.empty()) return fault;
    h_.integer = true;
    h_.count = static_cast<double>(count_);
    h_.zero_count = static_cast<double>(zero_count_);
    h_.positive_buckets = CountsOfDeltas(positive_deltas_);
    h_.negative_buckets = CountsOfDeltas(negative_deltas_);
    return {};
  }

 private:
  void Field() {
    switch (reader_.field()) {
      case 1:
        if (Varint()) count_ = reader_.number(), float_count_ = false;
        break;
      case 2:
        if (Double(h_.count)) float_count_ = true;
        break;
      case 3: Double(h_.sum); break;
      case 4:
        if (Varint()) h_.schema = Signed32(reader_.number());
        break;
      case 5: Double(h_.zero_threshold); break;
      case 6:
        if (Varint()) zero_count_ = reader_.number();
        break;
      case 7: Double(h_.zero_count); break;
      case 8: ReadSpan(reader_, h_.negative_spans); break;
      case 9: ReadSignedVarints(reader_, negative_deltas_); break;
      case 10: ReadDoubles(reader_, h_.negative_buckets); break;
      case 11: ReadSpan(reader_, h_.positive_spans); break;
      case 12: ReadSignedVarints(reader_, positive_deltas_); break;
      case 13: ReadDoubles(reader_, h_.positive_buckets); break;
      case 14:
        if (Varint()) h_.hint = HintOf(reader_.number());
        break;
      case 15:
        if (Varint()) t_ = static_cast<std::int64_t>(reader_.number());
        break;
      case 16: ReadDoubles(reader_, h_.custom_values); break;
      case 17:
        if (Varint()) start_ = static_cast<std::int64_t>(reader_.number());
        break;
      default: break;
    }
  }

  bool Varint() { return reader_.Expect(WireType::kVarint); }
  bool Double(double& out) {
    if (!reader_.Expect(WireType::kFixed64)) return false;
    out = std::bit_cast<double>(reader_.number());
    return true;
  }
  static storage::CounterResetHint HintOf(std::uint64_t number) {
    return number <= 3 ? static_cast<storage::CounterResetHint>(number) : storage::CounterResetHint::kUnknown;
  }

  WireReader reader_;
  storage::FloatHistogram& h_;
  storage::TimestampMs t_ = 0;
  storage::TimestampMs start_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t zero_count_ = 0;
  bool float_count_ = false;
  std::vector<std::int64_t> positive_deltas_;
  std::vector<std::int64_t> negative_deltas_;
};

}  // namespace

const char* DecodeSampleSlowly(std::string_view bytes, storage::Sample& out, storage::TimestampMs& start) {
  out = {};
  start = 0;
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        if (reader.Expect(WireType::kFixed64)) out.v = std::bit_cast<double>(reader.number());
        break;
      case 2:
        if (reader.Expect(WireType::kVarint)) out.t = static_cast<std::int64_t>(reader.number());
        break;
      case 3:
        if (reader.Expect(WireType::kVarint)) start = static_cast<std::int64_t>(reader.number());
        break;
      default: break;
    }
  }
  return reader.error();
}

const char* DecodeHistogram(std::string_view bytes, WireHistogram& out) {
  out.h = std::make_shared<storage::FloatHistogram>();
  out.fault.clear();
  HistogramReader reader(bytes, *out.h);
  if (const char* error = reader.Read(); error != nullptr) return error;
  out.t = reader.t();
  out.start = reader.start();
  if (reader.integer()) out.fault = reader.TakeIntegers();
  if (out.fault.empty()) out.fault = CheckHistogram(*out.h);
  if (out.fault.empty() && out.h->schema > kMaxSchema) ReduceSchema(*out.h, kMaxSchema);
  return nullptr;
}

}  // namespace vigia::server
