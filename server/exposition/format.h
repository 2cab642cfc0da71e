// Which exposition format a body is in, and which one a client wants (surface.md 5.1, 5.2, 5.8).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/exposition/histogram_handling.h"
#include "server/exposition/name_escaping.h"
#include "server/exposition/parser.h"
#include "storage/model/error.h"

namespace vigia::server {

enum class ExpositionFormat { kText, kOpenMetrics, kProtobuf };

// By media type alone: parameters such as the version do not matter. Where the header is missing, malformed or names
// another type, `fallback` counts; without one the error says so in Prometheus' words.
storage::Result<ExpositionFormat> SelectFormat(std::string_view content_type, std::optional<ExpositionFormat> fallback);

// The body must outlive the parser.
std::unique_ptr<ExpositionParser> NewParser(ExpositionFormat format, std::string_view body,
                                            HistogramHandling handling = {});

struct NegotiatedFormat {
  ExpositionFormat format = ExpositionFormat::kText;
  std::string content_type;
  NameEscaping escaping = NameEscaping::kUnderscores;  // Of the names in the answer.
};

// What an answer can be, beside text 0.0.4.
enum class Offer { kOpenMetricsAndProtobuf, kProtobuf };

// The best of what an Accept header asks for; text 0.0.4 when it asks for nothing that is offered. The escaping is the
// last known one that was named on the way to that type, whichever type it was named with, as in the reference.
NegotiatedFormat Negotiate(std::string_view accept, Offer offer = Offer::kOpenMetricsAndProtobuf);

}  // namespace vigia::server
