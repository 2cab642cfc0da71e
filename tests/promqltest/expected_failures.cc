#include "tests/promqltest/expected_failures.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/promqltest/numbers.h"

namespace vigia::promqltest {
namespace {

constexpr std::string_view kFeature = "feature:";

}  // namespace

storage::Result<ExpectedFailures> ExpectedFailures::Parse(std::string_view text) {
  ExpectedFailures out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view entry = Trimmed(line.substr(0, line.find('#')));
    if (entry.empty()) continue;
    if (entry.find(':') == std::string_view::npos) {
      return storage::Error{storage::Errc::kInvalid, fmt::format("neither FILE:LINE nor feature:WORD: \"{}\"", entry)};
    }
    (entry.starts_with(kFeature) ? out.features_ : out.places_).emplace(entry);
  }
  return out;
}

bool ExpectedFailures::Allows(const std::string& file, const CaseResult& failed) {
  const std::string place = fmt::format("{}:{}", file, failed.line);
  if (places_.contains(place)) {
    used_.insert(place);
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
  return out;
}

}  // namespace vigia::promqltest
