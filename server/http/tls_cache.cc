#include "server/http/tls_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace vigia::server {
namespace {

std::string FileState(const std::string& path) {
  struct stat info {};
  if (path.empty() || stat(path.c_str(), &info) != 0) return path + "|-";
  return fmt::format("{}|{}|{}.{}", path, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

std::string Fingerprint(const TlsServerOptions& o) {
  std::string sans;
  for (const std::string& san : o.client_allowed_sans) sans.append(san).push_back(',');
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", FileState(o.cert_file), FileState(o.key_file),
                     FileState(o.client_ca_file), o.cert_pem, o.key_pem, o.client_ca_pem,
                     static_cast<int>(o.client_auth), sans, static_cast<int>(o.min_version),
                     static_cast<int>(o.max_version), o.cipher_suites, o.curves);
}

std::string Fingerprint(const TlsOptions& o) {
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}", FileState(o.ca_file), FileState(o.cert_file),
                     FileState(o.key_file), o.ca_pem, o.cert_pem, o.key_pem, o.server_name, o.insecure_skip_verify,
                     static_cast<int>(o.min_version),
                     o.max_version.has_value() ? static_cast<int>(*o.max_version) : -1);
}

}  // namespace

template <class Options, class Make>
storage::Result<std::shared_ptr<const TlsContext>> TlsCache::Renew(std::string fingerprint, const Options& options,
                                                                   Make make) {
  const std::scoped_lock lock(mu_);
  if (context_ != nullptr && fingerprint == fingerprint_) return context_;
  auto context = make(options);
  if (context.has_error()) return context;
  fingerprint_ = std::move(fingerprint);
  context_ = *context;
  return context;
}

storage::Result<std::shared_ptr<const TlsContext>> TlsCache::Get(const TlsServerOptions& options) {
  return Renew(Fingerprint(options), options, &MakeServerTls);
}

storage::Result<std::shared_ptr<const TlsContext>> TlsCache::Get(const TlsOptions& options) {
  return Renew(Fingerprint(options), options, &MakeClientTls);
}

}  // namespace vigia::server
