#include <limits>
#include <string_view>
#include <vector>

#include "server/exposition/client_model_writer.h"
#include "server/exposition/number.h"
#include "server/exposition/render.h"

namespace vigia::server {
namespace {

using storage::CollectedFamily;
using storage::CollectedPoint;
using storage::InstrumentType;
using storage::LabelView;

ClientType TypeOf(InstrumentType type) {
  switch (type) {
    case InstrumentType::kCounter: return ClientType::kCounter;
    case InstrumentType::kGauge: return ClientType::kGauge;
    case InstrumentType::kHistogram: return ClientType::kHistogram;
    case InstrumentType::kSummary: return ClientType::kSummary;
  }
  return ClientType::kUntyped;
}

// One histogram or summary: a registry gives its points one after the other, the count last.
class Parts {
 public:
  explicit Parts(ClientType type) : type_(type) {}

  void Take(const CollectedPoint& point, std::string& metrics) {
    const char* const bound_label = type_ == ClientType::kHistogram ? "le" : "quantile";
    if (point.suffix == "_sum") {
      sum_ = point.value;
    } else if (point.suffix == "_count") {
      const std::string data = type_ == ClientType::kHistogram ? HistogramMessage(point.value, sum_, buckets_)
                                                               : SummaryMessage(point.value, sum_, quantiles_);
      const std::vector<LabelView> labels(point.labels.begin(), point.labels.end());
      AppendMetric(metrics, labels, type_, data);
      *this = Parts(type_);
    } else {
      const double bound =
          ParseGoFloat(point.labels.Get(bound_label)).value_or(std::numeric_limits<double>::infinity());
      buckets_.push_back({bound, point.value});
      quantiles_.push_back({bound, point.value});
    }
  }

 private:
  ClientType type_;
  double sum_ = 0;
  std::vector<CumulativeBucket> buckets_;
  std::vector<QuantileValue> quantiles_;
};

}  // namespace

std::string RenderProtobuf(const std::vector<CollectedFamily>& families) {
  std::string out;
  for (const CollectedFamily& family : families) {
    if (family.points.empty()) continue;
    const ClientType type = TypeOf(family.type);
    std::string metrics;
    Parts parts(type);
    for (const CollectedPoint& point : family.points) {
      if (type == ClientType::kHistogram || type == ClientType::kSummary) {
        parts.Take(point, metrics);
      } else {
        const std::vector<LabelView> labels(point.labels.begin(), point.labels.end());
        AppendMetric(metrics, labels, type, ValueMessage(point.value));
      }
    }
    AppendFamily(out, family.name, family.help, type, metrics);
  }
  return out;
}

}  // namespace vigia::server
