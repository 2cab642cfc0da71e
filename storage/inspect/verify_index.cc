// The engine's index and its reads, against what the records hold.
#include <algorithm>
#include <functional>
#include <unordered_map>

#include <fmt/format.h>

#include "storage/inspect/examination.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::storage {
namespace {

constexpr std::uint64_t kDirectLookUps = 10'000;  // Series that are looked up by all their labels, evenly spread.

class IndexExaminer {
 public:
  IndexExaminer(Examination& all, const Tsdb& db) : all_(all), db_(db) {
    for (const auto& [place, samples] : all.visible) {
      const auto target = static_cast<std::uint32_t>(place >> 32);
      Labels labels = all.catalog.LabelsOf(target, static_cast<std::uint32_t>(place));
      if (!labels.empty()) expected_[std::move(labels)] += samples;  // Others were told of before.
    }
  }

  Status Examine() {
    const Matcher any = *Matcher::Create(MatchType::kRegex, std::string(kMetricName), ".*");
    const auto selection = db_.NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, std::span(&any, 1));
    if (!selection) return selection.error();
    ReadBuffer buffer;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) ExamineSeries(**selection, i, buffer);
    for (const auto& [labels, samples] : expected_) {
      if (samples > 0 && !found_.contains(labels)) Tell(labels, "the index does not find it");
    }
    return LookUp();
  }

 private:
  void Tell(const Labels& labels, const std::string& what) {
    all_.Tell(FindingKind::kDamage, all_.folder.database_path(), "series " + labels.ToString(), what);
  }

  // The index may list a series whose samples are all deleted, until they are off the disk.
  void ExamineSeries(const Selection& selection, std::size_t i, ReadBuffer& buffer) {
    const Labels labels = selection.labels(i);
    if (!found_.emplace(labels, true).second) return Tell(labels, "the index finds it twice");
    ++all_.summary.series;
    const auto samples = selection.Read(i, buffer);
    if (!samples) return Tell(labels, samples.error().what);
    const auto& t = samples->t;
    if (std::adjacent_find(t.begin(), t.end(), std::greater_equal<>()) != t.end()) Tell(labels, "times do not ascend");
    const auto at = expected_.find(labels);
    const std::uint64_t most = at == expected_.end() ? 0 : at->second;
    if (t.size() > most || (t.empty() && most > 0)) {
      Tell(labels, fmt::format("readers get {} samples, stored are {}", t.size(), most));
    }
  }

  Status LookUp() {
    const std::size_t step = std::max<std::size_t>(1, expected_.size() / kDirectLookUps);
    std::size_t i = 0;
    for (const auto& [labels, samples] : expected_) {
      if (i++ % step != 0 || samples == 0) continue;
      std::vector<Matcher> matchers;
      for (const auto& [name, value] : labels)
        matchers.push_back(Matcher::Equal(std::string(name), std::string(value)));
      if (matchers.size() > kMaxMatchers) continue;
      const auto selection = db_.NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
      if (!selection) return selection.error();
      bool found = false;
      for (std::size_t k = 0; k < (*selection)->size(); ++k) found = found || (*selection)->labels(k) == labels;
      if (!found) Tell(labels, "a look-up by its labels does not find it");
    }
    return {};
  }

  static constexpr std::size_t kMaxMatchers = 32;  // That a selection surely takes.

  Examination& all_;
  const Tsdb& db_;
  std::unordered_map<Labels, std::uint64_t> expected_;  // Samples.
  std::unordered_map<Labels, bool> found_;
};

}  // namespace

void ExamineIndex(Examination& all) {
  TsdbOptions options;
  options.path = all.folder.path();
  options.read_only = true;
  options.background = false;
  Registry registry;
  const auto db = Tsdb::Open(options, registry);
  Status status = db ? IndexExaminer(all, **db).Examine() : Status(db.error());
  if (!status) all.TellError(all.folder.database_path(), "opening it as the server does", status.error());
}

}  // namespace vigia::storage
