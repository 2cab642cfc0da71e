// The fields whose value is one of a few words. Internal to the room; see WordCodec.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "config/relabel/relabel.h"
#include "config/schema/global_config.h"
#include "config/schema/http_client_config.h"
#include "config/schema/otlp_config.h"
#include "config/schema/target_group.h"

namespace vigia::config {

std::string_view ToString(TlsVersion version);

struct ExactWord {
  static std::string_view Normalised(std::string_view text) { return text; }
};

struct NameValidationWords : ExactWord {
  using Value = NameValidation;
  static constexpr std::array<Value, 2> kAll{NameValidation::kUtf8, NameValidation::kLegacy};
  static std::span<const Value> All() { return kAll; }
};

struct EscapingWords : ExactWord {
  using Value = EscapingScheme;
  static constexpr std::array<Value, 4> kAll{EscapingScheme::kAllowUtf8, EscapingScheme::kUnderscores,
                                             EscapingScheme::kDots, EscapingScheme::kValues};
  static std::span<const Value> All() { return kAll; }
};

struct ProtocolWords : ExactWord {
  using Value = ScrapeProtocol;
  static constexpr std::array<Value, 5> kAll{
      ScrapeProtocol::kPrometheusProto, ScrapeProtocol::kOpenMetricsText1_0_0, ScrapeProtocol::kOpenMetricsText0_0_1,
      ScrapeProtocol::kPrometheusText1_0_0, ScrapeProtocol::kPrometheusText0_0_4};
  static std::span<const Value> All() { return kAll; }
};

struct TlsVersionWords : ExactWord {
  using Value = TlsVersion;
  static constexpr std::array<Value, 4> kAll{TlsVersion::kTls10, TlsVersion::kTls11, TlsVersion::kTls12,
                                             TlsVersion::kTls13};
  static std::span<const Value> All() { return kAll; }
};

struct DnsTypeWords {
  using Value = DnsType;
  static constexpr std::array<Value, 5> kAll{DnsType::kSrv, DnsType::kA, DnsType::kAaaa, DnsType::kMx, DnsType::kNs};
  static std::span<const Value> All() { return kAll; }
  static std::string Normalised(std::string_view text);  // Upper case.
};

struct SwarmRoleWords : ExactWord {
  using Value = SwarmRole;
  static constexpr std::array<Value, 3> kAll{SwarmRole::kTasks, SwarmRole::kServices, SwarmRole::kNodes};
  static std::span<const Value> All() { return kAll; }
};

struct KubernetesRoleWords : ExactWord {
  using Value = KubernetesRole;
  static constexpr std::array<Value, 6> kAll{KubernetesRole::kPod,       KubernetesRole::kService,
                                             KubernetesRole::kEndpoints, KubernetesRole::kEndpointSlice,
                                             KubernetesRole::kNode,      KubernetesRole::kIngress};
  static std::span<const Value> All() { return kAll; }
};

struct TranslationWords : ExactWord {
  using Value = TranslationStrategy;
  static constexpr std::array<Value, 4> kAll{
      TranslationStrategy::kUnderscoreEscapingWithSuffixes, TranslationStrategy::kUnderscoreEscapingWithoutSuffixes,
      TranslationStrategy::kNoUtf8EscapingWithSuffixes, TranslationStrategy::kNoTranslation};
  static std::span<const Value> All() { return kAll; }
};

struct ActionWords {
  using Value = RelabelAction;
  static constexpr std::array<Value, 11> kAll{
      RelabelAction::kReplace,   RelabelAction::kKeep,      RelabelAction::kDrop,     RelabelAction::kKeepEqual,
      RelabelAction::kDropEqual, RelabelAction::kHashMod,   RelabelAction::kLabelMap, RelabelAction::kLabelDrop,
      RelabelAction::kLabelKeep, RelabelAction::kLowercase, RelabelAction::kUppercase};
  static std::span<const Value> All() { return kAll; }
  static std::string Normalised(std::string_view text);  // Lower case.
};

}  // namespace vigia::config
