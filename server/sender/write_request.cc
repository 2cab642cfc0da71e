#include "server/sender/write_request.h"

#include <unordered_map>

#include "server/remote/wire_encode.h"
#include "server/wire/wire_writer.h"

namespace vigia::server {
namespace {

// Calls fn(run) for each run of samples that belong to the same series.
template <class Fn>
void ForEachSeries(std::span<const Outgoing> samples, Fn&& fn) {
  while (!samples.empty()) {
    std::size_t count = 1;
    while (count < samples.size() && samples[count].series == samples[0].series) ++count;
    fn(samples.first(count));
    samples = samples.subspan(count);
  }
}

std::string EncodeV1(std::span<const Outgoing> samples) {
  std::string out;
  std::string series;
  std::string message;
  ForEachSeries(samples, [&](std::span<const Outgoing> run) {
    series.clear();
    EncodeLabels(series, 1, run[0].series->labels);
    for (const Outgoing& sample : run) {
      message.clear();
      if (sample.exemplar) {
        EncodeLabels(message, 1, sample.exemplar->labels);
        PutDoubleField(message, 2, sample.exemplar->v);
        PutIntField(message, 3, sample.exemplar->t);
        PutBytesField(series, 3, message);
      } else if (sample.h) {
        EncodeHistogramMessage(message, sample.t, *sample.h);
        PutBytesField(series, 4, message);
      } else {
        EncodeSample(message, sample.t, sample.v);
        PutBytesField(series, 2, message);
      }
    }
    PutBytesField(out, 1, series);
  });
  return out;
}

// Names and values, each once. Views into the labels of the samples.
class SymbolTable {
 public:
  SymbolTable() { Find(""); }  // The first symbol is the empty one.

  std::uint32_t Find(std::string_view text) {
    const auto [at, is_new] = ids_.emplace(text, static_cast<std::uint32_t>(symbols_.size()));
    if (is_new) symbols_.push_back(text);
    return at->second;
  }
  // The references of all names and values, packed.
  void PutRefs(std::string& out, const storage::Labels& labels) {
    packed_.clear();
    for (const storage::LabelView label : labels) {
      storage::PutVarint(packed_, Find(label.name));
      storage::PutVarint(packed_, Find(label.value));
    }
    PutBytesField(out, 1, packed_);
  }
  const std::vector<std::string_view>& symbols() const { return symbols_; }

 private:
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::vector<std::string_view> symbols_;
  std::string packed_;
};

std::string EncodeV2(std::span<const Outgoing> samples) {
  SymbolTable symbols;
  std::string all_series;
  std::string series;
  std::string message;
  ForEachSeries(samples, [&](std::span<const Outgoing> run) {
    series.clear();
    symbols.PutRefs(series, run[0].series->labels);
    for (const Outgoing& sample : run) {
      message.clear();
      if (sample.exemplar) {
        symbols.PutRefs(message, sample.exemplar->labels);
        PutDoubleField(message, 2, sample.exemplar->v);
        PutIntField(message, 3, sample.exemplar->t);
        PutBytesField(series, 4, message);
      } else if (sample.h) {
        EncodeHistogramMessage(message, sample.t, *sample.h, sample.start);
        PutBytesField(series, 3, message);
      } else {
        EncodeSample(message, sample.t, sample.v, sample.start);
        PutBytesField(series, 2, message);
      }
    }
    PutBytesField(all_series, 5, series);
  });
  std::string out;
  for (const std::string_view symbol : symbols.symbols()) PutBytesField(out, 4, symbol);
  return out + all_series;
}

}  // namespace

std::string EncodeWriteRequest(std::span<const Outgoing> samples, config::RemoteWriteMessage message) {
  switch (message) {
    case config::RemoteWriteMessage::kV1: return EncodeV1(samples);
    case config::RemoteWriteMessage::kV2: return EncodeV2(samples);
  }
  return {};
}

std::string EncodeMetadataRequest(std::span<const RemoteMetadata> metadata) {
  std::string out;
  std::string message;
  for (const RemoteMetadata& metric : metadata) {
    message.clear();
    PutVarintField(message, 1, static_cast<std::uint64_t>(metric.type));
    PutBytesField(message, 2, metric.family);
    PutBytesField(message, 4, metric.help);
    PutBytesField(message, 5, metric.unit);
    PutBytesField(out, 3, message);
  }
  return out;
}

}  // namespace vigia::server
