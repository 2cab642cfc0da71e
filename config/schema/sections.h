// The sections that have a table of fields. Each is defined in the file of its name. Internal to the room.
#pragma once

#include "config/relabel/relabel.h"
#include "config/schema/alerting_config.h"
#include "config/schema/config.h"
#include "config/schema/field_table.h"
#include "config/schema/global_config.h"
#include "config/schema/http_client_config.h"
#include "config/schema/otlp_config.h"
#include "config/schema/remote_config.h"
#include "config/schema/remote_read_config.h"
#include "config/schema/scrape_config.h"
#include "config/schema/sigv4_config.h"
#include "config/schema/storage_config.h"
#include "config/schema/target_group.h"

namespace vigia::config {

// What most sections need not do.
template <class T>
struct PlainSchema {
  static void Prepare(Reader&, const yaml::Node&, T&) {}
  static void Check(Reader&, const yaml::Node&, T&) {}
};

// A file of scrape_config_files.
struct ScrapeConfigFile {
  std::vector<ScrapeConfig> scrape_configs;
  bool operator==(const ScrapeConfigFile&) const = default;
};

template <>
struct Schema<Config> : PlainSchema<Config> {
  static const FieldTable<Config>& Fields();
  static void Prepare(Reader& in, const yaml::Node& node, Config& out);
  static void Check(Reader& in, const yaml::Node& node, Config& out);
};

template <>
struct Schema<GlobalConfig> : PlainSchema<GlobalConfig> {
  static const FieldTable<GlobalConfig>& Fields();
  static void Prepare(Reader& in, const yaml::Node& node, GlobalConfig& out);
  static void Check(Reader& in, const yaml::Node& node, GlobalConfig& out);
};

template <>
struct Schema<ScrapeConfigFile> : PlainSchema<ScrapeConfigFile> {
  static const FieldTable<ScrapeConfigFile>& Fields();
};

template <>
struct Schema<ScrapeConfig> : PlainSchema<ScrapeConfig> {
  static const FieldTable<ScrapeConfig>& Fields();
  static void Prepare(Reader& in, const yaml::Node& node, ScrapeConfig& out);
  static void Check(Reader& in, const yaml::Node& node, ScrapeConfig& out);
};

template <>
struct Schema<RelabelRule> : PlainSchema<RelabelRule> {
  static const FieldTable<RelabelRule>& Fields();
  static void Check(Reader& in, const yaml::Node& node, RelabelRule& out);
};

template <>
struct Schema<HttpClientConfig> : PlainSchema<HttpClientConfig> {
  static const FieldTable<HttpClientConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, HttpClientConfig& out);
};

template <>
struct Schema<SigV4Config> : PlainSchema<SigV4Config> {
  static const FieldTable<SigV4Config>& Fields();
  static void Check(Reader& in, const yaml::Node& node, SigV4Config& out);
};

template <>
struct Schema<RemoteReadConfig> : PlainSchema<RemoteReadConfig> {
  static const FieldTable<RemoteReadConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, RemoteReadConfig& out);
};

template <>
struct Schema<TlsConfig> : PlainSchema<TlsConfig> {
  static const FieldTable<TlsConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, TlsConfig& out);
};

template <>
struct Schema<BasicAuth> : PlainSchema<BasicAuth> {
  static const FieldTable<BasicAuth>& Fields();
  static void Check(Reader& in, const yaml::Node& node, BasicAuth& out);
};

template <>
struct Schema<Authorization> : PlainSchema<Authorization> {
  static const FieldTable<Authorization>& Fields();
  static void Check(Reader& in, const yaml::Node& node, Authorization& out);
};

template <>
struct Schema<OAuth2> : PlainSchema<OAuth2> {
  static const FieldTable<OAuth2>& Fields();
  static void Check(Reader& in, const yaml::Node& node, OAuth2& out);
};

template <>
struct Schema<ProxyConfig> : PlainSchema<ProxyConfig> {
  static const FieldTable<ProxyConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, ProxyConfig& out);
};

template <>
struct Schema<HttpHeader> : PlainSchema<HttpHeader> {
  static const FieldTable<HttpHeader>& Fields();
  static void Check(Reader& in, const yaml::Node& node, HttpHeader& out);
};

template <>
struct Schema<TargetGroup> : PlainSchema<TargetGroup> {
  static const FieldTable<TargetGroup>& Fields();
};

template <>
struct Schema<FileSdConfig> : PlainSchema<FileSdConfig> {
  static const FieldTable<FileSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, FileSdConfig& out);
};

template <>
struct Schema<HttpSdConfig> : PlainSchema<HttpSdConfig> {
  static const FieldTable<HttpSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, HttpSdConfig& out);
};

