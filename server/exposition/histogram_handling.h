// What is made of the histograms of a scraped body (surface.md 5.5).
#pragma once

namespace vigia::server {

struct HistogramHandling {
  bool native = false;             // Take the native part of protobuf histograms (scrape_native_histograms).
  bool keep_classic = false;       // Beside a native or converted one (always_scrape_classic_histograms).
  bool classic_to_custom = false;  // convert_classic_histograms_to_nhcb.

  bool operator==(const HistogramHandling&) const = default;
};

}  // namespace vigia::server
