#include "server/reader/joined_queryable.h"

#include <algorithm>
#include <utility>

#include "server/reader/joined_selection.h"

namespace vigia::server {
namespace {

using storage::LabelStrings;
using storage::Matcher;
using storage::Result;
using storage::Selection;

// A remote that is asked for what is before `end_ms`.
struct Asked {
  std::shared_ptr<const RemoteReader> reader;
  storage::TimestampMs end_ms;
};

class JoinedQuerier final : public storage::Querier {
 public:
  JoinedQuerier(std::unique_ptr<storage::Querier> local, storage::TimestampMs start_ms, std::vector<Asked> asked)
      : local_(std::move(local)), start_ms_(start_ms), asked_(std::move(asked)) {}

  Result<std::unique_ptr<Selection>> Select(const storage::SelectHints& hints,
                                            std::span<const Matcher> matchers) override {
    std::vector<PendingRead> pending;
    for (const Asked& remote : asked_) {
      if (auto read = remote.reader->Begin(start_ms_, remote.end_ms, hints, matchers)) {
        pending.push_back(std::move(*read));
      }
    }
    auto local = local_->Select(hints, matchers);
    if (local.has_error() || pending.empty()) return local;
    std::vector<SeriesRead> series;
    std::vector<std::string> warnings = (*local)->warnings();
    for (PendingRead& read : pending) {
      auto answer = read.Take();
      if (answer.has_error()) return answer.error();
      if (!answer->failure.empty()) warnings.push_back(std::move(answer->failure));
      std::ranges::move(answer->series, std::back_inserter(series));
    }
    if (series.empty() && warnings.empty()) return local;
    return JoinSelections(*std::move(local), std::move(series), std::move(warnings), hints.limit);
  }

  Result<LabelStrings> LabelNames(std::span<const Matcher> matchers, std::uint64_t limit) override {
    return WithWarning(local_->LabelNames(matchers, limit));
  }
  Result<LabelStrings> LabelValues(const std::string& name, std::span<const Matcher> matchers,
                                   std::uint64_t limit) override {
    return WithWarning(local_->LabelValues(name, matchers, limit));
  }

 private:
  // The protocol has no question for labels.
  static Result<LabelStrings> WithWarning(Result<LabelStrings> strings) {
    if (strings.has_value()) strings->warnings.emplace_back("not implemented");
    return strings;
  }

  const std::unique_ptr<storage::Querier> local_;
  const storage::TimestampMs start_ms_;
  const std::vector<Asked> asked_;
};

}  // namespace

std::unique_ptr<storage::Querier> JoinedQueryable::NewQuerier(storage::TimestampMs start_ms,
                                                              storage::TimestampMs end_ms) const {
  auto local = local_.NewQuerier(start_ms, end_ms);
  const std::shared_ptr<const RemoteReaders> remotes = remotes_.Current();
  if (remotes->empty()) return local;
  const storage::TimestampMs complete_ms = complete_since_ms_();
  std::vector<Asked> asked;
  for (const auto& reader : *remotes) {
    if (reader->config().read_recent) {
      asked.push_back({reader, end_ms});
    } else if (start_ms <= complete_ms) {
      asked.push_back({reader, std::min(end_ms, complete_ms)});
    }
  }
  if (asked.empty()) return local;
  return std::make_unique<JoinedQuerier>(std::move(local), start_ms, std::move(asked));
}

const storage::TimeVersions* JoinedQueryable::time_versions() const {
  return remotes_.Current()->empty() ? local_.time_versions() : nullptr;
}

}  // namespace vigia::server
