#include "alerting/template/functions.h"

#include <array>

#include <fmt/format.h>

#include "alerting/template/literal.h"

namespace vigia::alerting {

using storage::Errc;
using storage::Error;
using storage::Result;

const TemplateFunction* FindTemplateFunction(std::string_view name) {
  for (const auto& table :
       {BuiltinTemplateFunctions(), TextTemplateFunctions(), NumberTemplateFunctions(), SampleTemplateFunctions()}) {
    for (const TemplateFunction& function : table) {
      if (function.name == name) return &function;
    }
  }
  return nullptr;
}

Error WrongType(std::string_view expected, const TemplateValue& got) {
  return Error{Errc::kInvalid, fmt::format("wrong type for value; expected {}; got {}", expected, got.TypeName())};
}

Result<std::string> TextArgument(const TemplateValue& value) {
  if (const std::string* text = value.as_string()) return *text;
  return WrongType("string", value);
}

Result<double> FloatArgument(const TemplateValue& value) {
  if (const double* f = value.as_float()) return *f;
  if (const std::int64_t* i = value.as_int()) return static_cast<double>(*i);
  if (const auto* d = value.as_duration()) return static_cast<double>(d->ns) / 1e9;
  if (const std::string* text = value.as_string()) {
    if (const auto parsed = ParseFloatText(*text)) return *parsed;
    return Error{Errc::kInvalid, fmt::format("strconv.ParseFloat: parsing {}: invalid syntax", storage::Quoted(*text))};
  }
  return Error{Errc::kInvalid, fmt::format("can't convert {} to float", value.TypeName())};
}

std::string QueryEscape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace vigia::alerting
