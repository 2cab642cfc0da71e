// What a rule file must satisfy beyond its schema before any part of a reload is applied.
#pragma once

#include "config/schema/rule_file.h"
#include "storage/model/error.h"

namespace vigia::alerting {

// That the templates of all labels and annotations parse. kInvalid with one line per fault (at most 10), each
// "<file>:<line>: group "<name>", rule <n>, "<name of the rule>": <what is wrong>".
storage::Status CheckTemplates(const config::RuleFile& file);

}  // namespace vigia::alerting
