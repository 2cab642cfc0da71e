#include "server/http/client_head.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "server/http/basic_auth.h"
#include "server/http/text.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

// Without blanks and line ends around it, as editors leave them.
Result<std::string> ReadSecret(const std::string& file, const std::string& inline_secret) {
  if (file.empty()) return inline_secret;
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open()) return Error{Errc::kIo, "unable to read file " + file};
  const std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string::npos) return std::string();
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The Authorization header's value; empty: none.
Result<std::string> Authorization(const Url& url, const ClientOptions& options, Trust trust) {
  if (!url.user_info.empty()) {
    const std::size_t colon = std::min(url.user_info.find(':'), url.user_info.size());
    const auto user = PercentDecode(url.user_info.substr(0, colon));
    const auto password = PercentDecode(url.user_info.substr(std::min(colon + 1, url.user_info.size())));
    if (!user.has_value() || !password.has_value()) return Error{Errc::kInvalid, "invalid user information in URL"};
    return FormatBasicAuth(*user, *password);
  }
  if (trust == Trust::kOtherHost) return std::string();
  if (options.basic_auth.has_value()) {
    const auto user = ReadSecret(options.basic_auth->username_file, options.basic_auth->username);
    if (user.has_error()) return user.error();
    const auto password = ReadSecret(options.basic_auth->password_file, options.basic_auth->password);
    if (password.has_error()) return password.error();
    return FormatBasicAuth(*user, *password);
  }
  if (options.authorization.has_value()) {
    auto secret = ReadSecret(options.authorization->credentials_file, options.authorization->credentials);
    if (secret.has_error()) return secret;
    return options.authorization->type + " " + *secret;
  }
  return std::string();
}

bool IsToken(std::string_view name) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    const char lower = LowerAscii(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || kMarks.find(c) != std::string_view::npos;
  });
}

// Collects lines; remembers the first that must not be sent.
class HeadWriter {
 public:
  explicit HeadWriter(std::string first_line) : head_(std::move(first_line)) { head_.append("\r\n"); }

  void Add(std::string_view name, std::string_view value) {
    if (!IsToken(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
      if (bad_.empty()) bad_ = "net/http: invalid header field name or value for \"" + std::string(name) + "\"";
      return;
    }
    head_.append(name).append(": ").append(value).append("\r\n");
  }
  Result<std::string> Finish() && {
    if (!bad_.empty()) return Error{Errc::kInvalid, std::move(bad_)};
    head_.append("\r\n");
    return std::move(head_);
  }

 private:
  std::string head_;
  std::string bad_;
};

bool IsOwn(std::string_view name) {  // Headers that only the client itself writes.
  return EqualsIgnoringCase(name, "Host") || EqualsIgnoringCase(name, "Content-Length") ||
         EqualsIgnoringCase(name, "Connection") || EqualsIgnoringCase(name, "Transfer-Encoding");
}

bool IsSecret(std::string_view name) {
  return EqualsIgnoringCase(name, "Authorization") || EqualsIgnoringCase(name, "Cookie") ||
         EqualsIgnoringCase(name, "Www-Authenticate");
}

}  // namespace

Result<std::string> FormatRequestHead(const HttpRequest& request, const Url& url, const ClientOptions& options,
                                      Trust trust, TargetForm form) {
  if (!IsToken(request.method)) return Error{Errc::kInvalid, "net/http: invalid method \"" + request.method + "\""};
  std::string target = url.Target();
  if (form == TargetForm::kAbsolute) target.insert(0, url.scheme + "://" + url.Authority());
  HeadWriter head(request.method + " " + target + " HTTP/1.1");
  head.Add("Host", url.Authority());
  if (!options.user_agent.empty() && !request.headers.Has("User-Agent")) head.Add("User-Agent", options.user_agent);
  for (const auto& [name, value] : request.headers) {
    if (IsOwn(name) || (trust == Trust::kOtherHost && IsSecret(name))) continue;
    head.Add(name, value);
  }
  if (trust == Trust::kSameHost) {
    for (const auto& [name, value] : options.headers) {
      if (!IsOwn(name)) head.Add(name, value);
    }
  }
  if (!request.headers.Has("Authorization")) {
    const auto authorization = Authorization(url, options, trust);
    if (authorization.has_error()) return authorization.error();
    if (!authorization->empty()) head.Add("Authorization", *authorization);
  }
  if (request.accept_gzip && !request.headers.Has("Accept-Encoding")) head.Add("Accept-Encoding", "gzip");
  const bool expects_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (expects_body || !request.body.empty()) head.Add("Content-Length", std::to_string(request.body.size()));
  return std::move(head).Finish();
}

}  // namespace vigia::server
