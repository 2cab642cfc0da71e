// What the stored series are like: how many, of which labels, how long they live, what they cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/inspect/opened_folder.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

struct AnalysisOptions {
  std::size_t limit = 20;         // Entries of each list, the largest first.
  std::vector<Matcher> matchers;  // Only series for which all hold.
};

struct Figure {
  std::string name;
  std::uint64_t value = 0;
};
struct Cost {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
};

// Of samples in row groups and of unsealed ones in the log; deleted samples that are still on the disk count too.
struct Analysis {
  TimestampMs min_t = kMaxTimestampMs;
  TimestampMs max_t = kMinTimestampMs;
  std::uint64_t series = 0;
  std::uint64_t samples = 0;
  std::uint64_t label_names = 0;
  std::uint64_t label_pairs = 0;         // Different ones.
  std::uint64_t label_pair_entries = 0;  // Summed over the series.
  // By how much of the time range their series do not cover: 1 is one series that is missing all the time.
  std::vector<Figure> churning_pairs;
  std::vector<Figure> churning_names;
  std::vector<Figure> common_pairs;    // Number of series.
  std::vector<Figure> longest_values;  // Bytes of a name's different values together.
  std::vector<Figure> most_values;     // Number of a name's different values.
  std::vector<Figure> series_by_metric;
  std::vector<Cost> cost_by_metric;    // Of samples in row groups, before block compression.
  std::vector<Cost> cost_by_encoding;  // The same; all encodings, whatever the limit.
  std::uint64_t group_bytes = 0;       // Row groups with all that is around samples, before block compression,
  std::uint64_t file_bytes = 0;        // and the files that hold them. Both without a look at the matchers.
  std::uint64_t log_samples = 0;       // Unsealed, included in `samples`.
};

// kCorruption when a row group cannot be read.
Result<Analysis> Analyze(const OpenedFolder& folder, const AnalysisOptions& options);

}  // namespace vigia::storage
