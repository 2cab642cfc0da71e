// A small encoder of remote write messages for tests, written from the field numbers of the protocol and not from the
// decoder, and a storage that notes what it is asked.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <snappy.h>

#include "storage/api/appender.h"
#include "tests/support/wire_encoder.h"

namespace vigia::tests {

using Pairs = std::vector<std::pair<std::string, std::string>>;

inline std::string LabelField(std::string_view name, std::string_view value) {
  return BytesField(1, BytesField(1, name) + BytesField(2, value));
}
inline std::string LabelFields(const Pairs& labels) {
  std::string out;
  for (const auto& [name, value] : labels) out += LabelField(name, value);
  return out;
}
inline std::string SampleMessage(double v, std::int64_t t) {
  return DoubleField(1, v) + VarintField(2, static_cast<std::uint64_t>(t));
}
inline std::string SampleField(double v, std::int64_t t) { return BytesField(2, SampleMessage(v, t)); }
// A field of WriteRequest.
inline std::string SeriesV1(const Pairs& labels, const std::string& parts) {
  return BytesField(1, LabelFields(labels) + parts);
}
inline std::string OneSample(const Pairs& labels, double v, std::int64_t t) {
  return SeriesV1(labels, SampleField(v, t));
}

inline std::string Compressed(std::string_view message) {
  std::string out;
  snappy::Compress(message.data(), message.size(), &out);
  return out;
}

struct StoredSample {
  std::string series;
  storage::TimestampMs t = 0;
  std::uint64_t bits = 0;  // Of the value; 0 for histograms.
  storage::HistogramPtr h;
  bool operator==(const StoredSample& other) const {
    return series == other.series && t == other.t && bits == other.bits && (h == nullptr) == (other.h == nullptr);
  }
};

// Takes every sample unless `judge` says otherwise; keeps what was committed.
class NotingStorage : public storage::Appendable {
 public:
  std::vector<StoredSample> stored;
  std::vector<std::pair<std::string, storage::Exemplar>> exemplars;
  // Start timestamps that were set, and the zeros that were asked for, as "series t start".
  std::vector<std::string> starts;
  std::vector<std::string> zeros;
  std::vector<std::string> shared;    // Of each NewAppender().
  std::vector<std::string> resolved;  // Of each Resolve().
  int commits = 0;
  int rollbacks = 0;
  std::function<storage::AppendOutcome(const std::string& series, storage::TimestampMs, double)> judge;
  std::function<storage::Status(const storage::Labels&)> on_resolve;
  std::function<storage::Status()> on_commit;

  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels& labels) override {
    shared.push_back(labels.ToString());
    return std::make_unique<Batch>(*this);
  }

 private:
  class Batch final : public storage::Appender {
   public:
    explicit Batch(NotingStorage& storage) : storage_(storage) {}
    storage::Result<storage::SeriesRef> Resolve(const storage::Labels& labels) override {
      if (storage_.on_resolve) {
        if (const storage::Status status = storage_.on_resolve(labels); !status) return status.error();
      }
      storage_.resolved.push_back(labels.ToString());
      const auto at = storage_.refs_.emplace(labels.ToString(), storage_.refs_.size() + 1).first;
      storage_.names_[at->second] = at->first;
      return static_cast<storage::SeriesRef>(at->second);
    }
    storage::AppendOutcome Append(storage::SeriesRef ref, storage::TimestampMs t, double v) override {
      const std::string& name = storage_.names_.at(static_cast<std::uint64_t>(ref));
      const storage::AppendOutcome outcome =
          storage_.judge ? storage_.judge(name, t, v) : storage::AppendOutcome::kAdded;
      if (outcome == storage::AppendOutcome::kAdded) {
        pending_.push_back({name, t, std::bit_cast<std::uint64_t>(v), nullptr});
      }
      return outcome;
    }
    storage::AppendOutcome AppendHistogram(storage::SeriesRef ref, storage::TimestampMs t,
                                           const storage::HistogramPtr& h) override {
      pending_.push_back({storage_.names_.at(static_cast<std::uint64_t>(ref)), t, 0, h});
      return storage::AppendOutcome::kAdded;
    }
    void SetStart(storage::SeriesRef ref, storage::TimestampMs t, storage::TimestampMs start_ms) override {
      storage_.starts.push_back(Text(ref, t, start_ms));
    }
    void AppendZeroAtStart(storage::SeriesRef ref, storage::TimestampMs t, storage::TimestampMs start_ms,
                           const storage::HistogramPtr& like) override {
      storage_.zeros.push_back(Text(ref, t, start_ms) + (like ? " histogram" : ""));
    }
    storage::AppendOutcome AppendExemplar(storage::SeriesRef ref, const storage::Exemplar& exemplar) override {
      pending_exemplars_.emplace_back(storage_.names_.at(static_cast<std::uint64_t>(ref)), exemplar);
      return storage::AppendOutcome::kAdded;
    }
    storage::Status Commit() override {
      if (storage_.on_commit) {
        if (storage::Status status = storage_.on_commit(); !status) return status;
      }
      ++storage_.commits;
      storage_.stored.insert(storage_.stored.end(), pending_.begin(), pending_.end());
      storage_.exemplars.insert(storage_.exemplars.end(), pending_exemplars_.begin(), pending_exemplars_.end());
      pending_.clear();
      pending_exemplars_.clear();
      return {};
    }
    void Rollback() override {
      ++storage_.rollbacks;
      pending_.clear();
      pending_exemplars_.clear();
    }

   private:
    std::string Text(storage::SeriesRef ref, storage::TimestampMs t, storage::TimestampMs start_ms) const {
      return storage_.names_.at(static_cast<std::uint64_t>(ref)) + " " + std::to_string(t) + " " +
             std::to_string(start_ms);
    }
    NotingStorage& storage_;
    std::vector<StoredSample> pending_;
    std::vector<std::pair<std::string, storage::Exemplar>> pending_exemplars_;
  };
  std::map<std::string, std::uint64_t> refs_;
  std::map<std::uint64_t, std::string> names_;
};

}  // namespace vigia::tests