template <>
struct Schema<DnsSdConfig> : PlainSchema<DnsSdConfig> {
  static const FieldTable<DnsSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, DnsSdConfig& out);
};

template <>
struct Schema<DockerFilter> : PlainSchema<DockerFilter> {
  static const FieldTable<DockerFilter>& Fields();
};

template <>
struct Schema<DockerSdConfig> : PlainSchema<DockerSdConfig> {
  static const FieldTable<DockerSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, DockerSdConfig& out);
};

template <>
struct Schema<DockerSwarmSdConfig> : PlainSchema<DockerSwarmSdConfig> {
  static const FieldTable<DockerSwarmSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, DockerSwarmSdConfig& out);
};

template <>
struct Schema<ConsulSdConfig> : PlainSchema<ConsulSdConfig> {
  static const FieldTable<ConsulSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, ConsulSdConfig& out);
};

template <>
struct Schema<KubernetesNamespaces> : PlainSchema<KubernetesNamespaces> {
  static const FieldTable<KubernetesNamespaces>& Fields();
};

template <>
struct Schema<KubernetesSelector> : PlainSchema<KubernetesSelector> {
  static const FieldTable<KubernetesSelector>& Fields();
};

template <>
struct Schema<KubernetesAttachMetadata> : PlainSchema<KubernetesAttachMetadata> {
  static const FieldTable<KubernetesAttachMetadata>& Fields();
};

template <>
struct Schema<KubernetesSdConfig> : PlainSchema<KubernetesSdConfig> {
  static const FieldTable<KubernetesSdConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, KubernetesSdConfig& out);
};

template <>
struct Schema<DiscoveryConfig> : PlainSchema<DiscoveryConfig> {
  static const FieldTable<DiscoveryConfig>& Fields();
};

template <>
struct Schema<AlertingConfig> : PlainSchema<AlertingConfig> {
  static const FieldTable<AlertingConfig>& Fields();
  static void Prepare(Reader& in, const yaml::Node& node, AlertingConfig& out);
};

template <>
struct Schema<AlertmanagerConfig> : PlainSchema<AlertmanagerConfig> {
  static const FieldTable<AlertmanagerConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, AlertmanagerConfig& out);
};

template <>
struct Schema<RemoteWriteConfig> : PlainSchema<RemoteWriteConfig> {
  static const FieldTable<RemoteWriteConfig>& Fields();
  static void Prepare(Reader& in, const yaml::Node& node, RemoteWriteConfig& out);
  static void Check(Reader& in, const yaml::Node& node, RemoteWriteConfig& out);
};

template <>
struct Schema<QueueConfig> : PlainSchema<QueueConfig> {
  static const FieldTable<QueueConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, QueueConfig& out);
};

template <>
struct Schema<MetadataConfig> : PlainSchema<MetadataConfig> {
  static const FieldTable<MetadataConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, MetadataConfig& out);
};

template <>
struct Schema<OtlpConfig> : PlainSchema<OtlpConfig> {
  static const FieldTable<OtlpConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, OtlpConfig& out);
};

template <>
struct Schema<StorageConfig> : PlainSchema<StorageConfig> {
  static const FieldTable<StorageConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, StorageConfig& out);
};

template <>
struct Schema<TsdbConfig> : PlainSchema<TsdbConfig> {
  static const FieldTable<TsdbConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, TsdbConfig& out);
};

template <>
struct Schema<RetentionConfig> : PlainSchema<RetentionConfig> {
  static const FieldTable<RetentionConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, RetentionConfig& out);
};

template <>
struct Schema<RetentionPolicyConfig> : PlainSchema<RetentionPolicyConfig> {
  static const FieldTable<RetentionPolicyConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, RetentionPolicyConfig& out);
};

template <>
struct Schema<DownsamplingConfig> : PlainSchema<DownsamplingConfig> {
  static const FieldTable<DownsamplingConfig>& Fields();
  static void Check(Reader& in, const yaml::Node& node, DownsamplingConfig& out);
};

template <>
struct Schema<ExemplarsConfig> : PlainSchema<ExemplarsConfig> {
  static const FieldTable<ExemplarsConfig>& Fields();
};

template <>
struct Schema<RuntimeConfig> : PlainSchema<RuntimeConfig> {
  static const FieldTable<RuntimeConfig>& Fields();
};

// Whether the client sets that header itself, in any case of letters.
bool IsReservedHeader(std::string_view name);

// At least one protocol, and none twice.
void CheckProtocols(Reader& in, const yaml::Node& node, const std::vector<ScrapeProtocol>& protocols,
                    const std::string& where);

// Targets that hold a slash are addresses of pages, a common mistake; only relabelling could make sense of them.
void CheckStaticTargets(Reader& in, const yaml::Node& node, const DiscoveryConfig& discovery);

}  // namespace vigia::config
