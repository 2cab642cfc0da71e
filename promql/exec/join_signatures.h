// Join keys of two vectors as dense numbers: equal where on(...) or ignoring(...) sees equal labels.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "promql/exec/query_context.h"
#include "promql/exec/series_info.h"
#include "promql/parser/ast.h"

namespace vigia::promql {

class JoinSignatures {
 public:
  explicit JoinSignatures(const VectorMatching& matching);

  storage::Result<std::vector<std::uint32_t>> Of(const QueryContext& context, const std::vector<SeriesInfo>& series);
  std::size_t count() const { return ids_.size(); }
  // The labels of the signature: what messages call the match group.
  Labels Project(const Labels& labels) const;

 private:
  const bool on_;
  std::vector<std::string> labels_;  // To keep, or to drop, with the metadata labels in the latter case.
  std::unordered_map<std::string, std::uint32_t> ids_;
};

}  // namespace vigia::promql
