// The `_created` lines of OpenMetrics bodies: since when the counters, histograms and summaries beside them count
// (surface.md 5.4). With start timestamps in use they are no series of their own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/exposition/parser.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Thread-compatible. Remembers from body to body where a time belongs, so that a known line is not parsed again.
class CreatedTimes {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = UINT32_MAX;

  // Whether the line of the parser is such a line. `name` is its metric name.
  static bool IsCreated(MetricType type, std::string_view name);

  // Reads all times of a body: they come behind the samples that they are about. True: what IdOf() said before is no
  // longer good, since this is the first body with any time, or too many ids had come to be.
  bool Read(std::string_view body);
  // The id of the time that goes with a sample of these labels, as they are exposed and with the name in front; kNone
  // for types that do not count, and while bodies have no times.
  Id IdOf(MetricType type, std::span<const storage::LabelView> labels);
  // What the last body said, 0: nothing.
  storage::TimestampMs At(Id id) const { return times_[id].body == body_ ? times_[id].created_ms : 0; }

 private:
  struct Time {
    storage::TimestampMs created_ms = 0;
    std::uint32_t body = 0;  // That told it.
  };
  Id Intern(std::string_view base_name, std::string_view left_out, std::span<const storage::LabelView> labels);
  void Note(const ExpositionParser& parser);

  std::uint32_t body_ = 0;
  std::vector<Time> times_;                        // By id.
  std::unordered_map<std::string, Id> by_labels_;  // Encoded labels with the family's name.
  std::unordered_map<std::string, Id> by_line_;    // Name and labels as they stand in the body.
  bool has_times_ = false;                         // The last body had any.
  std::size_t limit_ = 0;                          // Ids or lines beyond it are too many; 0: not known yet.
  std::vector<storage::LabelView> label_scratch_;
  std::string text_scratch_;
};

}  // namespace vigia::server
