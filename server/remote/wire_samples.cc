// Histogram count_int = 1 or count_float = 2, sum = 3, schema = 4, zero_threshold = 5, zero_count_int = 6 or
// zero_count_float = 7, negative spans/deltas/counts = 8..10, positive = 11..13, reset_hint = 14, timestamp = 15,
// custom_values = 16, start_timestamp = 17 (version 2); BucketSpan offset = 1, length = 2 (surface.md 1.9).
#include "server/remote/wire_samples.h"

#include "server/remote/histogram_rules.h"

namespace vigia::server {
namespace {

using storage::BucketSpan;

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
    Accumulate(positive_deltas_, h_.positive_buckets);
    Accumulate(negative_deltas_, h_.negative_buckets);
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
        if (Varint()) h_.schema = Signed32();
        break;
      case 5: Double(h_.zero_threshold); break;
      case 6:
        if (Varint()) zero_count_ = reader_.number();
        break;
      case 7: Double(h_.zero_count); break;
      case 8: Span(h_.negative_spans); break;
      case 9: Deltas(negative_deltas_); break;
      case 10: Doubles(h_.negative_buckets); break;
      case 11: Span(h_.positive_spans); break;
      case 12: Deltas(positive_deltas_); break;
      case 13: Doubles(h_.positive_buckets); break;
      case 14:
        if (Varint()) h_.hint = HintOf(reader_.number());
        break;
      case 15:
        if (Varint()) t_ = static_cast<std::int64_t>(reader_.number());
        break;
      case 16: Doubles(h_.custom_values); break;
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
  std::int32_t Signed32() const {
    return static_cast<std::int32_t>(storage::UnZigZag(static_cast<std::uint32_t>(reader_.number())));
  }
  static storage::CounterResetHint HintOf(std::uint64_t number) {
    return number <= 3 ? static_cast<storage::CounterResetHint>(number) : storage::CounterResetHint::kUnknown;
  }

  void Span(std::vector<BucketSpan>& out) {
    if (!reader_.Expect(WireType::kBytes)) return;
    BucketSpan span;
    WireReader fields(reader_.bytes());
    while (fields.Next()) {
      if (fields.field() > 2) continue;
      if (!fields.Expect(WireType::kVarint)) break;
      const auto number = static_cast<std::uint32_t>(fields.number());
      if (fields.field() == 1) {
        span.offset = static_cast<std::int32_t>(storage::UnZigZag(number));
      } else {
        span.length = number;
      }
    }
    if (fields.error() != nullptr) reader_.Fail(fields.error());
    out.push_back(span);
  }

  // Repeated numbers come packed or one by one.
  void Deltas(std::vector<std::int64_t>& out) {
    if (reader_.type() == WireType::kVarint) return out.push_back(storage::UnZigZag(reader_.number()));
    if (!reader_.Expect(WireType::kBytes)) return;
    WireReader packed(reader_.bytes());
    std::uint64_t number = 0;
    while (!packed.AtEnd()) {
      if (packed.Varint(number)) out.push_back(storage::UnZigZag(number));
    }
    if (packed.error() != nullptr) reader_.Fail(packed.error());
  }
  void Doubles(std::vector<double>& out) {
    if (reader_.type() == WireType::kFixed64) return out.push_back(std::bit_cast<double>(reader_.number()));
    if (!reader_.Expect(WireType::kBytes)) return;
    const std::string_view packed = reader_.bytes();
    if (packed.size() % 8 != 0) {
      reader_.Fail("unexpected end of the message");
      return;
    }
    for (std::size_t at = 0; at < packed.size(); at += 8) {
      out.push_back(std::bit_cast<double>(storage::LoadFixed64(packed.data() + at)));
    }
  }

  static void Accumulate(const std::vector<std::int64_t>& deltas, std::vector<double>& out) {
    out.clear();
    out.reserve(deltas.size());
    std::int64_t bucket = 0;
    for (const std::int64_t delta : deltas) out.push_back(static_cast<double>(bucket += delta));
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
