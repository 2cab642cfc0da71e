// Field numbers: Request symbols = 4, timeseries = 5; TimeSeries labels_refs = 1, samples = 2, histograms = 3,
// exemplars = 4, metadata = 5; Exemplar labels_refs = 1, value = 2, timestamp = 3; Metadata type = 1, help_ref = 3,
// unit_ref = 4 (surface.md 1.9).
#include <algorithm>
#include <bit>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "server/remote/wire_labels.h"
#include "server/remote/write_message.h"
#include "server/wire/wire_reader.h"

namespace vigia::server {
namespace {

constexpr SeriesLayout kLayout{.samples = 2, .exemplars = 4, .histograms = 3, .has_starts = true};
constexpr std::uint32_t kMetadata = 5;

class MessageV2 final : public WriteMessage {
 public:
  explicit MessageV2(std::string_view message) : message_(message), reader_(message) { ReadSymbols(); }

  bool NextSeries(std::string_view& series) override {
    while (reader_.Next()) {
      if (reader_.field() != 5) continue;
      if (!reader_.Expect(WireType::kBytes)) return false;
      series = reader_.bytes();
      return true;
    }
    return false;
  }

  bool Scan(std::string_view series, SeriesFrame& out) override {
    out.samples = out.exemplars = out.histograms = 0;
    out.has_metadata = false;
    out.fault.clear();
    refs_.clear();
    WireReader reader(series);
    while (reader.Next()) {
      if (reader.field() == 1) {
        ReadRefs(reader);
      } else if (reader.field() <= kMetadata && reader.Expect(WireType::kBytes)) {
        switch (reader.field()) {
          case kLayout.samples: ++out.samples; break;
          case kLayout.histograms: ++out.histograms; break;
          case kLayout.exemplars: ++out.exemplars; break;
          default:
            out.has_metadata = true;
            CheckMetadata(reader, out.fault);
            break;
        }
      }
    }
    if (reader.error() != nullptr) return reader_.Fail(reader.error());
    out.parts = series;
    std::string fault;
    Expand(labels_, fault);
    if (!fault.empty()) {
      const std::span<const std::uint32_t> shown = std::span(refs_).first(std::min(refs_.size(), kShownRefs));
      out.fault = fmt::format("parsing labels for series [{}]: {}", fmt::join(shown, " "), fault);
    }
    out.labels = labels_;
    return true;
  }

  bool ReadExemplar(std::string_view bytes, storage::Exemplar& out, std::string_view& labels,
                    std::string& fault) override {
    out.v = 0;
    out.t = 0;
    refs_.clear();
    WireReader reader(bytes);
    while (reader.Next()) {
      switch (reader.field()) {
        case 1: ReadRefs(reader); break;
        case 2:
          if (reader.Expect(WireType::kFixed64)) out.v = std::bit_cast<double>(reader.number());
          break;
        case 3:
          if (reader.Expect(WireType::kVarint)) out.t = static_cast<std::int64_t>(reader.number());
          break;
        default: break;
      }
    }
    if (reader.error() != nullptr) return reader_.Fail(reader.error());
    fault.clear();
    Expand(exemplar_labels_, fault);
    labels = exemplar_labels_;
    return true;
  }

  const SeriesLayout& layout() const override { return kLayout; }
  const char* error() const override { return reader_.error(); }

 private:
  // A symbol takes two bytes of a message at least, but eight here: hence the limit.
  void ReadSymbols() {
    WireReader reader(message_);
    while (reader.Next()) {
      if (reader.field() != 4) continue;
      if (!reader.Expect(WireType::kBytes)) break;
      if (symbols_.size() >= kMaxSymbols && !reader.Fail("too many symbols")) break;
      const std::size_t end = static_cast<std::size_t>(reader.position() - message_.data());
      symbols_.push_back(
          {static_cast<std::uint32_t>(end - reader.bytes().size()), static_cast<std::uint32_t>(reader.bytes().size())});
    }
    if (reader.error() != nullptr) reader_.Fail(reader.error());
  }

  // Packed or one by one: a decoder must take both.
  void ReadRefs(WireReader& reader) {
    if (reader.type() == WireType::kVarint) {
      refs_.push_back(static_cast<std::uint32_t>(reader.number()));
      return;
    }
    if (!reader.Expect(WireType::kBytes)) return;
    WireReader packed(reader.bytes());
    std::uint64_t ref = 0;
    while (!packed.AtEnd()) {
      if (!packed.Varint(ref)) {
        reader.Fail(packed.error());
        return;
      }
      refs_.push_back(static_cast<std::uint32_t>(ref));
    }
  }

  void CheckMetadata(WireReader& series, std::string& fault) {
    WireReader reader(series.bytes());
    while (reader.Next()) {
      if (reader.field() != 1 && reader.field() != 3 && reader.field() != 4) continue;
      if (!reader.Expect(WireType::kVarint)) break;
      if (reader.field() != 1 && static_cast<std::uint32_t>(reader.number()) >= symbols_.size()) {
        fault = fmt::format("parsing metadata for series: reference {} is outside of the symbols table (size {})",
                            static_cast<std::uint32_t>(reader.number()), symbols_.size());
      }
    }
    if (reader.error() != nullptr) series.Fail(reader.error());
  }

  void Expand(std::string& out, std::string& fault) const {
    out.clear();
    if (refs_.size() % 2 != 0) {
      fault = fmt::format("invalid labelRefs length {}", refs_.size());
      return;
    }
    for (const std::uint32_t ref : refs_) {
      if (ref < symbols_.size()) continue;
      fault = fmt::format("labelRefs {} is outside of the symbols table (size {})", ref, symbols_.size());
      return;
    }
    // One long symbol may be referred to millions of times: a series larger than a message makes no sense.
    std::size_t size = 0;
    for (const std::uint32_t ref : refs_) size += symbols_[ref].size;
    if (size > kMaxLabels) {
      fault = fmt::format("labels of {} bytes are too large, the limit is {}", size, kMaxLabels);
      return;
    }
    for (std::size_t i = 0; i < refs_.size(); i += 2) PutWireLabel(out, Symbol(refs_[i]), Symbol(refs_[i + 1]));
  }

  struct Place {
    std::uint32_t at;
    std::uint32_t size;
  };
  std::string_view Symbol(std::uint32_t ref) const { return message_.substr(symbols_[ref].at, symbols_[ref].size); }

  static constexpr std::size_t kMaxLabels = 1 << 20;
  static constexpr std::size_t kMaxSymbols = 1 << 22;
  static constexpr std::size_t kShownRefs = 64;
  const std::string_view message_;
  WireReader reader_;
  std::vector<Place> symbols_;
  std::vector<std::uint32_t> refs_;
  std::string labels_;
  std::string exemplar_labels_;
};

}  // namespace

std::unique_ptr<WriteMessage> NewMessageV2(std::string_view message) { return std::make_unique<MessageV2>(message); }

}  // namespace vigia::server
