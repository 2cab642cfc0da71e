// The tree of a parsed template.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "alerting/template/value.h"

namespace vigia::alerting {

// Bytes [start, end) of the template's text, for error messages.
struct TemplateRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

struct TemplatePipe;

// One word of a command, with the fields that follow it: `$x.Labels.job`, `(query "up").Value`, `.Value`, `12`.
struct TemplateOperand {
  enum class Kind { kDot, kField, kVariable, kFunction, kConstant, kNil, kPipe };
  Kind kind = Kind::kDot;
  TemplateRange range;
  std::string name;  // Of a variable (with $) or a function.
  TemplateValue constant;
  std::shared_ptr<const TemplatePipe> pipe;
  std::vector<std::string> fields;  // kField has at least one.
};

struct TemplateCommand {
  TemplateRange range;
  std::vector<TemplateOperand> words;  // At least one; the first may be a function, the others are its arguments.
};

// `$x, $y := command | command`
struct TemplatePipe {
  TemplateRange range;
  std::vector<std::string> variables;
  bool assigns = false;  // = instead of :=
  std::vector<TemplateCommand> commands;
};

struct TemplateStatement;
using TemplateBody = std::vector<TemplateStatement>;

struct TemplateStatement {
  enum class Kind { kText, kAction, kIf, kRange, kWith, kTemplate, kBreak, kContinue };
  Kind kind = Kind::kText;
  TemplateRange range;
  std::string text;                          // Of kText; the name for kTemplate.
  std::shared_ptr<const TemplatePipe> pipe;  // Null for kText, kBreak, kContinue and a kTemplate without argument.
  TemplateBody body;
  TemplateBody otherwise;
};

struct TemplateTree {
  std::string name;
  std::string text;
  TemplateBody main;
  std::map<std::string, TemplateBody, std::less<>> definitions;  // By define and block.
};

}  // namespace vigia::alerting
