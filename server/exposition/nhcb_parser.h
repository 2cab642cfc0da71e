// Puts native histograms with custom buckets in the place of the classic histograms of a text body
// (convert_classic_histograms_to_nhcb, surface.md 5.5).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/exposition/classic_histogram.h"
#include "server/exposition/line_parser.h"
#include "server/exposition/lookahead_parser.h"

namespace vigia::server {

// A histogram comes behind the last of its consecutive series, and before whatever follows them. Series that make no
// histogram (see ClassicHistogram) are left out.
class NhcbParser final : public LookaheadParser {
 public:
  // `keep_classic`: the classic series are given out as well.
  NhcbParser(std::unique_ptr<LineParser> inner, bool keep_classic)
      : inner_(std::move(inner)), keep_classic_(keep_classic) {}

  std::string_view Upcoming(std::size_t size) override;
  bool TrySeries(std::string_view series) override;
  bool TryLine(std::string_view line, std::optional<MetricType> type) override;

  std::string help() const override { return inner_->help(); }
  std::span<const RawExemplar> exemplars() const override;
  void AppendLabels(std::vector<storage::LabelView>& out, std::string& scratch) const override;
  void AppendExemplarLabels(const RawExemplar& exemplar, std::vector<storage::LabelView>& out,
                            std::string& scratch) const override;
  std::string_view line() const override { return inner_->line(); }

 protected:
  EntryKind Advance() override;

 private:
  using OwnedLabels = std::vector<std::pair<std::string, std::string>>;

  // Nothing is collected or held back: the inner parser's next entry is this one's.
  bool IsTransparent() const;
  EntryKind Pass(EntryKind kind);
  HistogramPart ReadPart();
  bool IsSameHistogram() const;
  void Begin();
  void Collect(HistogramPart part);
  bool Finish();

  const std::unique_ptr<LineParser> inner_;
  const bool keep_classic_;
  std::optional<EntryKind> held_;  // The inner parser's entry, behind the histogram that is given out first.
  std::string_view typed_family_;  // Of the last # TYPE that was parsed.
  bool emitting_ = false;          // The current entry is a converted histogram.

  ClassicHistogram classic_;
  bool collecting_ = false;
  OwnedLabels group_;  // Labels of the histogram that is collected or given out, the name first, then sorted, no le.
  std::optional<storage::TimestampMs> group_timestamp_ms_;
  std::vector<RawExemplar> group_exemplars_;
  std::string key_;

  double bound_ = 0;                        // Of the inner parser's bucket.
  std::vector<storage::LabelView> labels_;  // Of the inner parser's series, as group_ has them.
  std::string scratch_;
};

}  // namespace vigia::server
