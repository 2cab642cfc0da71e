// Histograms of OTLP as native histograms.
#pragma once

#include <memory>
#include <string>

#include "server/otlp/metrics_data.h"
#include "storage/model/histogram.h"

namespace vigia::server {

struct PointHistogram {
  std::shared_ptr<storage::FloatHistogram> h;  // Null with a fault.
  std::string fault;                           // What is wrong with the point, in Prometheus' words.
};

// Of an exponential histogram. Scales above 8 are reduced to it; below -4 there is no schema.
PointHistogram ExponentialOf(const OtlpPoint& point, Temporality temporality);

// Of a histogram with explicit bounds: one with custom buckets.
PointHistogram CustomBucketsOf(const OtlpPoint& point, Temporality temporality);

}  // namespace vigia::server
