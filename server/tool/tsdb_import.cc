// tsdb create-blocks-from openmetrics: samples of a text with times of any age, as promtool's cmd/promtool/backfill.go
// takes them, into the data folder of a stopped server.
#include <algorithm>
#include <optional>
#include <ostream>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "server/exposition/openmetrics_parser.h"
#include "server/tool/arguments.h"
#include "server/tool/backfill.h"
#include "server/tool/commands.h"
#include "server/tool/create_blocks.h"
#include "server/tool/mapped_file.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Labels;
using storage::SeriesRef;
using storage::Status;
using storage::TimestampMs;

// A server refuses scraped samples that are older than the newest one of their series: one far ahead would keep out all
// that follow. So much is let through as remote write does.
constexpr storage::DurationMs kMaxAheadMs = 10 * 60 * 1000;

class OpenMetricsImport {
 public:
  OpenMetricsImport(std::string path, std::string_view text, std::vector<std::pair<std::string, std::string>> labels,
                    TimestampMs now_ms)
      : path_(std::move(path)), text_(text), labels_(std::move(labels)), max_t_(now_ms + kMaxAheadMs) {}

  // Reads all of the file. What is wrong with it is found here, before anything is written.
  Status Check() {
    return ForEachSample([this](const OpenMetricsParser& parser) -> Status {
      ++samples_;
      if (!parser.timestamp_ms()) return At(parser, "expected timestamp for series got none");
      if (*parser.timestamp_ms() > max_t_) return At(parser, "timestamp is more than ten minutes ahead of now");
      const auto [at, fresh] = series_.try_emplace(parser.series(), Known{parser.type(), SeriesRef::kNone});
      if (!fresh) return {};
      const auto labels = LabelsOf(parser);
      return labels ? Status() : At(parser, labels.error().what);
    });
  }

  // REQUIRES: Check() found nothing.
  Status Write(Backfill& backfill) {
    std::size_t stored_line = 0;
    Status status = ForEachSample([&](const OpenMetricsParser& parser) -> Status {
      const auto ref = RefOf(parser, backfill);
      if (!ref) return At(parser, ref.error().what);
      backfill.Add(*ref, *parser.timestamp_ms(), parser.value());
      if (!backfill.full()) return {};
      if (Status flushed = backfill.Flush(); !flushed) return flushed;
      stored_line = parser.line_number();
      return {};
    });
    if (status) status = backfill.Flush();
    if (!status) {
      return Error{status.error().code,
                   fmt::format("{}; of {} the samples up to line {} are stored, behind it at most a part: run the "
                               "command again when the cause is mended, no sample is stored twice",
                               status.error().what, path_, stored_line)};
    }
    status = backfill.Finish();
    if (status) return {};
    return Error{status.error().code,
                 fmt::format("{}; all samples of {} are stored, but not settled", status.error().what, path_)};
  }

  std::uint64_t samples() const { return samples_; }

 private:
  // The same text stands for other labels under another type: bounds of histograms are written in one way.
  struct Known {
    MetricType type;
    SeriesRef ref;
  };

  template <class Each>
  Status ForEachSample(const Each& each) {
    OpenMetricsParser parser(text_);
    for (;;) {
      switch (parser.Next()) {
        case EntryKind::kEof: return {};
        case EntryKind::kError: return Fault(parser);
        case EntryKind::kSeries:
          if (Status status = each(parser); !status) return status;
          break;
        case EntryKind::kType:
        case EntryKind::kHelp:
        case EntryKind::kUnit:
        case EntryKind::kComment: break;
      }
    }
  }

  // The parser names the line in its own way.
  Error Fault(const OpenMetricsParser& parser) const {
    std::string_view what = parser.error();
    const std::string line = fmt::format("line {}: ", parser.line_number());
    if (what.starts_with(line)) what.remove_prefix(line.size());
    return At(parser, what);
  }

  Error At(const OpenMetricsParser& parser, std::string_view what) const {
    return {Errc::kInvalid, fmt::format("{}:{}: {}", path_, parser.line_number(), what)};
  }

  storage::Result<Labels> LabelsOf(const OpenMetricsParser& parser) {
    exposed_.clear();
    parser.AppendLabels(exposed_, scratch_);
    builder_.Reset(Labels());
    for (const storage::LabelView& label : exposed_) {
      if (label.value.empty()) continue;
      if (!builder_.Get(label.name).empty()) {
        return Error{Errc::kInvalid, fmt::format("label name {} is not unique", storage::Quoted(label.name))};
      }
      builder_.Set(label.name, label.value);
    }
    for (const auto& [name, value] : labels_) builder_.Set(name, value);
    if (builder_.Get(storage::kMetricName).empty()) return Error{Errc::kInvalid, "series has no metric name"};
    return builder_.Build();
  }

  storage::Result<SeriesRef> RefOf(const OpenMetricsParser& parser, Backfill& backfill) {
    Known& known = series_.at(parser.series());
    if (known.ref != SeriesRef::kNone && known.type == parser.type()) return known.ref;
    const auto labels = LabelsOf(parser);
    if (!labels) return labels.error();
    const auto ref = backfill.Resolve(*labels);
    if (ref) known = {parser.type(), *ref};
    return ref;
  }

  const std::string path_;
  const std::string_view text_;
  const std::vector<std::pair<std::string, std::string>> labels_;
  const TimestampMs max_t_;
  std::uint64_t samples_ = 0;
  std::unordered_map<std::string_view, Known> series_;  // By their text.
  storage::LabelsBuilder builder_;
  std::vector<storage::LabelView> exposed_;
  std::string scratch_;
};

storage::Result<std::vector<std::pair<std::string, std::string>>> ExtraLabels(const Arguments& arguments) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& text : arguments.GetAll("label")) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{Errc::kInvalid, fmt::format("expected KEY=VALUE got '{}'", text)};
    }
    out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    if (storage::IsValidUtf8(out.back().first) && storage::IsValidUtf8(out.back().second)) continue;
    return Error{Errc::kInvalid, fmt::format("expected UTF-8 for --label, got {}", storage::Quoted(text))};
  }
  return out;
}

}  // namespace

int CreateBlocksFromOpenMetrics(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {{"label"}, {"human-readable", "r", "quiet", "q"}});
  if (!arguments) return CreateBlocksFailed(world, arguments.error().what);
  const auto& positional = arguments->positional();
  if (positional.empty()) return CreateBlocksFailed(world, "required argument 'input file' not provided, try --help");
  if (positional.size() > 2) return CreateBlocksFailed(world, fmt::format("unexpected {}, try --help", positional[2]));
  auto labels = ExtraLabels(*arguments);
  if (!labels) return CreateBlocksFailed(world, labels.error().what);
  const auto file = MappedFile::Open(positional[0]);
  if (!file) return CreateBlocksFailed(world, file.error().what);
  OpenMetricsImport import(positional[0], file->text(), std::move(*labels), world.clock());
  if (const Status good = import.Check(); !good) return CreateBlocksFailed(world, good.error().what);
  if (import.samples() == 0) return kSuccess;  // No folder is made for nothing.
  const std::string folder = positional.size() > 1 ? positional[1] : std::string(kBackfillFolder);
  const auto backfill = Backfill::Open(folder, world);
  if (!backfill) return CreateBlocksFailed(world, backfill.error().what);
  if (const Status written = import.Write(**backfill); !written) return CreateBlocksFailed(world, written.error().what);
  return ReportBackfill(**backfill, folder, *arguments, world);
}

}  // namespace vigia::server
