// The protobuf exposition format: MetricFamily messages, each behind its length (surface.md 5.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/exposition/client_model.h"
#include "server/exposition/histogram_handling.h"
#include "server/exposition/lookahead_parser.h"
#include "server/wire/wire_reader.h"

namespace vigia::server {

// Gives out a family's help, unit and type and then its series in the order of Prometheus: a native histogram, count,
// sum, buckets or quantiles of one metric after the other. The series are those that the text formats would have.
class ProtobufParser final : public LookaheadParser {
 public:
  ProtobufParser(std::string_view body, HistogramHandling handling) : body_(body), handling_(handling) {}

  std::string help() const override { return std::string(header_.help); }
  std::span<const RawExemplar> exemplars() const override { return exemplars_; }
  void AppendLabels(std::vector<storage::LabelView>& out, std::string& scratch) const override;
  void AppendExemplarLabels(const RawExemplar& exemplar, std::vector<storage::LabelView>& out,
                            std::string& scratch) const override;
  std::string_view line() const override { return line_; }

 protected:
  EntryKind Advance() override;

 private:
  // Where the parser stands in a family.
  enum class Step : std::uint8_t {
    kNextFamily,
    kUnit,
    kType,
    kNextMetric,
    kHistogram,
    kValue,
    kCount,
    kSum,
    kParts,  // Quantiles or buckets, part_ is the next one.
  };

  EntryKind Fail(std::string_view what);
  std::optional<EntryKind> TakeStep();
  EntryKind BeginFamily();
  bool ReadFamily();
  const char* CheckHeader();
  EntryKind GiveLine(EntryKind kind, std::string_view text, Step next);
  std::optional<EntryKind> BeginMetric();
  void BeginSeries(std::string_view suffix, std::string_view bound_label);
  EntryKind EndSeries(double value, Step next);
  std::optional<EntryKind> GiveHistogram();
  std::shared_ptr<storage::FloatHistogram> ConvertClassic() const;
  std::optional<EntryKind> GiveQuantile();
  EntryKind GiveBucket();
  bool WantsNative() const { return handling_.native && metric_.IsNative(); }
  void MakeKey();
  bool AddExemplar(std::string_view message);
  bool AddNativeExemplars();

  const std::string_view body_;
  const HistogramHandling handling_;
  std::size_t position_ = 0;
  std::size_t families_ = 0;  // Read, with the current one.
  Step step_ = Step::kNextFamily;
  std::string_view family_bytes_;
  WireReader metrics_;  // The fields of the family that were not read yet.
  FamilyHeader header_;
  ClientMetric metric_;
  std::size_t part_ = 0;

  // Of the current series: its name is the family's and the suffix; the bound is le or quantile.
  std::string_view suffix_;
  std::string_view bound_label_;
  double bound_ = 0;
  std::vector<RawExemplar> exemplars_;
  std::string key_;
  std::string line_;
};

}  // namespace vigia::server
