// The tables of rule files. Internal to the room.
#pragma once

#include "config/schema/field_table.h"
#include "config/schema/rule_file.h"

namespace vigia::config {

const FieldTable<RuleGroupConfig>& RuleGroupFields();
const FieldTable<RuleConfig>& RuleFields();

}  // namespace vigia::config
