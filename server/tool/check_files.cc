// check config, check rules: texts and exit codes as promtool's cmd/promtool/main.go.
#include <algorithm>
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
#include "server/tool/named_files.h"

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

storage::Result<std::vector<std::string>> RuleFilesOf(const config::Config& config, std::ostream& out) {
  if (auto status = CheckNamedFiles(config, out); !status) return status.error();
  return config::ExpandGlobs(config.rule_files);
}

void CheckConfigFile(const std::string& path, bool syntax_only, const Lint& lint, config::RuleFileOptions options,
                     const ToolWorld& world, Verdict& verdict) {
  world.out << "Checking " << path << "\n";
  const auto config = config::LoadConfig(path);
  storage::Result<std::vector<std::string>> rule_paths = std::vector<std::string>();
  if (!config) {
    rule_paths = config.error();
  } else if (!syntax_only) {
    rule_paths = RuleFilesOf(**config, world.out);
  }
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
  options.name_validation = (*config)->global.metric_name_validation_scheme;
  CheckRuleFiles(*rule_paths, lint, options, world, verdict);
}

// The features that change what an expression may say; others that promtool knows change nothing here.
void Enable(std::string_view list, const ToolWorld& world, promql::ParserOptions& parser) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (name == "promql-experimental-functions") {
      parser.experimental_functions = true;
    } else if (name == "promql-extended-range-selectors") {
      parser.extended_range_selectors = true;
    } else if (name == "promql-binop-fill-modifiers") {
      parser.binop_fill_modifiers = true;
    } else if (!name.empty() && name != "promql-delayed-name-removal" && name != "promql-duration-expr") {
      world.out << fmt::format("  WARNING: Unknown feature passed to --enable-feature: {}\n", name);
    }
  }
}

config::RuleFileOptions RuleOptionsOf(const Arguments& arguments, const ToolWorld& world) {
  config::RuleFileOptions options;
  options.ignore_unknown_fields = arguments.Is("ignore-unknown-fields");
  for (const std::string& list : arguments.GetAll("enable-feature")) Enable(list, world, options.parser);
  return options;
}

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

}  // namespace

int CheckConfig(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(
      words, {{"lint", "enable-feature"}, {"syntax-only", "lint-fatal", "agent", "ignore-unknown-fields"}});
  if (!arguments) return Wrong(world, arguments.error().what);
  const auto lint = LintOf(*arguments);
  if (!lint) return Wrong(world, lint.error().what);
  if (arguments->positional().empty()) return Wrong(world, "required argument 'config-files' not provided");
  const config::RuleFileOptions options = RuleOptionsOf(*arguments, world);
  Verdict verdict;
  for (const std::string& path : arguments->positional()) {
    CheckConfigFile(path, arguments->Is("syntax-only"), *lint, options, world, verdict);
  }
  return verdict.ExitCode(*lint);
}

int CheckRules(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {{"lint", "enable-feature"}, {"lint-fatal", "ignore-unknown-fields"}});
  if (!arguments) return Wrong(world, arguments.error().what);
  const auto lint = LintOf(*arguments);
  if (!lint) return Wrong(world, lint.error().what);
  const config::RuleFileOptions options = RuleOptionsOf(*arguments, world);
  Verdict verdict;
  if (!arguments->positional().empty()) {
    CheckRuleFiles(arguments->positional(), *lint, options, world, verdict);
  } else {
    world.out << "Checking standard input\n";
    const std::string text{std::istreambuf_iterator<char>(world.in), {}};
    CheckRuleFile(config::ParseRuleFile(text, "standard input", options), *lint, world, verdict);
  }
  return verdict.ExitCode(*lint);
}

}  // namespace vigia::server
