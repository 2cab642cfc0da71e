#include "server/auth/sigv4_signature.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "server/http/text.h"
#include "server/http/url.h"

namespace vigia::server {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string Sha256(std::string_view text) {
  std::string digest(32, '\0');
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(), nullptr);
  return digest;
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::string digest(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

// Every segment is encoded, also one that is encoded already.
std::string CanonicalPath(std::string_view path) {
  std::string out;
  for (bool first = true; first || !path.empty(); first = false) {
    const bool last = path.find('/') == std::string_view::npos;
    out += PercentEncode(CutUntil(path, '/'));
    if (!last) out.push_back('/');
  }
  return out.empty() ? "/" : out;
}

std::string CanonicalQuery(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    std::string_view value = CutUntil(query, '&');
    if (value.empty()) continue;
    const std::string_view name = CutUntil(value, '=');
    const auto encoded = [](std::string_view text) {
      return PercentEncode(PercentDecode(text, PlusSign::kSpace).value_or(std::string(text)));
    };
    pairs.emplace_back(encoded(name), encoded(value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string out;
  for (const auto& [name, value] : pairs) out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
  return out;
}

// Runs of blanks become one.
std::string Collapsed(std::string_view value) {
  std::string out;
  for (const char c : TrimBlanks(value)) {
    if (c == ' ' && !out.empty() && out.back() == ' ') continue;
    out.push_back(c);
  }
  return out;
}

// Lower-case name to value, sorted; values of one name in order, with commas.
std::map<std::string, std::string> CanonicalHeaders(const SignedRequest& request) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : request.headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), LowerAscii);
    const auto [at, added] = out.try_emplace(std::move(lower), Collapsed(value));
    if (!added) at->second += "," + Collapsed(value);
  }
  return out;
}

}  // namespace

std::string AmzDate(storage::TimestampMs now_ms) {
  const auto seconds = static_cast<std::time_t>(now_ms / 1000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 20> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc);
  return text.data();
}

std::string SignV4(const SignedRequest& request, const SigningScope& scope, const AwsKeys& keys) {
  const std::string date = AmzDate(scope.now_ms);
  const std::string day = date.substr(0, 8);
  std::string lines;
  std::string names;
  for (const auto& [name, value] : CanonicalHeaders(request)) {
    lines.append(name).append(":").append(value).append("\n");
    names.append(names.empty() ? "" : ";").append(name);
  }
  const std::string canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, CanonicalPath(request.path),
                                            CanonicalQuery(request.query), lines, names, Hex(Sha256(request.body)));
  const std::string credential_scope = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, credential_scope, Hex(Sha256(canonical)));
  std::string key = Hmac("AWS4" + keys.secret_key, day);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")}) {
    key = Hmac(key, part);
  }
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm, keys.access_key,
                     credential_scope, names, Hex(Hmac(key, to_sign)));
}

}  // namespace vigia::server
