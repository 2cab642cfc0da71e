#include "config/schema/words.h"

#include "config/relabel/letter_case.h"

namespace vigia::config {

std::string DnsTypeWords::Normalised(std::string_view text) { return UpperCase(text); }
std::string ActionWords::Normalised(std::string_view text) { return LowerCase(text); }

std::string_view ToString(TlsVersion version) {
  switch (version) {
    case TlsVersion::kUnset: return "";
    case TlsVersion::kTls10: return "TLS10";
    case TlsVersion::kTls11: return "TLS11";
    case TlsVersion::kTls12: return "TLS12";
    case TlsVersion::kTls13: return "TLS13";
  }
  return "";
}

std::string_view ToString(ScrapeProtocol protocol) {
  switch (protocol) {
    case ScrapeProtocol::kPrometheusProto: return "PrometheusProto";
    case ScrapeProtocol::kOpenMetricsText1_0_0: return "OpenMetricsText1.0.0";
    case ScrapeProtocol::kOpenMetricsText0_0_1: return "OpenMetricsText0.0.1";
    case ScrapeProtocol::kPrometheusText1_0_0: return "PrometheusText1.0.0";
    case ScrapeProtocol::kPrometheusText0_0_4: return "PrometheusText0.0.4";
  }
  return "";
}

std::string_view ToString(EscapingScheme scheme) {
  switch (scheme) {
    case EscapingScheme::kAllowUtf8: return "allow-utf-8";
    case EscapingScheme::kUnderscores: return "underscores";
    case EscapingScheme::kDots: return "dots";
    case EscapingScheme::kValues: return "values";
  }
  return "";
}

std::string_view ToString(DnsType type) {
  switch (type) {
    case DnsType::kSrv: return "SRV";
    case DnsType::kA: return "A";
    case DnsType::kAaaa: return "AAAA";
    case DnsType::kMx: return "MX";
    case DnsType::kNs: return "NS";
  }
  return "";
}

}  // namespace vigia::config
