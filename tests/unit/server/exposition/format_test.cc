#include "server/exposition/format.h"

#include "tests/support/catch.h"

using namespace vigia::server;

TEST_CASE("the media type alone selects the parser") {
  CHECK(SelectFormat("text/plain", {}).value() == ExpositionFormat::kText);
  CHECK(SelectFormat("Text/Plain; version=9; charset=utf-8", {}).value() == ExpositionFormat::kText);
  CHECK(SelectFormat("application/openmetrics-text; version=7", {}).value() == ExpositionFormat::kOpenMetrics);
  CHECK(SelectFormat("application/vnd.google.protobuf; proto=x", {}).value() == ExpositionFormat::kProtobuf);
  CHECK(SelectFormat("text/html", ExpositionFormat::kText).value() == ExpositionFormat::kText);
  CHECK(SelectFormat("", ExpositionFormat::kOpenMetrics).value() == ExpositionFormat::kOpenMetrics);
}

TEST_CASE("without a fallback other types are an error in Prometheus' words") {
  CHECK(SelectFormat("", {}).error().what ==
        "non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target");
  CHECK(SelectFormat("text/html", {}).error().what ==
        "received unsupported Content-Type \"text/html\" and no fallback_scrape_protocol specified for target");
}

TEST_CASE("the Accept header chooses the format of /metrics") {
  CHECK(Negotiate("").content_type == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  CHECK(Negotiate("*/*").format == ExpositionFormat::kText);
  CHECK(Negotiate("text/plain;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4").format ==
        ExpositionFormat::kText);
  const NegotiatedFormat scrape = Negotiate(
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/"
      "openmetrics-text;version=0.0.1;q=0.5,"
      "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2");
  CHECK(scrape.format == ExpositionFormat::kOpenMetrics);
  CHECK(scrape.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
  CHECK(Negotiate("application/openmetrics-text;q=0").format == ExpositionFormat::kText);
  const char* protobuf =
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6";
  CHECK(Negotiate(protobuf).format == ExpositionFormat::kProtobuf);
  CHECK(Negotiate(protobuf).content_type ==
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; "
        "escaping=underscores");
  CHECK(Negotiate("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text").format ==
        ExpositionFormat::kText);
  CHECK(Negotiate("application/openmetrics-text", Offer::kProtobuf).format == ExpositionFormat::kText);
  CHECK(Negotiate(protobuf, Offer::kProtobuf).format == ExpositionFormat::kProtobuf);
}

// What the reference answers to these headers.
TEST_CASE("the escaping is the last one named before the chosen type") {
  CHECK(Negotiate("text/plain;escaping=dots").escaping == NameEscaping::kDots);
  CHECK(Negotiate("text/plain;escaping=foo").escaping == NameEscaping::kUnderscores);
  CHECK(Negotiate("text/plain;version=1.0.0;escaping=allow-utf-8").content_type ==
        "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
  const std::string scrape =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3";
  CHECK(Negotiate(scrape, Offer::kProtobuf).content_type ==
        "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
}
