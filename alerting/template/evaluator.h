// Runs a parsed template.
#pragma once

#include <string>

#include "alerting/template/functions.h"
#include "alerting/template/tree.h"
#include "storage/model/error.h"

namespace vigia::alerting {

// What a template may use up before it is stopped with kLimit.
struct TemplateLimits {
  std::size_t output_bytes = 1u << 20;
  std::uint64_t loop_iterations = 1'000'000;  // Over all loops.
  int call_depth = 100;                       // Of {{template}}.
};

// The output, or "template: NAME:LINE:COLUMN: executing "NAME" at <WORDS>: WHAT" as Go reports it (columns from 0).
storage::Result<std::string> EvaluateTemplate(const TemplateTree& tree, const TemplateValue& data,
                                              const TemplateEnvironment& environment, const TemplateLimits& limits);

}  // namespace vigia::alerting
