// A rule file: groups of recording and alerting rules (surface.md 6.1). Expressions are checked here and parsed again
// by who evaluates them; templates in labels and annotations are not checked here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/relabel/name_validation.h"
#include "config/schema/http_client_config.h"
#include "promql/parser/parse.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

struct RuleConfig {
  std::string record;  // Exactly one of `record` and `alert` is not empty.
  std::string alert;
  std::string expr;  // As written, without surrounding white space.
  storage::DurationMs for_ms = 0;
  storage::DurationMs keep_firing_for_ms = 0;
  StringMap labels;  // Those of the group merged in; an empty value deletes the label from the result.
  StringMap annotations;
  int line = 0;  // Of the rule in its file, from 1.

  bool operator==(const RuleConfig&) const = default;
};

struct RuleGroupConfig {
  std::string name;
  std::optional<storage::DurationMs> interval_ms;      // Not set = global.evaluation_interval.
  std::optional<storage::DurationMs> query_offset_ms;  // Not set = global.rule_query_offset.
  std::int64_t limit = 0;                              // 0 = none.
  StringMap labels;
  std::vector<RuleConfig> rules;
  int line = 0;

  bool operator==(const RuleGroupConfig&) const = default;
};

struct RuleFile {
  std::string path;
  std::vector<RuleGroupConfig> groups;
};

struct RuleFileOptions {
  promql::ParserOptions parser;
  NameValidation name_validation = NameValidation::kUtf8;
  bool ignore_unknown_fields = false;  // They are faults otherwise.
};

// Reads and checks a file. kIo when it cannot be read; kInvalid with one line of text per fault (at most 10), each
// "<file>:<line>: group "<name>", rule <n>, "<name of the rule>": <what is wrong>".
storage::Result<RuleFile> LoadRuleFile(const std::string& path, const RuleFileOptions& options = {});
storage::Result<RuleFile> ParseRuleFile(std::string_view text, const std::string& path,
                                        const RuleFileOptions& options = {});

}  // namespace vigia::config
