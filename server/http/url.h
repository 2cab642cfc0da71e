// URLs and percent-encoding (RFC 3986), as far as HTTP needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.h"
#include "storage/model/error.h"

namespace vigia::server {

struct Url {
  std::string scheme;      // Lower case: "http" or "https".
  std::string user_info;   // As written, "user:password"; empty: none.
  std::string host;        // Lower case, without the brackets of an IPv6 address.
  std::uint16_t port = 0;  // 80 or 443 when none was written.
  bool explicit_port = false;
  std::string path;       // As written, percent-encoded; at least "/".
  std::string raw_query;  // Without '?'.

  std::string Authority() const;  // "host" or "host:port" as for a Host header; IPv6 in brackets.
  std::string Target() const;     // Path and query, for the request line.
  std::string ToString() const;   // A password shows as "xxxxx".
};

// An absolute http or https URL; kInvalid otherwise. A fragment is dropped. Control characters and spaces are refused.
storage::Result<Url> ParseUrl(std::string_view text);

// `location` of a redirect, absolute or relative to `base`.
storage::Result<Url> ResolveUrl(const Url& base, std::string_view location);

// Nothing if a '%' is not followed by two hex digits. `plus_is_space` as in queries and forms.
enum class PlusSign { kPlus, kSpace };
std::optional<std::string> PercentDecode(std::string_view text, PlusSign plus = PlusSign::kPlus);

// Keeps letters, digits and "-_.~"; everything else becomes %XX, and a blank '+' with PlusSign::kSpace.
std::string PercentEncode(std::string_view text, PlusSign plus = PlusSign::kPlus);

// Adds the pairs of a query or form to `params`. Like Go: pairs with a bad escape or a ';' are left out; the first such
// error is returned after all others were added.
storage::Status ParseQuery(std::string_view query, Params& params);

// "a=b&c=d+e", in order.
std::string EncodeQuery(const Params& params);

}  // namespace vigia::server
