// The functions of Go's text/template itself.
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "alerting/template/format.h"
#include "alerting/template/functions.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using Env = TemplateEnvironment;

Error Invalid(std::string what) { return Error{Errc::kInvalid, std::move(what)}; }

Result<TemplateValue> Text(std::string text) { return TemplateValue(std::move(text)); }

// Which of Go's basic kinds a value is; values compare with their own kind only.
enum class Basic { kBool, kInt, kFloat, kString };

std::optional<Basic> BasicKind(const TemplateValue& value) {
  if (value.as_bool() != nullptr) return Basic::kBool;
  if (value.as_int() != nullptr || value.as_duration() != nullptr) return Basic::kInt;
  if (value.as_float() != nullptr) return Basic::kFloat;
  if (value.as_string() != nullptr) return Basic::kString;
  return std::nullopt;
}

std::int64_t IntOf(const TemplateValue& value) {
  return value.as_int() != nullptr ? *value.as_int() : value.as_duration()->ns;
}

Result<bool> Equal(const TemplateValue& a, const TemplateValue& b) {
  if (a.is_nil() || b.is_nil()) return a.is_nil() && b.is_nil();
  if (a.as_time() != nullptr && b.as_time() != nullptr) return a.as_time()->ns == b.as_time()->ns;
  const auto kind = BasicKind(a);
  const auto other = BasicKind(b);
  if (!kind || !other) return Invalid("incompatible types for comparison");
  if (*kind != *other) return Invalid("incompatible types for comparison");
  switch (*kind) {
    case Basic::kBool: return *a.as_bool() == *b.as_bool();
    case Basic::kInt: return IntOf(a) == IntOf(b);
    case Basic::kFloat: return *a.as_float() == *b.as_float();
    case Basic::kString: return *a.as_string() == *b.as_string();
  }
  return false;
}

Result<bool> Less(const TemplateValue& a, const TemplateValue& b) {
  const auto kind = BasicKind(a);
  const auto other = BasicKind(b);
  if (!kind || !other || *kind == Basic::kBool) return Invalid("invalid type for comparison");
  if (*kind != *other) return Invalid("incompatible types for comparison");
  switch (*kind) {
    case Basic::kBool: return false;
    case Basic::kInt: return IntOf(a) < IntOf(b);
    case Basic::kFloat: return *a.as_float() < *b.as_float();
    case Basic::kString: return *a.as_string() < *b.as_string();
  }
  return false;
}

Result<TemplateValue> Eq(const Env&, TemplateArgs args) {
  if (args.size() < 2) return Invalid("missing argument for comparison");
  for (std::size_t i = 1; i < args.size(); ++i) {
    const auto equal = Equal(args[0], args[i]);
    if (!equal) return equal.error();
    if (*equal) return TemplateValue(true);
  }
  return TemplateValue(false);
}

Result<TemplateValue> Ne(const Env&, TemplateArgs args) {
  const auto equal = Equal(args[0], args[1]);
  if (!equal) return equal.error();
  return TemplateValue(!*equal);
}

Result<TemplateValue> Lt(const Env&, TemplateArgs args) {
  const auto less = Less(args[0], args[1]);
  if (!less) return less.error();
  return TemplateValue(*less);
}

Result<TemplateValue> Le(const Env&, TemplateArgs args) {
  const auto less = Less(args[0], args[1]);
  if (!less) return less.error();
  if (*less) return TemplateValue(true);
  return Ne({}, args).value().Truth() ? TemplateValue(false) : TemplateValue(true);
}

// As Go defines it: not less or equal, so that a NaN is greater than everything.
Result<TemplateValue> Gt(const Env& env, TemplateArgs args) {
  const auto at_most = Le(env, args);
  if (!at_most) return at_most.error();
  return TemplateValue(!at_most->Truth());
}

Result<TemplateValue> Ge(const Env& env, TemplateArgs args) {
  const auto less = Lt(env, args);
  if (!less) return less.error();
  return TemplateValue(!less->Truth());
}

Result<TemplateValue> And(const Env&, TemplateArgs args) {
  for (const TemplateValue& value : args) {
    if (!value.Truth()) return value;
  }
  return args.back();
}

Result<TemplateValue> Or(const Env&, TemplateArgs args) {
  for (const TemplateValue& value : args) {
    if (value.Truth()) return value;
  }
  return args.back();
}

Result<TemplateValue> Not(const Env&, TemplateArgs args) { return TemplateValue(!args[0].Truth()); }

Result<TemplateValue> Len(const Env&, TemplateArgs args) {
  const auto size = [](std::size_t n) { return TemplateValue(static_cast<std::int64_t>(n)); };
  if (const auto* text = args[0].as_string()) return size(text->size());
  if (const auto* list = args[0].as_list()) return size(list->size());
  const auto* map = args[0].as_map();
  if (map != nullptr && map->kind != TemplateValue::MapKind::kStruct) return size(map->items.size());
  if (args[0].is_nil()) return Invalid("len of nil pointer");
  return Invalid("len of type " + args[0].TypeName());
}

Result<std::size_t> IndexArgument(const TemplateValue& value, std::size_t limit) {
  const std::int64_t* index = value.as_int();
  if (value.is_nil()) return Invalid("cannot index slice/array with nil");
  if (index == nullptr) return Invalid("cannot index slice/array with type " + value.TypeName());
  if (*index < 0 || static_cast<std::uint64_t>(*index) > limit)
    return Invalid(fmt::format("index out of range: {}", *index));
  return static_cast<std::size_t>(*index);
}

