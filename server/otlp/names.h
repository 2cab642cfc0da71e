// Names of OpenTelemetry as names of Prometheus (github.com/prometheus/otlptranslator; surface.md 3.9).
#pragma once

#include <string>
#include <string_view>

#include "config/schema/otlp_config.h"
#include "server/otlp/metrics_data.h"
#include "storage/model/error.h"

namespace vigia::server {

// The name of a metric's family. kInvalid: nothing but underscores would be left of the name.
storage::Result<std::string> MetricNameOf(const OtlpMetric& metric, config::TranslationStrategy strategy);

// The name of the label that an attribute becomes. kInvalid: as above.
storage::Result<std::string> LabelNameOf(std::string_view attribute, const config::OtlpConfig& config);

// The unit as a word of names: "seconds" of "s", "bytes_per_second" of "By/s"; "" of none.
std::string UnitNameOf(std::string_view unit, config::TranslationStrategy strategy);

}  // namespace vigia::server
