// info(v, selector): elements of v get the labels of the info metrics that have the same `instance` and `job`
// (surface.md 4.10; Prometheus promql/info.go).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/row_store.h"
#include "promql/exec/select_operator.h"

namespace vigia::promql {

// Label sets of the results may be equal: put a MergeSeriesOperator above.
class InfoOperator : public Operator {
 public:
  // `info` is a SelectNode of info metrics whose matchers have a name among them; it must outlive the operator.
  InfoOperator(QueryContext& context, OperatorPtr input, const PlanNode& info, SampleCounter* samples);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  // Which info series is the newest of one metric with one identity, at each step.
  struct Newest {
    std::string metric;
    struct Cell {
      std::uint32_t series = kNone;
      TimestampMs t = 0;
    };
    std::vector<Cell> cells;
  };
  // Rows of one input row that go to one result.
  struct Output {
    std::size_t row = 0;
    SeriesId result = 0;
  };

  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;

  bool IsInfoMetric(const Labels& labels) const;
  // Restricts the selection to the identities of the input. False: nothing can match.
  bool AddIdentityMatchers();
  storage::Status ReadInfo();
  storage::Status NoteInfo(SeriesId id, const Row& row);
  storage::Result<std::size_t> NewestOf(const Labels& info);
  storage::Status EnrichRow(std::size_t i, std::vector<SeriesInfo>& results);
  // kNone: the element is dropped.
  storage::Result<std::uint32_t> Enrich(const SeriesInfo& base, const std::vector<std::uint32_t>& infos,
                                        std::vector<SeriesInfo>& results);

  const OperatorPtr input_;
  SelectNode select_;
  OperatorProfile* const info_profile_;
  SampleCounter* const samples_;
  std::vector<std::string> data_labels_;  // Those that may be added; empty = all.
  bool needs_info_ = false;               // Elements without info metrics are dropped.

  std::vector<SeriesInfo> base_;
  RowStore rows_;
  std::vector<std::uint8_t> has_base_;  // By step.
  std::unique_ptr<SelectOperator> info_operator_;
  std::vector<SeriesInfo> info_;
  std::vector<Newest> newest_;
  std::unordered_map<std::string, std::vector<std::size_t>> newest_by_identity_;  // Ordered by metric.
  SlotReservation reserved_;
  std::vector<std::vector<std::uint32_t>> result_of_step_;  // By row and stored step.
  std::vector<Output> outputs_;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