Result<TemplateValue> IndexOnce(const TemplateValue& item, const TemplateValue& key) {
  if (item.is_nil()) return Invalid("index of untyped nil");
  const auto* map = item.as_map();
  if (map != nullptr && map->kind != TemplateValue::MapKind::kStruct) {
    const std::string* name = key.as_string();
    if (name == nullptr) return Invalid("value has type " + key.TypeName() + "; should be string");
    const auto at = map->items.find(*name);
    if (at != map->items.end()) return at->second;
    return map->kind == TemplateValue::MapKind::kStrings ? TemplateValue(std::string()) : TemplateValue();
  }
  const auto* list = item.as_list();
  const auto* text = item.as_string();
  if (list == nullptr && text == nullptr) return Invalid("can't index item of type " + item.TypeName());
  const std::size_t size = list != nullptr ? list->size() : text->size();
  const auto index = IndexArgument(key, size);
  if (!index) return index.error();
  if (*index >= size) return Invalid(fmt::format("index out of range: {}", *index));
  if (list != nullptr) return (*list)[*index];
  return TemplateValue(static_cast<std::int64_t>(static_cast<unsigned char>((*text)[*index])));
}

Result<TemplateValue> Index(const Env&, TemplateArgs args) {
  TemplateValue item = args[0];
  for (const TemplateValue& key : args.subspan(1)) {
    auto next = IndexOnce(item, key);
    if (!next) return next.error();
    item = std::move(*next);
  }
  return item;
}

Result<TemplateValue> Slice(const Env&, TemplateArgs args) {
  const auto* list = args[0].as_list();
  const auto* text = args[0].as_string();
  if (args[0].is_nil()) return Invalid("slice of untyped nil");
  if (list == nullptr && text == nullptr) return Invalid("can't slice item of type " + args[0].TypeName());
  if (args.size() == 4 && text != nullptr) return Invalid("cannot 3-index slice a string");
  const std::size_t size = list != nullptr ? list->size() : text->size();
  std::array<std::size_t, 3> bounds = {0, size, size};
  for (std::size_t i = 1; i < args.size(); ++i) {
    const auto bound = IndexArgument(args[i], size);
    if (!bound) return bound.error();
    bounds[i - 1] = *bound;
  }
  if (bounds[0] > bounds[1]) return Invalid(fmt::format("invalid slice index: {} > {}", bounds[0], bounds[1]));
  if (bounds[1] > bounds[2]) return Invalid(fmt::format("invalid slice index: {} > {}", bounds[1], bounds[2]));
  if (text != nullptr) return Text(text->substr(bounds[0], bounds[1] - bounds[0]));
  TemplateValue::List part(list->begin() + static_cast<std::ptrdiff_t>(bounds[0]),
                           list->begin() + static_cast<std::ptrdiff_t>(bounds[1]));
  return TemplateValue::FromList(std::move(part), args[0].TypeName());
}

Result<TemplateValue> Print(const Env&, TemplateArgs args) { return Text(Sprint(args)); }
Result<TemplateValue> Println(const Env&, TemplateArgs args) { return Text(Sprintln(args)); }
Result<TemplateValue> Printf(const Env&, TemplateArgs args) {
  const auto format = TextArgument(args[0]);
  if (!format) return format.error();
  return Text(Sprintf(*format, args.subspan(1)));
}

Result<TemplateValue> Html(const Env&, TemplateArgs args) {
  std::string out;
  for (const char c : Sprint(args)) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      case '\0': out += "\xef\xbf\xbd"; break;
      default: out += c; break;
    }
  }
  return Text(std::move(out));
}

Result<TemplateValue> Js(const Env&, TemplateArgs args) {
  std::string out;
  for (const char c : Sprint(args)) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '\'': out += "\\'"; break;
      case '"': out += "\\\""; break;
      case '<': out += "\\u003C"; break;
      case '>': out += "\\u003E"; break;
      case '&': out += "\\u0026"; break;
      case '=': out += "\\u003D"; break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? fmt::format("\\u{:04X}", static_cast<unsigned char>(c))
                                                    : std::string(1, c);
        break;
    }
  }
  return Text(std::move(out));
}

Result<TemplateValue> UrlQuery(const Env&, TemplateArgs args) { return Text(QueryEscape(Sprint(args))); }

Result<TemplateValue> Call(const Env&, TemplateArgs args) {
  return Invalid(fmt::format("non-function of type {}", args[0].TypeName()));
}

constexpr std::array kTable = {
    TemplateFunction{"and", 1, -1, &And},       TemplateFunction{"or", 1, -1, &Or},
    TemplateFunction{"not", 1, 1, &Not},        TemplateFunction{"eq", 1, -1, &Eq},
    TemplateFunction{"ne", 2, 2, &Ne},          TemplateFunction{"lt", 2, 2, &Lt},
    TemplateFunction{"le", 2, 2, &Le},          TemplateFunction{"gt", 2, 2, &Gt},
    TemplateFunction{"ge", 2, 2, &Ge},          TemplateFunction{"len", 1, 1, &Len},
    TemplateFunction{"index", 1, -1, &Index},   TemplateFunction{"slice", 1, 4, &Slice},
    TemplateFunction{"print", 0, -1, &Print},   TemplateFunction{"println", 0, -1, &Println},
    TemplateFunction{"printf", 1, -1, &Printf}, TemplateFunction{"html", 0, -1, &Html},
    TemplateFunction{"js", 0, -1, &Js},         TemplateFunction{"urlquery", 0, -1, &UrlQuery},
    TemplateFunction{"call", 1, -1, &Call},
};

}  // namespace

std::span<const TemplateFunction> BuiltinTemplateFunctions() { return kTable; }

}  // namespace vigia::alerting
