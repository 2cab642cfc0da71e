#include "server/discovery/kubeconfig.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "config/yaml/parse.h"
#include "server/discovery/json_view.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

constexpr std::streamsize kMaxFileBytes = 4 << 20;

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) return Error{Errc::kIo, "unable to read kubeconfig_file " + path};
  if (in.tellg() > kMaxFileBytes) return Error{Errc::kLimit, "kubeconfig_file " + path + " is too large"};
  in.seekg(0);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// RFC 4648, 4, with line ends ignored.
std::optional<std::string> DecodeBase64(std::string_view text) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ') continue;
    if (c == '=') break;
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xff);
  }
  return out;
}

// The entry called `name` of a list of named things, without its name: {name: a, cluster: {…}}.
JsonView Named(JsonView list, std::string_view name, std::string_view what) {
  for (const JsonView entry : list.items()) {
    if (entry["name"].text() == name) return entry[what];
  }
  return {};
}

class Translator {
 public:
  Translator(std::string folder, KubernetesAccess& access) : folder_(std::move(folder)), access_(access) {}

  Status Cluster(JsonView cluster) {
    access_.base_url = cluster["server"].text();
    if (access_.base_url.empty()) return Error{Errc::kInvalid, "the cluster has no server"};
    TlsOptions& tls = access_.options.tls;
    tls.insecure_skip_verify = cluster["insecure-skip-tls-verify"].IsTrue();
    tls.server_name = cluster["tls-server-name"].text();
    access_.options.proxy_url = cluster["proxy-url"].text();
    return Text(cluster, "certificate-authority", tls.ca_file, tls.ca_pem);
  }

  Status User(JsonView user) {
    for (const std::string_view foreign : {"exec", "auth-provider"}) {
      if (user[foreign]) {
        return Error{Errc::kInvalid, "the user's credentials come from \"" + std::string(foreign) +
                                         "\", which is not supported; use a token or a certificate"};
      }
    }
    TlsOptions& tls = access_.options.tls;
    if (Status status = Text(user, "client-certificate", tls.cert_file, tls.cert_pem); !status) return status;
    if (Status status = Text(user, "client-key", tls.key_file, tls.key_pem); !status) return status;
    // A token in a file wins, because it is renewed there.
    const std::string token_file = Resolved(user["tokenFile"].text());
    if (const std::string_view token = user["token"].text(); !token.empty() || !token_file.empty()) {
      access_.options.authorization = AuthorizationOptions{"Bearer", std::string(token), token_file};
    } else if (user["username"]) {
      access_.options.basic_auth =
          BasicAuthOptions{std::string(user["username"].text()), "", std::string(user["password"].text()), ""};
    }
    return {};
  }

 private:
  // `key` names a file, `key`-data holds what would be in it.
  Status Text(JsonView of, const std::string& key, std::string& file, std::string& text) const {
    const std::string_view data = of[key + "-data"].text();
    if (data.empty()) {
      file = Resolved(of[key].text());
      return {};
    }
    auto decoded = DecodeBase64(data);
    if (!decoded) return Error{Errc::kInvalid, key + "-data is not base64"};
    text = *std::move(decoded);
    return {};
  }

  std::string Resolved(std::string_view path) const {
    if (path.empty() || path.front() == '/') return std::string(path);
    return (std::filesystem::path(folder_) / path).lexically_normal().string();
  }

  const std::string folder_;
  KubernetesAccess& access_;
};

}  // namespace

Result<KubernetesAccess> FromKubeconfig(const std::string& path, const std::string& user_agent) {
  const auto text = ReadFile(path);
  if (!text) return text.error();
  const auto file = config::yaml::Parse(*text, path);
  if (!file) return Error{file.error().code, "kubeconfig_file " + path + " is not valid YAML"};  // Quotes no secret.
  const JsonView root(*file);
  const auto fail = [&](const std::string& what) {
    return Error{Errc::kInvalid, "kubeconfig_file " + path + ": " + what};
  };
  const std::string current(root["current-context"].text());
  if (current.empty()) return fail("no current-context");
  const JsonView context = Named(root["contexts"], current, "context");
  if (!context) return fail("context " + storage::Quoted(current) + " does not exist");
  const JsonView cluster = Named(root["clusters"], context["cluster"].text(), "cluster");
  if (!cluster) return fail("cluster " + storage::Quoted(context["cluster"].text()) + " does not exist");
  const std::string_view user = context["user"].text();
  KubernetesAccess access;
  access.options.user_agent = user_agent;
  Translator translator(std::filesystem::path(path).parent_path().string(), access);
  if (const Status status = translator.Cluster(cluster); !status) return fail(status.error().what);
  const JsonView credentials = Named(root["users"], user, "user");
  if (!user.empty() && !credentials) return fail("user " + storage::Quoted(user) + " does not exist");
  if (const Status status = translator.User(credentials); !status) return fail(status.error().what);
  return access;
}

}  // namespace vigia::server
