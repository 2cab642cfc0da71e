#include "server/http/url.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "server/http/host_port.h"
#include "server/http/text.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = LowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerAscii);
  return lower;
}

std::uint16_t DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

// Fills host and port from "host", "host:port", "[::1]" or "[::1]:port".
bool ParseAuthority(std::string_view authority, Url& url) {
  url.port = DefaultPort(url.scheme);
  const bool bracketed = !authority.empty() && authority.front() == '[';
  const std::size_t end = bracketed ? authority.find(']') : authority.find(':');
  std::string_view rest;
  if (bracketed) {
    if (end == std::string_view::npos) return false;
    url.host = Lower(authority.substr(1, end - 1));
    rest = authority.substr(end + 1);
  } else {
    url.host = Lower(authority.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : authority.substr(end);
  }
  if (url.host.empty() || url.host.find_first_of("[]@\"<>\\^`{|}") != std::string::npos) return false;
  if (rest.empty() || rest == ":") return true;
  if (rest.front() != ':') return false;
  rest.remove_prefix(1);
  const auto [stop, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), url.port);
  url.explicit_port = true;
  return ec == std::errc() && stop == rest.data() + rest.size();
}

// Fills path and query from what follows the authority.
void SplitTarget(std::string_view target, Url& url) {
  const std::size_t question = target.find('?');
  url.path = target.substr(0, question);
  if (url.path.empty()) url.path = "/";
  url.raw_query = question == std::string_view::npos ? "" : std::string(target.substr(question + 1));
}

// RFC 3986, 5.2.4.
std::string RemoveDotSegments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = false;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    directory = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  if (directory || result.empty()) result.push_back('/');
  return result;
}

}  // namespace

std::string Url::Authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  if (explicit_port) return JoinHostPort(host, port);
  return ipv6 ? "[" + host + "]" : host;
}

std::string Url::Target() const { return raw_query.empty() ? path : path + "?" + raw_query; }

std::string Url::ToString() const {
  std::string user;
  if (!user_info.empty()) {
    const std::size_t colon = user_info.find(':');
    user = user_info.substr(0, colon) + (colon == std::string::npos ? "@" : ":xxxxx@");
  }
  return scheme + "://" + user + Authority() + Target();
}

Result<Url> ParseUrl(std::string_view text) {
  const auto fail = [](std::string_view why) { return Error{Errc::kInvalid, fmt::format("parse URL: {}", why)}; };
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; })) {
    return fail("invalid control character or space in URL");
  }
  text = text.substr(0, text.find('#'));
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return fail("missing protocol scheme");
  Url url;
  url.scheme = Lower(text.substr(0, colon));
  if (url.scheme != "http" && url.scheme != "https") {
    return fail(fmt::format("unsupported protocol scheme \"{}\"", url.scheme));
  }
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  if (!ParseAuthority(authority, url)) return fail("invalid host or port");
  SplitTarget(text.substr(end), url);
  return url;
}

Result<Url> ResolveUrl(const Url& base, std::string_view location) {
  location = location.substr(0, location.find('#'));
  const std::size_t scheme_end = location.find("://");
  if (scheme_end != std::string_view::npos && location.find_first_of("/?") > scheme_end) return ParseUrl(location);
  if (location.substr(0, 2) == "//") return ParseUrl(base.scheme + ":" + std::string(location));
  Url url = base;
  if (location.empty()) return url;
  if (location.front() == '?') {
    url.raw_query = location.substr(1);
  } else if (location.front() == '/') {
    SplitTarget(location, url);
  } else {
    const std::string directory = base.path.substr(0, base.path.rfind('/') + 1);
    SplitTarget(directory + std::string(location), url);
  }
  url.path = RemoveDotSegments(url.path);
  return ParseUrl(url.scheme + "://" + (url.user_info.empty() ? "" : url.user_info + "@") + url.Authority() +
                  url.Target());
}

std::optional<std::string> PercentDecode(std::string_view text, PlusSign plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(text[i] == '+' && plus == PlusSign::kSpace ? ' ' : text[i]);
    }
  }
  return decoded;
}

std::string PercentEncode(std::string_view text, PlusSign plus) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char lower = LowerAscii(c);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded.push_back(c);
    } else if (c == ' ' && plus == PlusSign::kSpace) {
      encoded.push_back('+');
    } else {
      encoded.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return encoded;
}

storage::Status ParseQuery(std::string_view query, Params& params) {
  storage::Status status;
  const auto fail = [&](std::string_view why) {
    if (status.has_value()) status = Error{Errc::kInvalid, std::string(why)};
  };
  while (!query.empty()) {
    std::string_view pair = CutUntil(query, '&');
    if (pair.empty()) continue;
    if (pair.find(';') != std::string_view::npos) {
      fail("invalid semicolon separator in query");
      continue;
    }
    const std::string_view key = CutUntil(pair, '=');
    auto name = PercentDecode(key, PlusSign::kSpace);
    auto value = PercentDecode(pair, PlusSign::kSpace);
    if (name.has_value() && value.has_value()) {
      params.Add(*std::move(name), *std::move(value));
    } else {
      fail("invalid URL escape in query");
    }
  }
  return status;
}

std::string EncodeQuery(const Params& params) {
  std::string query;
  for (const auto& [name, value] : params) {
    if (!query.empty()) query.push_back('&');
    query.append(PercentEncode(name, PlusSign::kSpace)).append("=").append(PercentEncode(value, PlusSign::kSpace));
  }
  return query;
}

}  // namespace vigia::server
