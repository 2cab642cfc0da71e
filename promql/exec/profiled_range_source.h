// A range source that keeps a profile. Put in only when the query is analysed.
#pragma once

#include <utility>

#include "promql/exec/operator_profile.h"
#include "promql/exec/range_source.h"

namespace vigia::promql {

class ProfiledRangeSource : public RangeSource {
 public:
  // `context` and `profile` must outlive the source.
  ProfiledRangeSource(QueryContext& context, OperatorProfile& profile, RangeSourcePtr source)
      : context_(context), profile_(profile), source_(std::move(source)) {}

  storage::Result<std::vector<SeriesInfo>> Series() override;
  storage::Result<bool> Next(RangeSeries& out) override;
  void Release() override { source_->Release(); }
  bool is_counted() const override { return source_->is_counted(); }

 private:
  QueryContext& context_;
  OperatorProfile& profile_;
  const RangeSourcePtr source_;
};

}  // namespace vigia::promql
