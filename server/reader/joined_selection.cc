#include "server/reader/joined_selection.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace vigia::server {
namespace {

using storage::Labels;
using storage::ReadBuffer;
using storage::Result;
using storage::SamplesView;

constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

struct HashLabels {
  std::size_t operator()(const Labels& labels) const { return labels.Hash(); }
};

// Into `out`, in order of time.
void Merge(const SamplesView& first, const SamplesView& second, ReadBuffer& out) {
  out.t.clear();
  out.v.clear();
  out.h.clear();
  out.starts.clear();
  const bool has_histograms = !first.h.empty() || !second.h.empty();
  const bool has_starts = !first.starts.empty();
  const auto take = [&](const SamplesView& from, std::size_t i) {
    out.t.push_back(from.t[i]);
    out.v.push_back(from.v[i]);
    if (has_histograms) out.h.push_back(from.h.empty() ? nullptr : from.h[i]);
    if (has_starts) out.starts.push_back(from.starts.empty() ? 0 : from.starts[i]);
  };
  std::size_t a = 0;
  std::size_t b = 0;
  while (a < first.t.size() || b < second.t.size()) {
    if (b == second.t.size() || (a < first.t.size() && first.t[a] <= second.t[b])) {
      if (b < second.t.size() && first.t[a] == second.t[b]) ++b;
      take(first, a++);
    } else {
      take(second, b++);
    }
  }
}

SamplesRead Merged(const SamplesRead& first, const SamplesRead& second) {
  ReadBuffer buffer;
  Merge(first.View(), second.View(), buffer);
  return {std::move(buffer.t), std::move(buffer.v), std::move(buffer.h)};
}

class JoinedSelection final : public storage::Selection {
 public:
  JoinedSelection(std::unique_ptr<storage::Selection> local, std::vector<SeriesRead> series,
                  std::vector<std::string> warnings, std::uint64_t limit)
      : local_(std::move(local)), warnings_(std::move(warnings)), remote_of_(local_->size(), kNone) {
    std::unordered_map<Labels, std::size_t, HashLabels> known;  // Index within this selection.
    if (!series.empty()) {
      for (std::size_t i = 0; i < local_->size(); ++i) known.emplace(local_->labels(i), i);
    }
    for (SeriesRead& one : series) {
      const auto [at, added] = known.try_emplace(one.labels, remote_of_.size());
      if (added) remote_of_.push_back(kNone);
      std::size_t& remote = remote_of_[at->second];
      if (remote == kNone) {
        remote = remotes_.size();
        remotes_.push_back(std::move(one));
      } else {
        remotes_[remote].samples = Merged(remotes_[remote].samples, one.samples);
      }
    }
    size_ = limit == 0 ? remote_of_.size() : std::min<std::size_t>(limit, remote_of_.size());
  }

  std::size_t size() const override { return size_; }
  Labels labels(std::size_t i) const override {
    return i < local_->size() ? local_->labels(i) : remotes_[remote_of_[i]].labels;
  }
  Labels wanted_labels(std::size_t i) const override {
    return i < local_->size() ? local_->wanted_labels(i) : remotes_[remote_of_[i]].labels;
  }
  Result<SamplesView> Read(std::size_t i, ReadBuffer& buffer) const override {
    if (i >= local_->size()) return remotes_[remote_of_[i]].samples.View();
    if (remote_of_[i] == kNone) return local_->Read(i, buffer);
    ReadBuffer own;  // The local view points into it while the two are merged.
    auto view = local_->Read(i, own);
    if (view.has_error()) return view;
    Merge(*view, remotes_[remote_of_[i]].samples.View(), buffer);
    return SamplesView{.t = buffer.t, .v = buffer.v, .h = buffer.h, .starts = buffer.starts};
  }
  std::vector<std::string> warnings() const override { return warnings_; }

 private:
  const std::unique_ptr<storage::Selection> local_;
  const std::vector<std::string> warnings_;
  std::vector<std::size_t> remote_of_;  // Of each series: index in remotes_.
  std::vector<SeriesRead> remotes_;
  std::size_t size_ = 0;
};

}  // namespace

std::unique_ptr<storage::Selection> JoinSelections(std::unique_ptr<storage::Selection> local,
                                                   std::vector<SeriesRead> series, std::vector<std::string> warnings,
                                                   std::uint64_t limit) {
  return std::make_unique<JoinedSelection>(std::move(local), std::move(series), std::move(warnings), limit);
}

}  // namespace vigia::server
