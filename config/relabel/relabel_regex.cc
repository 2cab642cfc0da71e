#include <re2/re2.h>

#include "config/relabel/relabel.h"
#include "storage/model/go_regex.h"

namespace vigia::config {
namespace {

constexpr std::string_view kDefaultText = "(.*)";

}  // namespace

RelabelRegex::RelabelRegex() : text_(kDefaultText) {}

RelabelRegex::RelabelRegex(std::string text, std::shared_ptr<const re2::RE2> regex)
    : text_(std::move(text)), regex_(std::move(regex)) {}

storage::Result<RelabelRegex> RelabelRegex::Create(std::string text) {
  if (text == kDefaultText) return RelabelRegex();
  auto regex = storage::CompileGoRegex(text, storage::RegexDot::kAny);
  if (!regex) return regex.error();
  return RelabelRegex(std::move(text), *std::move(regex));
}

bool RelabelRegex::Matches(std::string_view value) const {
  if (regex_ == nullptr) return true;
  const re2::StringPiece text(value.data(), value.size());
  return regex_->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, nullptr, 0);
}

bool RelabelRegex::Match(std::string_view value, std::vector<std::string_view>& groups) const {
  if (regex_ == nullptr) {
    groups.assign(2, value);
    return true;
  }
  const re2::StringPiece text(value.data(), value.size());
  std::vector<re2::StringPiece> found(static_cast<std::size_t>(regex_->NumberOfCapturingGroups()) + 1);
  if (!regex_->Match(text, 0, text.size(), RE2::ANCHOR_BOTH, found.data(), static_cast<int>(found.size())))
    return false;
  groups.clear();
  for (const auto& group : found) groups.emplace_back(group.data(), group.size());
  return true;
}

int RelabelRegex::GroupNumber(std::string_view name) const {
  if (regex_ == nullptr) return -1;
  const auto& names = regex_->NamedCapturingGroups();
  const auto it = names.find(std::string(name));
  return it == names.end() ? -1 : it->second;
}

}  // namespace vigia::config
