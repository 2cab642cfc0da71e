#include "server/exposition/format.h"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/exposition/nhcb_parser.h"
#include "server/exposition/number.h"
#include "server/exposition/openmetrics_parser.h"
#include "server/exposition/protobuf_parser.h"
#include "server/exposition/text_parser.h"

namespace vigia::server {
namespace {

constexpr std::size_t kMaxAcceptParts = 64;  // Of an Accept header; the rest is not looked at.

std::string_view Trim(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t") - from + 1);
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (parts.size() < kMaxAcceptParts) {
    const std::size_t at = text.find(separator);
    parts.push_back(Trim(text.substr(0, at)));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

// RFC 9110: a token of letters, digits and some punctuation.
bool IsToken(std::string_view text) {
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kPunctuation.find(c) != std::string_view::npos;
  });
}

struct AcceptedType {
  std::string type;
  std::string version;
  std::string escaping;
  std::string proto;
  std::string encoding;
  double quality = 1;
};

AcceptedType ParseAccepted(std::string_view text) {
  const std::vector<std::string_view> parts = Split(text, ';');
  AcceptedType accepted;
  accepted.type = Lower(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equal = std::min(parts[i].find('='), parts[i].size());
    const std::string name = Lower(Trim(parts[i].substr(0, equal)));
    const std::string_view value = Trim(parts[i].substr(std::min(equal + 1, parts[i].size())));
    if (name == "version") accepted.version = value;
    if (name == "escaping") accepted.escaping = value;
    if (name == "proto") accepted.proto = value;
    if (name == "encoding") accepted.encoding = value;
    if (name == "q") accepted.quality = ParseGoFloat(value).value_or(0);
  }
  return accepted;
}

}  // namespace

storage::Result<ExpositionFormat> SelectFormat(std::string_view content_type,
                                               std::optional<ExpositionFormat> fallback) {
  const std::string type = Lower(Trim(content_type.substr(0, content_type.find(';'))));
  if (type == "text/plain") return ExpositionFormat::kText;
  if (type == "application/openmetrics-text") return ExpositionFormat::kOpenMetrics;
  if (type == "application/vnd.google.protobuf") return ExpositionFormat::kProtobuf;
  if (fallback) return *fallback;
  constexpr std::string_view kNoFallback = "and no fallback_scrape_protocol specified for target";
  if (content_type.empty()) {
    return storage::Error{storage::Errc::kInvalid,
                          fmt::format("non-compliant scrape target sending blank Content-Type {}", kNoFallback)};
  }
  const std::size_t slash = type.find('/');
  const bool parsable = slash == std::string::npos ? IsToken(type)
                                                   : IsToken(std::string_view(type).substr(0, slash)) &&
                                                         IsToken(std::string_view(type).substr(slash + 1));
  return storage::Error{storage::Errc::kInvalid,
                        fmt::format("received {} Content-Type {} {}", parsable ? "unsupported" : "unparseable",
                                    storage::Quoted(content_type), kNoFallback)};
}

std::unique_ptr<ExpositionParser> NewParser(ExpositionFormat format, std::string_view body,
                                            HistogramHandling handling) {
  std::unique_ptr<LineParser> lines;
  switch (format) {
    case ExpositionFormat::kText: lines = std::make_unique<TextParser>(body); break;
    case ExpositionFormat::kOpenMetrics: lines = std::make_unique<OpenMetricsParser>(body); break;
    case ExpositionFormat::kProtobuf: return std::make_unique<ProtobufParser>(body, handling);
  }
  if (handling.classic_to_custom) return std::make_unique<NhcbParser>(std::move(lines), handling.keep_classic);
  return lines;
}

NegotiatedFormat Negotiate(std::string_view accept, Offer offer) {
  std::vector<AcceptedType> wanted;
  for (const std::string_view part : Split(accept, ',')) wanted.push_back(ParseAccepted(part));
  std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.quality > b.quality; });
  NegotiatedFormat chosen;
  for (const AcceptedType& type : wanted) {
    if (type.quality <= 0) continue;
    chosen.escaping = ParseNameEscaping(type.escaping).value_or(chosen.escaping);
    const std::string_view shown = ToString(chosen.escaping);
    if (type.type == "application/vnd.google.protobuf" && type.proto == "io.prometheus.client.MetricFamily" &&
        type.encoding == "delimited") {
      chosen.format = ExpositionFormat::kProtobuf;
      chosen.content_type = fmt::format(
          "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping={}",
          shown);
      return chosen;
    }
    if (offer == Offer::kOpenMetricsAndProtobuf && type.type == "application/openmetrics-text" &&
        (type.version.empty() || type.version == "0.0.1" || type.version == "1.0.0")) {
      chosen.format = ExpositionFormat::kOpenMetrics;
      const std::string_view version = type.version == "1.0.0" ? "1.0.0" : "0.0.1";
      chosen.content_type =
          fmt::format("application/openmetrics-text; version={}; charset=utf-8; escaping={}", version, shown);
      return chosen;
    }
    if (type.type == "text/plain" && (type.version.empty() || type.version == "0.0.4")) break;
  }
  chosen.content_type = fmt::format("text/plain; version=0.0.4; charset=utf-8; escaping={}", ToString(chosen.escaping));
  return chosen;
}

}  // namespace vigia::server
