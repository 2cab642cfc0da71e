// promql format, promql label-matchers set|delete: queries as text, rewritten.
#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "promql/parser/walk.h"
#include "server/tool/arguments.h"
#include "server/tool/commands.h"

namespace vigia::server {
namespace {

using promql::ExprPtr;
using storage::Matcher;
using Matchers = std::vector<Matcher>;

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

storage::Result<ExprPtr> ParseAny(const std::string& text) { return promql::ParseExpr(text, {true, true, true}); }

// Parses, lets `edit` change the matchers of every selector, prints.
template <class Edit>
int EditMatchers(const std::string& text, const ToolWorld& world, Edit edit) {
  const auto expr = ParseAny(text);
  if (!expr) {
    world.err << expr.error().what << "\n";
    return kFailure;
  }
  promql::Walk(**expr, [&edit](promql::Expr& node) {
    if (auto* selector = std::get_if<promql::VectorSelector>(&node.node)) edit(selector->matchers);
    if (auto* selector = std::get_if<promql::MatrixSelector>(&node.node)) edit(selector->selector.matchers);
  });
  world.out << promql::Pretty(**expr) << "\n";
  return kSuccess;
}

std::optional<storage::MatchType> MatchTypeOf(std::string_view text) {
  using storage::MatchType;
  for (const MatchType type : {MatchType::kEqual, MatchType::kNotEqual, MatchType::kRegex, MatchType::kNotRegex}) {
    if (storage::ToString(type) == text) return type;
  }
  return std::nullopt;
}

int SetMatcher(const Arguments& arguments, const ToolWorld& world) {
  if (arguments.positional().size() != 3) return Wrong(world, "expected a query, a label name and a value");
  const std::string type_text = arguments.Get("type", arguments.Get("t", "="));
  const auto type = MatchTypeOf(type_text);
  if (!type) return Wrong(world, fmt::format("enum value must be one of =,!=,=~,!~, got '{}'", type_text));
  const std::string& name = arguments.positional()[1];
  const auto matcher = Matcher::Create(*type, name, arguments.positional()[2]);
  if (!matcher) return Wrong(world, matcher.error().what);
  return EditMatchers(arguments.positional()[0], world, [&](Matchers& matchers) {
    bool found = false;
    for (Matcher& old : matchers) {
      if (old.name() != name) continue;
      old = *matcher;
      found = true;
    }
    if (!found) matchers.push_back(*matcher);
  });
}

int DeleteMatcher(const Arguments& arguments, const ToolWorld& world) {
  if (arguments.positional().size() != 2) return Wrong(world, "expected a query and a label name");
  const std::string& name = arguments.positional()[1];
  return EditMatchers(arguments.positional()[0], world, [&name](Matchers& matchers) {
    std::erase_if(matchers, [&name](const Matcher& matcher) { return matcher.name() == name; });
  });
}

}  // namespace

int FormatQuery(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {});
  if (!arguments) return Wrong(world, arguments.error().what);
  if (arguments->positional().size() != 1) return Wrong(world, "expected one query");
  return EditMatchers(arguments->positional()[0], world, [](const Matchers&) {});
}

int LabelMatchers(const Words& words, const ToolWorld& world) {
  if (words.empty() || (words[0] != "set" && words[0] != "delete")) return Wrong(world, "expected set or delete");
  const auto arguments = Arguments::Parse(Words(words.begin() + 1, words.end()), {{"type", "t"}, {}});
  if (!arguments) return Wrong(world, arguments.error().what);
  return words[0] == "set" ? SetMatcher(*arguments, world) : DeleteMatcher(*arguments, world);
}

}  // namespace vigia::server
