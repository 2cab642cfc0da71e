#include "server/tool/named_files.h"

#include <cctype>
#include <filesystem>
#include <ostream>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "config/schema/target_group.h"
#include "server/tool/mapped_file.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Quoted;
using storage::Status;

// "" is no file. The error is in the words of Go.
Status Exists(const std::string& path, std::string_view what) {
  if (path.empty()) return {};
  std::error_code error;
  if (std::filesystem::exists(path, error)) return {};
  std::string reason = error ? error.message() : std::string("no such file or directory");
  reason[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(reason[0])));
  return Error{Errc::kIo, fmt::format("error checking {} {}: stat {}: {}", what, Quoted(path), path, reason)};
}

Status CheckRuleFilesThere(const config::Config& config) {
  for (const std::string& pattern : config.rule_files) {
    if (pattern.find('*') != std::string::npos) continue;
    const auto found = config::ExpandGlobs({pattern});
    if (!found) return found.error();
    if (found->empty()) return Error{Errc::kIo, Quoted(pattern) + " does not point to an existing file"};
  }
  return {};
}

Status CheckTls(const config::TlsConfig& tls) {
  if (auto status = Exists(tls.cert_file, "client cert file"); !status) return status;
  return Exists(tls.key_file, "client key file");
}

Status CheckTargetFile(const std::string& path) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) == 0 && !error) return {};  // No groups; nothing that could be mapped.
  const auto file = MappedFile::Open(path);
  if (!file) return file.error();
  const auto groups = config::ParseTargetGroups(file->text(), path);
  return groups ? Status() : Status(groups.error());
}

// `user`: "scrape job "a"" or "alertmanager config".
Status CheckTargetFiles(const config::DiscoveryConfig& discovery, std::string_view user, std::ostream& out) {
  for (const config::FileSdConfig& sd : discovery.file_sd_configs) {
    for (const std::string& pattern : sd.files) {
      const auto found = config::ExpandGlobs({pattern});
      if (!found) return found.error();
      if (found->empty()) {
        out << fmt::format("  WARNING: file {} for file_sd in {} does not exist\n", Quoted(pattern), user);
      }
      for (const std::string& path : *found) {
        if (auto status = CheckTargetFile(path); !status) {
          return storage::Prefixed(status.error(), "checking SD file " + Quoted(pattern));
        }
      }
    }
  }
  return {};
}

Status CheckJob(const config::ScrapeConfig& job, std::ostream& out) {
  if (job.http.authorization) {
    const std::string& file = job.http.authorization->credentials_file;
    if (auto status = Exists(file, "authorization credentials or bearer token file"); !status) return status;
  }
  if (auto status = CheckTls(job.http.tls_config); !status) return status;
  for (const config::KubernetesSdConfig& sd : job.discovery.kubernetes_sd_configs) {
    if (auto status = CheckTls(sd.http.tls_config); !status) return status;
  }
  return CheckTargetFiles(job.discovery, "scrape job " + Quoted(job.job_name), out);
}

}  // namespace

Status CheckNamedFiles(const config::Config& config, std::ostream& out) {
  if (auto status = CheckRuleFilesThere(config); !status) return status;
  for (const config::ScrapeConfig& job : config.scrape_configs) {
    if (auto status = CheckJob(job, out); !status) return status;
  }
  for (const config::AlertmanagerConfig& alertmanager : config.alerting.alertmanagers) {
    if (auto status = CheckTargetFiles(alertmanager.discovery, "alertmanager config", out); !status) return status;
  }
  return {};
}

}  // namespace vigia::server
