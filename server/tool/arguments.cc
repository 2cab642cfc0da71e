#include "server/tool/arguments.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia::server {
namespace {

bool Contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

storage::Error Unknown(std::string_view word) {
  return {storage::Errc::kInvalid, fmt::format("unknown flag '{}'", word)};
}

}  // namespace

storage::Result<Arguments> Arguments::Parse(const std::vector<std::string>& words, const FlagNames& names) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      out.positional_.insert(out.positional_.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      out.positional_.emplace_back(word);
      continue;
    }
    const std::string_view bare = word.substr(word[1] == '-' ? 2 : 1);
    const std::size_t equals = bare.find('=');
    const std::string name(bare.substr(0, equals));
    if (equals == std::string_view::npos && Contains(names.booleans, name)) {
      out.flags_[name] = {"true"};
    } else if (equals == std::string_view::npos && name.starts_with("no-") &&
               Contains(names.booleans, name.substr(3))) {
      out.flags_[name.substr(3)] = {"false"};
    } else if (!Contains(names.values, name)) {
      return Unknown(word);
    } else if (equals != std::string_view::npos) {
      out.flags_[name].emplace_back(bare.substr(equals + 1));
    } else if (i + 1 < words.size()) {
      out.flags_[name].push_back(words[++i]);
    } else {
      return storage::Error{storage::Errc::kInvalid, fmt::format("expected argument for flag '{}'", word)};
    }
  }
  return out;
}

std::string Arguments::Get(std::string_view name, std::string_view otherwise) const {
  const auto at = flags_.find(name);
  return at == flags_.end() ? std::string(otherwise) : at->second.back();
}

std::vector<std::string> Arguments::GetAll(std::string_view name) const {
  const auto at = flags_.find(name);
  return at == flags_.end() ? std::vector<std::string>() : at->second;
}

}  // namespace vigia::server
