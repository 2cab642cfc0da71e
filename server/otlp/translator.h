// From the data points of OTLP to samples of series (surface.md 3.9, "OTLP translation facts").
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/schema/otlp_config.h"
#include "server/otlp/metrics_data.h"
#include "server/otlp/sample_writer.h"
#include "storage/model/labels.h"

namespace vigia::server {

struct TranslationRules {
  config::OtlpConfig config;
  bool takes_deltas = false;                  // Feature otlp-native-delta-ingestion: stored as they come.
  bool type_and_unit_labels = false;          // Feature of that name.
  storage::DurationMs lookback_ms = 300'000;  // Of queries: target_info is written twice as often.
};

// For one request; thread-compatible. `writer` outlives it. What cannot be translated is told to the writer.
class OtlpTranslator final : public OtlpVisitor {
 public:
  OtlpTranslator(const TranslationRules& rules, SampleWriter& writer) : rules_(rules), writer_(writer) {}

  void BeginResource(const OtlpAttributes& attributes) override;
  void BeginScope(const OtlpScope& scope) override;
  void BeginMetric(const OtlpMetric& metric) override;
  void TakePoint(const OtlpPoint& point) override;
  void EndResource() override;

 private:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  bool IsPromoted(const std::string& attribute) const;
  bool ReadPromoted();
  // Of the labels that all series of the resource have, unless a point has others: those that name a target.
  storage::Labels TargetLabels() const;
  std::string CheckMetric(const OtlpMetric& metric) const;
  void AddTypeAndUnit(const OtlpMetric& metric);
  // Labels without a name: `attributes` and what all series of the resource and scope have. False: told to the writer.
  bool BuildLabels(const OtlpAttributes& attributes, const Pairs& promoted, const Pairs& more,
                   storage::LabelsBuilder& out);
  void SetSample(const OtlpPoint& point, OtlpSample& sample) const;
  void AppendFloat(std::string_view suffix, double value, const OtlpPoint& point,
                   std::span<const storage::Exemplar> exemplars = {});
  void TakeNumber(const OtlpPoint& point);
  void TakeClassic(const OtlpPoint& point);
  void TakeNative(const OtlpPoint& point);
  void TakeSummary(const OtlpPoint& point);
  bool ReadExemplars(const OtlpPoint& point);
  void WriteTargetInfo();

  const TranslationRules rules_;
  SampleWriter& writer_;

  // Of the resource.
  OtlpAttributes resource_;
  std::string job_;
  std::string instance_;
  Pairs promoted_;
  bool resource_is_good_ = false;
  std::uint64_t earliest_ns_ = 0;
  std::uint64_t latest_ns_ = 0;
  bool has_times_ = false;
  std::set<std::pair<std::string, storage::TimestampMs>> written_info_;  // Labels and times, of the whole request.

  // Of the scope.
  Pairs scope_labels_;
  bool scope_is_good_ = false;

  // Of the metric.
  OtlpMetric metric_;
  std::string name_;
  Pairs metric_labels_;  // The scope's, and __type__ and __unit__ where they are wanted.
  bool metric_is_good_ = false;

  // Of the point.
  storage::LabelsBuilder builder_;
  std::vector<storage::Exemplar> exemplars_;
};

}  // namespace vigia::server
