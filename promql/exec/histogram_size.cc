#include "promql/exec/histogram_size.h"

namespace vigia::promql {

std::uint64_t SamplesOf(const storage::FloatHistogram& h) {
  constexpr std::uint64_t kFieldsBytes = 168;
  constexpr std::uint64_t kTimeBytes = 8;
  constexpr std::uint64_t kElementBytes = 8;
  constexpr std::uint64_t kFloatSampleBytes = 16;
  const std::uint64_t elements = h.positive_spans.size() + h.negative_spans.size() + h.positive_buckets.size() +
                                 h.negative_buckets.size() + h.custom_values.size();
  return (kTimeBytes + kFieldsBytes + kElementBytes * elements) / kFloatSampleBytes;
}

void SumSamples(std::span<const storage::HistogramPtr> histograms, std::vector<std::uint64_t>& before) {
  before.assign(histograms.size() + 1, 0);
  for (std::size_t i = 0; i < histograms.size(); ++i) {
    before[i + 1] = before[i] + (histograms[i] ? SamplesOf(*histograms[i]) : 1);
  }
}

}  // namespace vigia::promql
