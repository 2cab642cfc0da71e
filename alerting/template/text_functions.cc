// Strings, addresses and links.
#include <array>
#include <optional>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <re2/re2.h>

#include "alerting/template/functions.h"
#include "alerting/template/letter_case.h"
#include "storage/model/go_regex.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using Env = TemplateEnvironment;

template <std::string (*Fn)(std::string_view)>
Result<TemplateValue> OfText(const Env&, TemplateArgs args) {
  const auto text = TextArgument(args[0]);
  if (!text) return text.error();
  return TemplateValue(Fn(*text));
}

Result<TemplateValue> Match(const Env&, TemplateArgs args) {
  const auto pattern = TextArgument(args[0]);
  if (!pattern) return pattern.error();
  const auto text = TextArgument(args[1]);
  if (!text) return text.error();
  const auto regex = storage::CompileGoRegex(*pattern, storage::RegexDot::kNotNewline);
  if (!regex) return regex.error();
  return TemplateValue(re2::RE2::PartialMatch(*text, **regex));
}

// Appends `replacement` with $1, ${1}, $name, ${name} and $$ expanded as Go's regexp.Expand does.
void ExpandReplacement(std::string_view replacement, const re2::RE2& regex, std::span<const re2::StringPiece> groups,
                       std::string& out) {
  const auto is_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  while (!replacement.empty()) {
    const std::size_t dollar = replacement.find('$');
    out += replacement.substr(0, dollar);
    if (dollar == std::string_view::npos) return;
    replacement.remove_prefix(dollar + 1);
    if (replacement.starts_with('$')) {
      out += '$';
      replacement.remove_prefix(1);
      continue;
    }
    const bool braces = replacement.starts_with('{');
    std::size_t end = braces ? 1 : 0;
    while (end < replacement.size() && is_word(replacement[end])) ++end;
    const std::string_view name = replacement.substr(braces ? 1 : 0, end - (braces ? 1 : 0));
    if (name.empty() || (braces && (end >= replacement.size() || replacement[end] != '}'))) {
      out += '$';  // Malformed: taken as it stands.
      continue;
    }
    replacement.remove_prefix(end + (braces ? 1 : 0));
    std::size_t group = groups.size();
    if (name.find_first_not_of("0123456789") == std::string_view::npos && name.size() < 9) {
      group = std::stoul(std::string(name));
    } else if (const auto at = regex.NamedCapturingGroups().find(std::string(name));
               at != regex.NamedCapturingGroups().end()) {
      group = static_cast<std::size_t>(at->second);
    }
    if (group < groups.size() && groups[group].data() != nullptr)
      out.append(groups[group].data(), groups[group].size());
  }
}

std::size_t CharacterWidth(std::string_view text, std::size_t at) {
  std::size_t width = 1;
  while (at + width < text.size() && width < 4 && (static_cast<unsigned char>(text[at + width]) & 0xC0) == 0x80)
    ++width;
  return width;
}

Result<std::string> ReplaceAll(const re2::RE2& regex, std::string_view replacement, std::string_view text,
                               std::size_t max_bytes) {
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) + 1);
  const re2::StringPiece input(text.data(), text.size());
  std::string out;
  std::size_t copied = 0;
  for (std::size_t from = 0; from <= text.size();) {
    if (!regex.Match(input, from, text.size(), re2::RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
      break;
    const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
    const std::size_t end = start + groups[0].size();
    out += text.substr(copied, start - copied);
    // An empty match right behind another match does not count.
    if (end > copied || start == 0) ExpandReplacement(replacement, regex, groups, out);
    if (out.size() > max_bytes) return Error{Errc::kLimit, fmt::format("result longer than {} bytes", max_bytes)};
    copied = end;
    const std::size_t next = from < text.size() ? from + CharacterWidth(text, from) : from + 1;
    from = std::max(next, end);
  }
  if (copied < text.size()) out += text.substr(copied);
  return out;
}

Result<TemplateValue> ReReplaceAll(const Env& env, TemplateArgs args) {
  std::array<std::string, 3> texts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto text = TextArgument(args[i]);
    if (!text) return text.error();
    texts[i] = *text;
  }
  const auto regex = storage::CompileGoRegex(texts[0], storage::RegexDot::kNotNewline);
  if (!regex) return regex.error();
  auto replaced = ReplaceAll(**regex, texts[1], texts[2], env.max_string_bytes);
  if (!replaced) return replaced.error();
  return TemplateValue(std::move(*replaced));
}

struct HostPort {
  std::string host, port;
};

// net.SplitHostPort; nothing where it fails.
std::optional<HostPort> SplitHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (text[0] == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos || close + 1 != colon) return std::nullopt;
    host = text.substr(1, close - 1);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view port = text.substr(colon + 1);
  if (host.find_first_of("[]") != std::string_view::npos || port.find_first_of("[]") != std::string_view::npos) {
    return std::nullopt;
  }
  return HostPort{std::string(host), std::string(port)};
}

bool IsIpAddress(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::string StripPort(std::string_view text) {
  const auto split = SplitHostPort(text);
  return split ? split->host : std::string(text);
}

std::string StripDomain(std::string_view text) {
  const auto split = SplitHostPort(text);
  const std::string host = split ? split->host : std::string(text);
  if (IsIpAddress(host)) return std::string(text);
  const std::string first = host.substr(0, host.find('.'));
  return split && !split->port.empty() ? first + ":" + split->port : first;
}

std::string Unchanged(std::string_view text) { return std::string(text); }
std::string GraphLink(std::string_view expr) { return "/graph?g0.expr=" + QueryEscape(expr) + "&g0.tab=0"; }
std::string TableLink(std::string_view expr) { return "/graph?g0.expr=" + QueryEscape(expr) + "&g0.tab=1"; }

Result<TemplateValue> PathPrefix(const Env& env, TemplateArgs) { return TemplateValue(env.path_prefix); }
Result<TemplateValue> ExternalUrl(const Env& env, TemplateArgs) { return TemplateValue(env.external_url); }

constexpr std::array kTable = {
    TemplateFunction{"title", 1, 1, &OfText<ToTitleText>},
    TemplateFunction{"toUpper", 1, 1, &OfText<ToUpperText>},
    TemplateFunction{"toLower", 1, 1, &OfText<ToLowerText>},
    TemplateFunction{"match", 2, 2, &Match},
    TemplateFunction{"reReplaceAll", 3, 3, &ReReplaceAll},
    TemplateFunction{"stripPort", 1, 1, &OfText<StripPort>},
    TemplateFunction{"stripDomain", 1, 1, &OfText<StripDomain>},
    TemplateFunction{"graphLink", 1, 1, &OfText<GraphLink>},
    TemplateFunction{"tableLink", 1, 1, &OfText<TableLink>},
    TemplateFunction{"urlQueryEscape", 1, 1, &OfText<QueryEscape>},
    TemplateFunction{"safeHtml", 1, 1, &OfText<Unchanged>},
    TemplateFunction{"pathPrefix", 0, 0, &PathPrefix},
    TemplateFunction{"externalURL", 0, 0, &ExternalUrl},
};

}  // namespace

std::span<const TemplateFunction> TextTemplateFunctions() { return kTable; }

}  // namespace vigia::alerting
