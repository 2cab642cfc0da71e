// check config, check rules: texts and exit codes as promtool's cmd/promtool/main.go.
#include <istream>
#include <iterator>
#include <map>
#include <optional>
#include <ostream>
#include <set>

#include <fmt/format.h>

#include "alerting/rules/check.h"
#include "config/schema/config.h"
#include "config/schema/rule_file.h"
#include "server/tool/arguments.h"
#include "server/tool/commands.h"

namespace vigia::server {
namespace {

struct Lint {
  bool duplicate_rules = false;
  bool long_scrape_interval = false;
  bool fatal = false;
};

// The worst of what was found decides the exit code.
struct Verdict {
  bool failed = false;
  bool lint_failed = false;
  int ExitCode(const Lint& lint) const {
    if (failed) return kFailure;
    return lint_failed && lint.fatal ? kLintFailure : kSuccess;
  }
};

storage::Result<Lint> LintOf(const Arguments& arguments) {
  Lint lint;
  lint.fatal = arguments.Is("lint-fatal");
  std::string words = arguments.Get("lint", "duplicate-rules") + ",";
  for (std::size_t from = 0; from < words.size();) {
    const std::size_t comma = words.find(',', from);
    const std::string word = words.substr(from, comma - from);
    from = comma + 1;
    if (word == "all" || word == "duplicate-rules") lint.duplicate_rules = true;
    if (word == "all" || word == "too-long-scrape-interval") lint.long_scrape_interval = true;
    if (word != "all" && word != "duplicate-rules" && word != "too-long-scrape-interval" && word != "none") {
      return storage::Error{storage::Errc::kInvalid, fmt::format("unknown lint option {}", word)};
    }
  }
  return lint;
}

std::string DuplicatesText(const config::RuleFile& file) {
  std::map<std::pair<std::string, config::StringMap>, int> seen;
  for (const auto& group : file.groups) {
    for (const auto& rule : group.rules) ++seen[{rule.record.empty() ? rule.alert : rule.record, rule.labels}];
  }
  int duplicates = 0;
  std::string text;
  for (const auto& [rule, count] : seen) {
    if (count < 2) continue;
    duplicates += count - 1;
    text += fmt::format("Metric: {}\nLabel(s):\n", rule.first);
    for (const auto& [name, value] : rule.second) text += fmt::format("\t{}: {}\n", name, value);
  }
  if (duplicates == 0) return {};
  return fmt::format("{} duplicate rule(s) found.\n{}Might cause inconsistency while recording expressions\n",
                     duplicates, text);
}

void CheckRuleFile(const storage::Result<config::RuleFile>& file, const Lint& lint, const ToolWorld& world,
                   Verdict& verdict) {
  storage::Status status = file ? alerting::CheckTemplates(*file) : storage::Status(file.error());
  if (!status) {
    verdict.failed = true;
    world.err << "  FAILED:\n" << status.error().what << "\n";
    return;
  }
  std::size_t rules = 0;
  for (const auto& group : file->groups) rules += group.rules.size();
  const std::string duplicates = lint.duplicate_rules ? DuplicatesText(*file) : std::string();
  if (duplicates.empty()) {
    world.out << fmt::format("  SUCCESS: {} rules found\n", rules);
  } else {
    verdict.lint_failed = true;
    world.err << "  FAILED:\nlint error " << duplicates;
  }
  world.out << "\n";
}

void CheckRuleFiles(const std::vector<std::string>& paths, const Lint& lint, const config::RuleFileOptions& options,
                    const ToolWorld& world, Verdict& verdict) {
  for (const std::string& path : paths) {
    world.out << "Checking " << path << "\n";
    CheckRuleFile(config::LoadRuleFile(path, options), lint, world, verdict);
  }
}

// Prometheus' lookback delta: a longer interval leaves gaps in every graph.
constexpr storage::DurationMs kLookbackMs = 300'000;

void CheckConfigFile(const std::string& path, bool syntax_only, const Lint& lint, const ToolWorld& world,
                     Verdict& verdict) {
  world.out << "Checking " << path << "\n";
  const auto config = config::LoadConfig(path);
  const auto rule_paths =
      config ? config::ExpandGlobs((*config)->rule_files) : storage::Result<std::vector<std::string>>(config.error());
  if (!rule_paths) {
    verdict.failed = true;
    world.err << "  FAILED: " << rule_paths.error().what << "\n";
    world.out << "\n";
    return;
  }
  if (!rule_paths->empty()) world.out << fmt::format("  SUCCESS: {} rule files found\n", rule_paths->size());
  world.out << fmt::format(" SUCCESS: {} is valid prometheus config file syntax\n\n", path);
  if (lint.long_scrape_interval) {
    for (const auto& scrape : (*config)->scrape_configs) {
      if (scrape.scrape_interval_ms <= kLookbackMs) continue;
      verdict.lint_failed = true;
      world.err << fmt::format("  FAILED: lint error too long scrape interval found for job {}\n", scrape.job_name);
    }
  }
  if (syntax_only) return;
  config::RuleFileOptions options;
  options.name_validation = (*config)->global.metric_name_validation_scheme;
  CheckRuleFiles(*rule_paths, lint, options, world, verdict);
}

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

}  // namespace

int CheckConfig(const Words& words, const ToolWorld& world) {
  const auto arguments =
      Arguments::Parse(words, {{"lint"}, {"syntax-only", "lint-fatal", "agent", "ignore-unknown-fields"}});
  if (!arguments) return Wrong(world, arguments.error().what);
  const auto lint = LintOf(*arguments);
  if (!lint) return Wrong(world, lint.error().what);
  if (arguments->positional().empty()) return Wrong(world, "required argument 'config-files' not provided");
  Verdict verdict;
  for (const std::string& path : arguments->positional()) {
    CheckConfigFile(path, arguments->Is("syntax-only"), *lint, world, verdict);
  }
  return verdict.ExitCode(*lint);
}

int CheckRules(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {{"lint"}, {"lint-fatal", "ignore-unknown-fields"}});
  if (!arguments) return Wrong(world, arguments.error().what);
  const auto lint = LintOf(*arguments);
  if (!lint) return Wrong(world, lint.error().what);
  Verdict verdict;
  if (!arguments->positional().empty()) {
    CheckRuleFiles(arguments->positional(), *lint, {}, world, verdict);
  } else {
    world.out << "Checking standard input\n";
    const std::string text{std::istreambuf_iterator<char>(world.in), {}};
    CheckRuleFile(config::ParseRuleFile(text, "standard input"), *lint, world, verdict);
  }
  return verdict.ExitCode(*lint);
}

}  // namespace vigia::server
