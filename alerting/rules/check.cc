#include "alerting/rules/check.h"

#include <fmt/format.h>

#include "alerting/template/template.h"

namespace vigia::alerting {
namespace {

constexpr int kMaxFaults = 10;

// The faults of one rule's labels or annotations, a line each.
void CheckTexts(const config::StringMap& texts, const std::string& alert, std::string_view kind,
                const std::string& where, int& faults, std::string& out) {
  for (const auto& [name, text] : texts) {
    const auto parsed = ParseAlertTemplate(alert, text);
    if (parsed || faults == kMaxFaults) continue;
    ++faults;
    out += fmt::format("{}{}: {} {}: {}", out.empty() ? "" : "\n", where, kind, storage::Quoted(name),
                       parsed.error().what);
  }
}

}  // namespace

storage::Status CheckTemplates(const config::RuleFile& file) {
  int faults = 0;
  std::string out;
  for (const config::RuleGroupConfig& group : file.groups) {
    int number = 0;
    for (const config::RuleConfig& rule : group.rules) {
      ++number;
      if (rule.alert.empty()) continue;
      const std::string where = fmt::format("{}:{}: group {}, rule {}, {}", file.path, rule.line,
                                            storage::Quoted(group.name), number, storage::Quoted(rule.alert));
      CheckTexts(rule.labels, rule.alert, "label", where, faults, out);
      CheckTexts(rule.annotations, rule.alert, "annotation", where, faults, out);
    }
  }
  if (out.empty()) return {};
  return storage::Error{storage::Errc::kInvalid, std::move(out)};
}

}  // namespace vigia::alerting
