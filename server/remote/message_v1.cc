// Field numbers: WriteRequest timeseries = 1, metadata = 3; TimeSeries labels = 1, samples = 2, exemplars = 3,
// histograms = 4; Exemplar labels = 1, value = 2, timestamp = 3 (surface.md 1.9).
#include <bit>

#include "server/remote/write_message.h"
#include "server/wire/wire_reader.h"

namespace vigia::server {
namespace {

constexpr SeriesLayout kLayout{.samples = 2, .exemplars = 3, .histograms = 4, .has_starts = false};
constexpr std::uint32_t kLabels = 1;

class MessageV1 final : public WriteMessage {
 public:
  explicit MessageV1(std::string_view message) : reader_(message) {}

  bool NextSeries(std::string_view& series) override {
    while (reader_.Next()) {
      if (reader_.field() != 1) continue;
      if (!reader_.Expect(WireType::kBytes)) return false;
      series = reader_.bytes();
      return true;
    }
    return false;
  }

  bool Scan(std::string_view series, SeriesFrame& out) override {
    WireReader reader(series);
    out.samples = out.exemplars = out.histograms = 0;
    // All senders write the labels first; then they are one piece.
    const char* end_of_labels = series.data();
    bool scattered = false;
    bool other = false;
    while (reader.Next()) {
      const std::uint32_t field = reader.field();
      if (field > kLayout.histograms) {
        other = true;
        continue;
      }
      if (!reader.Expect(WireType::kBytes)) break;
      if (field == kLabels) {
        scattered = scattered || other;
        if (!other) end_of_labels = reader.position();
        continue;
      }
      other = true;
      if (field == kLayout.samples) {
        ++out.samples;
      } else if (field == kLayout.exemplars) {
        ++out.exemplars;
      } else {
        ++out.histograms;
      }
    }
    if (reader.error() != nullptr) return reader_.Fail(reader.error());
    const auto size = static_cast<std::size_t>(end_of_labels - series.data());
    out.labels = series.substr(0, size);
    out.parts = series.substr(size);
    if (scattered) Gather(series, out);
    return true;
  }

  bool ReadExemplar(std::string_view bytes, storage::Exemplar& out, std::string_view& labels, std::string&) override {
    exemplar_labels_.clear();
    out.v = 0;
    out.t = 0;
    WireReader reader(bytes);
    const char* start = bytes.data();
    for (; reader.Next(); start = reader.position()) {
      switch (reader.field()) {
        case 1:
          if (reader.Expect(WireType::kBytes)) exemplar_labels_.append(start, reader.position());
          break;
        case 2:
          if (reader.Expect(WireType::kFixed64)) out.v = std::bit_cast<double>(reader.number());
          break;
        case 3:
          if (reader.Expect(WireType::kVarint)) out.t = static_cast<std::int64_t>(reader.number());
          break;
        default: break;
      }
    }
    labels = exemplar_labels_;
    return reader.error() == nullptr || reader_.Fail(reader.error());
  }

  const SeriesLayout& layout() const override { return kLayout; }
  const char* error() const override { return reader_.error(); }

 private:
  void Gather(std::string_view series, SeriesFrame& out) {
    gathered_.clear();
    WireReader reader(series);
    for (const char* start = series.data(); reader.Next(); start = reader.position()) {
      if (reader.field() == kLabels) gathered_.append(start, reader.position());
    }
    out.labels = gathered_;
  }

  WireReader reader_;
  std::string gathered_;
  std::string exemplar_labels_;
};

}  // namespace

std::unique_ptr<WriteMessage> NewMessageV1(std::string_view message) { return std::make_unique<MessageV1>(message); }

}  // namespace vigia::server
