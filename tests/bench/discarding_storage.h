// Takes all samples and keeps none: what is in front of storage costs alone.
#pragma once

#include <cstdint>
#include <memory>

#include "storage/api/appender.h"

namespace vigia::bench {

class DiscardingStorage final : public storage::Appendable {
 public:
  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels&) override {
    return std::make_unique<Batch>(*this);
  }
  double sum = 0;

 private:
  class Batch final : public storage::Appender {
   public:
    explicit Batch(DiscardingStorage& all) : all_(all) {}
    storage::Result<storage::SeriesRef> Resolve(const storage::Labels&) override {
      return static_cast<storage::SeriesRef>(++all_.series_);
    }
    storage::AppendOutcome Append(storage::SeriesRef, storage::TimestampMs, double v) override {
      all_.sum += v;
      return storage::AppendOutcome::kAdded;
    }
    storage::AppendOutcome AppendHistogram(storage::SeriesRef, storage::TimestampMs,
                                           const storage::HistogramPtr&) override {
      return storage::AppendOutcome::kAdded;
    }
    storage::AppendOutcome AppendExemplar(storage::SeriesRef, const storage::Exemplar&) override {
      return storage::AppendOutcome::kAdded;
    }
    storage::Status Commit() override { return {}; }
    void Rollback() override {}

   private:
    DiscardingStorage& all_;
  };
  std::uint64_t series_ = 0;
};

}  // namespace vigia::bench
