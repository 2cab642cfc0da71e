// Labels, samples and histograms as messages of Prometheus' remote protocols. Each call appends the fields of the
// message itself, without tag and length. Field numbers: surface.md 1.9.
#pragma once

#include <string>

#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// All labels, each as a field `field` of the message around them.
void EncodeLabels(std::string& out, std::uint32_t field, const storage::Labels& labels);

// `start_ms`: start timestamp of version 2; 0 = none.
void EncodeSample(std::string& out, storage::TimestampMs t, double v, storage::TimestampMs start_ms = 0);
void EncodeHistogramMessage(std::string& out, storage::TimestampMs t, const storage::FloatHistogram& h,
                            storage::TimestampMs start_ms = 0);

}  // namespace vigia::server
