#include "tests/promqltest/expected_failures.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "tests/promqltest/numbers.h"

namespace vigia::promqltest {
namespace {

constexpr std::string_view kFeature = "feature:";
constexpr std::string_view kText = "text:";

}  // namespace

storage::Result<ExpectedFailures> ExpectedFailures::Parse(std::string_view text) {
  ExpectedFailures out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view entry = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (entry.empty() || entry.starts_with('#')) continue;
    if (entry.find(':') == std::string_view::npos) {
      return storage::Error{storage::Errc::kInvalid,
                            fmt::format("neither FILE:LINE nor feature:WORD nor text:WORDS: \"{}\"", entry)};
    }
    auto& entries = entry.starts_with(kFeature) ? out.features_ : entry.starts_with(kText) ? out.texts_ : out.places_;
    entries.emplace(entry);
  }
  return out;
}

bool ExpectedFailures::Allows(const std::string& file, const CaseResult& failed) {
  const std::string place = fmt::format("{}:{}", file, failed.line);
  if (places_.contains(place)) {
    used_.insert(place);
    return true;
  }
  for (const std::string& entry : texts_) {
    if (failed.failure.find(entry.substr(kText.size())) == std::string::npos) continue;
    used_.insert(entry);
    return true;
  }
  for (const std::string& feature : failed.needs) {
    const std::string entry = fmt::format("{}{}", kFeature, feature);
    if (!features_.contains(entry)) continue;
    used_.insert(entry);
    return true;
  }
  return false;
}

std::vector<std::string> ExpectedFailures::Unused() const {
  std::vector<std::string> out;
  std::ranges::set_difference(places_, used_, std::back_inserter(out));
  std::ranges::set_difference(features_, used_, std::back_inserter(out));
  std::ranges::set_difference(texts_, used_, std::back_inserter(out));
  return out;
}

}  // namespace vigia::promqltest
