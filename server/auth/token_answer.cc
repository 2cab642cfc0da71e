#include "server/auth/token_answer.h"

#include <charconv>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/http/text.h"
#include "server/http/url.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

using Fields = std::map<std::string, std::string>;

constexpr std::size_t kShownBytes = 256;

// Texts and numbers of an object; nothing when it is none.
std::optional<Fields> JsonFields(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  Fields out;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) out[name] = value.get<std::string>();
    if (value.is_number_integer()) out[name] = std::to_string(value.get<std::int64_t>());
    if (value.is_number_float()) out[name] = fmt::format("{:.0f}", value.get<double>());
  }
  return out;
}

std::optional<Fields> FieldsOf(const HttpResponse& response) {
  const std::string_view type = WithoutParameters(response.headers.Get("Content-Type"));
  if (type != "application/x-www-form-urlencoded" && type != "text/plain") return JsonFields(response.body);
  Params params;
  if (const auto status = ParseQuery(response.body, params); status.has_error()) return std::nullopt;
  Fields out;
  for (const auto& [name, value] : params) out.emplace(name, value);
  return out;
}

// For one line of a log.
std::string Shown(const std::string& body) {
  std::string out = body.substr(0, kShownBytes);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return out;
}

Error Refusal(const HttpResponse& response, const std::optional<Fields>& fields) {
  if (fields && fields->count("error") != 0) {
    std::string text = "oauth2: " + storage::Quoted(fields->at("error"));
    for (const char* name : {"error_description", "error_uri"}) {
      if (const auto at = fields->find(name); at != fields->end()) text += " " + storage::Quoted(at->second);
    }
    return {Errc::kInvalid, Shown(text)};
  }
  const std::string_view reason = response.reason.empty() ? StatusText(response.status) : response.reason;
  return {Errc::kInvalid, fmt::format("oauth2: cannot fetch token: {} {}, response: {}", response.status, reason,
                                      Shown(response.body))};
}

std::string HeaderType(const Fields& fields) {
  const auto at = fields.find("token_type");
  if (at == fields.end() || at->second.empty() || EqualsIgnoringCase(at->second, "bearer")) return "Bearer";
  if (EqualsIgnoringCase(at->second, "mac")) return "MAC";
  if (EqualsIgnoringCase(at->second, "basic")) return "Basic";
  return at->second;
}

}  // namespace

Result<Token> ReadTokenAnswer(const HttpResponse& response) {
  const std::optional<Fields> fields = FieldsOf(response);
  if (response.status < 200 || response.status > 299 || (fields && fields->count("error") != 0)) {
    return Refusal(response, fields);
  }
  if (!fields) return Error{Errc::kInvalid, "oauth2: cannot parse the server's answer"};
  const auto access = fields->find("access_token");
  if (access == fields->end() || access->second.empty()) {
    return Error{Errc::kInvalid, "oauth2: server response missing access_token"};
  }
  Token token;
  token.header = HeaderType(*fields) + " " + access->second;
  if (const auto at = fields->find("expires_in"); at != fields->end()) {
    std::int64_t seconds = 0;
    const char* end = at->second.data() + at->second.size();
    const auto [stop, error] = std::from_chars(at->second.data(), end, seconds);
    if (error == std::errc() && stop == end && seconds > 0) token.valid_seconds = seconds;
  }
  return token;
}

}  // namespace vigia::server
