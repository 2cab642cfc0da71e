// The rows of a selection's series, made in parts on several threads and taken in order of the series. Floats only: at
// a series with histograms, which are rare and dear, a part ends, and the operator does the rest of it itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "promql/exec/ordered_parts.h"
#include "promql/exec/query_context.h"
#include "promql/exec/row_batch.h"
#include "promql/plan/steps.h"
#include "storage/model/error.h"

namespace vigia::promql {

// What was seen of one series, for those who count.
struct SeriesNote {
  SeriesId id = 0;
  std::uint64_t found = 0;  // Valid steps; 0: the series has no row.
  // Of functions of range vectors, in samples: of all windows, distinct, of the largest window and of the last one.
  std::uint64_t in_windows = 0;
  std::uint64_t distinct = 0;
  std::uint64_t largest_window = 0;
  std::uint64_t last_window = 0;
  bool starts_overlap = false;
};

struct SeriesPart {
  storage::Status status;
  std::optional<RowBatch> rows;
  std::vector<SeriesNote> notes;  // Of each series done.
  std::uint64_t samples_read = 0;
  std::size_t rest = 0;  // The first series that is not done,
  std::size_t end = 0;   // and the end of the part.
};

class SeriesParts {
 public:
  // Does the series from part.rest on, and moves it, up to part.end; `worker` as in OrderedParts.
  using Fill = std::function<void(std::size_t worker, SeriesPart& part)>;

  // Null when it is not worth while: few series, no threads, or somebody wants to know what each operator does.
  // Reserves the memory of the parts.
  static storage::Result<std::unique_ptr<SeriesParts>> MakeIfWorthwhile(QueryContext& context, const Steps& steps,
                                                                        std::size_t series);
  std::size_t workers() const { return OrderedParts<SeriesPart>::WorkersFor(helpers_); }
  // REQUIRES: called once, before Next().
  void Start(Fill fill);
  // As OrderedParts::Next().
  SeriesPart* Next() { return parts_->Next(); }

 private:
  SeriesParts(WorkerPool& pool, std::size_t steps, std::size_t series, std::size_t per_part)
      : pool_(pool), steps_(steps), series_(series), per_part_(per_part), helpers_(pool.threads()) {}

  WorkerPool& pool_;
  const std::size_t steps_;
  const std::size_t series_;
  const std::size_t per_part_;
  const std::size_t helpers_;
  std::optional<OrderedParts<SeriesPart>> parts_;
};

}  // namespace vigia::promql
