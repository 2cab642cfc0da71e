#include "promql/exec/query_context.h"

#include <algorithm>
#include <utility>

namespace vigia::promql {

namespace {

std::vector<std::size_t> LineStarts(std::string_view text) {
  std::vector<std::size_t> starts = {0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

}  // namespace

QueryContext::QueryContext(QueryContextOptions options, storage::Querier& querier)
    : options_(std::move(options)),
      line_starts_(LineStarts(options_.text)),
      querier_(querier),
      budget_(options_.max_samples, options_.memory) {}

void QueryContext::Report() {
  if (options_.progress == nullptr) return;
  options_.progress->samples_held.store(budget_.current(), std::memory_order_relaxed);
  options_.progress->samples_read.store(samples_read_, std::memory_order_relaxed);
}

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
  const std::size_t at = std::min<std::size_t>(pos.start, options_.text.size());
  const auto line = std::ranges::upper_bound(line_starts_, at) - 1;
  return {static_cast<int>(line - line_starts_.begin()) + 1, static_cast<int>(at - *line) + 1};
}

}  // namespace vigia::promql
