// The bytes of one committed batch in the row log. Format: storage/FORMAT.md, "Row frames".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/histogram.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

// One float sample. `base` is what the reader will know of the column's last value: the value itself is written as a
// difference to it. Value and base are bit patterns.
struct FrameCell {
  std::uint32_t column = 0;
  std::uint64_t bits = 0;
  std::uint64_t base = 0;
  bool repeats = false;  // The bits are known to be those of the column's newest sample, a float.
};

struct FrameHistogram {
  std::uint32_t column = 0;
  HistogramPtr value;
};

// The start timestamp of the row's sample in that column, never 0.
struct FrameStart {
  std::uint32_t column = 0;
  TimestampMs start = 0;
};

struct FrameRow {
  TimestampMs t = 0;
  bool detached = false;  // Out of order: values have no base and are none for what follows.
  std::vector<FrameCell> cells;
  std::vector<FrameHistogram> histograms;
  std::vector<FrameStart> starts = {};
};

// The rows of one target, ascending in time.
struct FrameSection {
  std::uint32_t target = 0;
  std::vector<FrameRow> rows;
  // No value of this frame or a later one builds upon a frame before it: who does not need those need not decode them.
  bool anew = false;
};

// `epoch` tells the reader which bases the writer assumed: a column's last value counts only when it was written in the
// same epoch, else the base is 0.
std::string EncodeFrame(std::uint32_t epoch, const std::vector<FrameSection>& sections);
// The same, in place of what `out` holds.
void EncodeFrame(std::uint32_t epoch, const std::vector<FrameSection>& sections, std::string& out);

// What the reader knows of the values of columns.
class FrameState {
 public:
  virtual ~FrameState() = default;
  // Sets the base of each cell. False when one of the columns does not exist.
  virtual bool SetBases(std::uint32_t epoch, std::uint32_t target, std::span<FrameCell> cells) = 0;
  // The cells are their columns' last values now. Called after SetBases() for the same cells.
  virtual void Update(std::uint32_t epoch, std::uint32_t target, std::span<const FrameCell> cells) = 0;
  virtual bool Has(std::uint32_t target, std::uint32_t column) = 0;
  // The column's last value is a histogram: it has no base. REQUIRES: Has().
  virtual void EndHistory(std::uint32_t target, std::uint32_t column) = 0;
  // All columns of the target have no base any more: a section begins anew.
  virtual void Forget(std::uint32_t target) = 0;
};

// How far the frames of one target are at rest.
struct AtRest {
  std::uint64_t seq = 0;   // Of the newest frame that is.
  bool next_anew = false;  // The next frame begins anew: those at rest need not be decoded.
};

struct Frame {
  std::uint32_t epoch = 0;
  std::vector<FrameSection> sections;
};

// What a frame about one target only, as those of scrapes are, says of itself.
struct FrameHead {
  std::uint32_t epoch = 0;
  std::uint32_t target = 0;
};
// nullopt for frames of several targets and for those whose first bytes are damaged.
std::optional<FrameHead> HeadOfOneTarget(std::string_view frame);

// kCorruption when the bytes are no frame or name an unknown column, kInvalid when a newer version wrote them.
Result<Frame> DecodeFrame(std::string_view bytes, FrameState& state);

}  // namespace vigia::storage
