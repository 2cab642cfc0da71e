#include "server/app/flag_set.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vigia::server {

using storage::Errc;
using storage::Error;
using storage::Status;

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

void FlagSet::Add(Flag flag) {
  assert(Find(flag.name) == nullptr);
  entries_.push_back({std::move(flag), {}});
}

FlagSet::Entry* FlagSet::Find(std::string_view name) {
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.flag.name == name; });
  return at == entries_.end() ? nullptr : &*at;
}

std::string FlagSet::Nearest(std::string_view name) const {
  const Entry* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(3, name.size() / 3);
  for (const Entry& entry : entries_) {
    const std::size_t distance = EditDistance(name, entry.flag.name);
    if (!entry.flag.help.empty() && distance < best_distance) best = &entry, best_distance = distance;
  }
  return best ? best->flag.name : std::string();
}

Status FlagSet::Take(Entry& entry, std::string value) {
  if (!entry.given.empty() && !entry.flag.repeatable) {
    return Error{Errc::kInvalid, fmt::format("flag \"--{}\" cannot be repeated", entry.flag.name)};
  }
  if (auto status = entry.flag.set(value); status.has_error()) {
    return Error{Errc::kInvalid, fmt::format("flag \"--{}\": \"{}\": {}", entry.flag.name, value, status.error().what)};
  }
  entry.given.push_back(std::move(value));
  return {};
}

Status FlagSet::Parse(const std::vector<std::string>& arguments) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == "-h") argument = "--help";
    if (argument.substr(0, 2) != "--" || argument.size() == 2) {
      return Error{Errc::kInvalid, fmt::format("unexpected argument \"{}\"", argument)};
    }
    argument.remove_prefix(2);
    const std::size_t equals = argument.find('=');
    const std::string_view name = argument.substr(0, equals);
    Entry* entry = Find(name);
    bool negated = false;
    if (!entry && name.substr(0, 3) == "no-") {
      entry = Find(name.substr(3));
      negated = entry != nullptr;
    }
    if (!entry || (negated && !entry->flag.boolean)) {
      const std::string nearest = Nearest(name);
      return Error{Errc::kInvalid,
                   fmt::format("unknown flag \"--{}\"{}", name,
                               nearest.empty() ? std::string() : fmt::format(" (did you mean \"--{}\"?)", nearest))};
    }
    std::string value;
    if (equals != std::string_view::npos) {
      value = argument.substr(equals + 1);
    } else if (entry->flag.boolean) {
      value = negated ? "false" : "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return Error{Errc::kInvalid, fmt::format("flag \"--{}\" needs a value", name)};
    }
    if (auto status = Take(*entry, std::move(value)); status.has_error()) return status;
  }
  return {};
}

std::map<std::string, std::string> FlagSet::Values() const {
  std::map<std::string, std::string> out;
  for (const Entry& entry : entries_) {
    out[entry.flag.name] =
        entry.given.empty() ? entry.flag.default_value : fmt::format("{}", fmt::join(entry.given, ","));
  }
  return out;
}

std::string FlagSet::Help() const {
  std::string out;
  for (const Entry& entry : entries_) {
    if (entry.flag.help.empty()) continue;
    std::string head =
        "  --" +
        std::string(entry.flag.boolean && entry.flag.name != "help" && entry.flag.name != "version" ? "[no-]" : "") +
        entry.flag.name;
    if (!entry.flag.boolean) head += entry.flag.default_value.empty() ? "=…" : "=" + entry.flag.default_value;
    out += fmt::format("{}{}\n        {}\n", head, entry.flag.repeatable ? " ..." : "", entry.flag.help);
  }
  return out;
}

std::string FlagSet::Reference() const {
  std::string out = "| flag | default | meaning |\n|---|---|---|\n";
  std::vector<std::string> ignored;
  std::vector<std::string> refused;
  for (const auto& [flag, given] : entries_) {
    if (flag.standing == Standing::kIgnored) ignored.push_back("`--" + flag.name + "`");
    if (flag.standing == Standing::kRefused) refused.push_back("`--" + flag.name + "`");
    if (flag.help.empty()) continue;
    const std::string default_cell = flag.default_value.empty() ? "" : "`" + flag.default_value + "`";
    out += fmt::format("| `--{}` | {} | {} |\n", flag.name, default_cell, flag.help);
  }
  if (!ignored.empty()) {
    out +=
        fmt::format("\nAccepted so that existing command lines start, without effect: {}.\n", fmt::join(ignored, ", "));
  }
  if (!refused.empty()) out += fmt::format("\nRefused by name: {}.\n", fmt::join(refused, ", "));
  return out;
}

}  // namespace vigia::server
