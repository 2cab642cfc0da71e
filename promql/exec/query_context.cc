#include "promql/exec/query_context.h"

#include <algorithm>
#include <utility>

namespace vigia::promql {

QueryContext::QueryContext(QueryContextOptions options, storage::Querier& querier)
    : options_(std::move(options)), querier_(querier), budget_(options_.max_samples) {}

storage::Status QueryContext::Interrupted() const {
  if (options_.cancel.stop_requested()) {
    return storage::Error{storage::Errc::kCancelled, "query was canceled in expression evaluation"};
  }
  if (std::chrono::steady_clock::now() >= options_.deadline) {
    return storage::Error{storage::Errc::kTimeout, "query timed out in expression evaluation"};
  }
  return {};
}

TextPosition QueryContext::PositionOf(PosRange pos) const {
  TextPosition position;
  const std::size_t end = std::min<std::size_t>(pos.start, options_.text.size());
  for (std::size_t i = 0; i < end; ++i) {
    if (options_.text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
  }
  return position;
}

}  // namespace vigia::promql
