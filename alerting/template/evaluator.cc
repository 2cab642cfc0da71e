#include "alerting/template/evaluator.h"

#include <algorithm>

#include <fmt/format.h>

#include "alerting/template/format.h"
#include "alerting/template/methods.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Quoted;

enum class Flow { kOn, kBreak, kContinue };

// Walks the tree. The first fault is kept in error_, and from then on every function returns at once.
class Evaluator {
 public:
  Evaluator(const TemplateTree& tree, const TemplateEnvironment& environment, const TemplateLimits& limits)
      : tree_(tree), environment_(environment), limits_(limits), name_(tree.name) {
    environment_.max_string_bytes = limits.output_bytes;
  }

  storage::Result<std::string> Run(const TemplateValue& data) {
    variables_.emplace_back("$", data);
    Walk(tree_.main, data);
    if (error_) return *error_;
    return std::move(out_);
  }

 private:
  using Variable = std::pair<std::string, TemplateValue>;

  bool ok() const { return !error_; }

  void Fail(std::string_view what, Errc code = Errc::kInvalid) {
    if (!ok()) return;
    const std::string_view before = std::string_view(tree_.text).substr(0, at_.start);
    const std::size_t line = 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t newline = before.rfind('\n');
    const std::size_t column = newline == std::string_view::npos ? at_.start : at_.start - newline - 1;
    const std::string_view words = std::string_view(tree_.text).substr(at_.start, at_.end - at_.start);
    error_ = Error{code, fmt::format("template: {}:{}:{}: executing {} at <{}>: {}", tree_.name, line, column,
                                     Quoted(name_), words, what)};
  }

  void Write(std::string_view text) {
    if (out_.size() + text.size() > limits_.output_bytes) {
      Fail(fmt::format("output longer than {} bytes", limits_.output_bytes), Errc::kLimit);
      return;
    }
    out_ += text;
  }

  Flow Walk(const TemplateBody& body, const TemplateValue& dot) {
    for (const TemplateStatement& statement : body) {
      if (!ok()) return Flow::kOn;
      const Flow flow = WalkOne(statement, dot);
      if (flow != Flow::kOn) return flow;
    }
    return Flow::kOn;
  }

  Flow WalkOne(const TemplateStatement& statement, const TemplateValue& dot) {
    at_ = statement.range;
    switch (statement.kind) {
      case TemplateStatement::Kind::kText: Write(statement.text); return Flow::kOn;
      case TemplateStatement::Kind::kAction: Print(*statement.pipe, dot); return Flow::kOn;
      case TemplateStatement::Kind::kIf:
      case TemplateStatement::Kind::kWith: return Branch(statement, dot);
      case TemplateStatement::Kind::kRange: return Range(statement, dot);
      case TemplateStatement::Kind::kTemplate: Call(statement, dot); return Flow::kOn;
      case TemplateStatement::Kind::kBreak: return Flow::kBreak;
      case TemplateStatement::Kind::kContinue: return Flow::kContinue;
    }
    return Flow::kOn;
  }

  void Print(const TemplatePipe& pipe, const TemplateValue& dot) {
    const TemplateValue value = Pipe(pipe, dot);
    if (ok() && pipe.variables.empty()) Write(ToText(value));
  }

  Flow Branch(const TemplateStatement& statement, const TemplateValue& dot) {
    const std::size_t mark = variables_.size();
    const TemplateValue value = Pipe(*statement.pipe, dot);
    Flow flow = Flow::kOn;
    if (ok() && value.Truth()) {
      flow = Walk(statement.body, statement.kind == TemplateStatement::Kind::kWith ? value : dot);
    } else if (ok()) {
      flow = Walk(statement.otherwise, dot);
    }
    variables_.resize(mark);
    return flow;
  }

  // False = leave the loop.
  bool Iterate(const TemplateStatement& statement, const TemplateValue& key, const TemplateValue& item, Flow& flow) {
    if (++iterations_ > limits_.loop_iterations) {
      Fail(fmt::format("more than {} iterations", limits_.loop_iterations), Errc::kLimit);
      return false;
    }
    const TemplatePipe& pipe = *statement.pipe;
    const std::size_t mark = variables_.size();
    if (pipe.variables.size() == 1) SetLoopVariable(pipe, 0, 1, item);
    if (pipe.variables.size() == 2) {
      SetLoopVariable(pipe, 0, 2, key);
      SetLoopVariable(pipe, 1, 1, item);
    }
    flow = Walk(statement.body, item);
    variables_.resize(mark);
    return ok() && flow != Flow::kBreak;
  }

  void SetLoopVariable(const TemplatePipe& pipe, std::size_t index, std::size_t from_top, const TemplateValue& value) {
    if (pipe.assigns) {
      Assign(pipe.variables[index], value);
    } else {
      variables_[variables_.size() - from_top].second = value;
    }
  }

  Flow Range(const TemplateStatement& statement, const TemplateValue& dot) {
    const std::size_t mark = variables_.size();
    const TemplateValue over = Pipe(*statement.pipe, dot);
    bool any = false;
    Flow flow = Flow::kOn;
    if (ok()) any = Loop(statement, over, flow);
    if (ok() && !any) flow = Walk(statement.otherwise, dot);
    variables_.resize(mark);
    return any ? Flow::kOn : flow;
  }

  // True when there was anything to loop over.
  bool Loop(const TemplateStatement& statement, const TemplateValue& over, Flow& flow) {
    if (over.is_nil()) return false;
    if (const auto* list = over.as_list()) {
      for (std::size_t i = 0; i < list->size(); ++i) {
        if (!Iterate(statement, TemplateValue(static_cast<std::int64_t>(i)), (*list)[i], flow)) break;
      }
      return !list->empty();
    }
    const auto* map = over.as_map();
    if (map != nullptr && map->kind != TemplateValue::MapKind::kStruct) {
      for (const auto& [key, item] : map->items) {
        if (!Iterate(statement, TemplateValue(key), item, flow)) break;
      }
      return !map->items.empty();
    }
    if (const std::int64_t* count = over.as_int()) {
      for (std::int64_t i = 0; i < *count; ++i) {
        if (!Iterate(statement, TemplateValue(i), TemplateValue(i), flow)) break;
      }
      return *count > 0;
    }
    Fail("range can't iterate over " + ToText(over));
    return false;
  }

  void Call(const TemplateStatement& statement, const TemplateValue& dot) {
    const auto definition = tree_.definitions.find(statement.text);
    if (definition == tree_.definitions.end()) {
      Fail(fmt::format("template {} not defined", Quoted(statement.text)));
      return;
    }
    if (depth_ >= limits_.call_depth) {
      Fail(fmt::format("exceeded maximum template depth ({})", limits_.call_depth), Errc::kLimit);
      return;
    }
    const TemplateValue argument = statement.pipe ? Pipe(*statement.pipe, dot) : TemplateValue();
    if (!ok()) return;
    std::vector<Variable> callee{{"$", argument}};
    callee.swap(variables_);
    const std::string caller = std::exchange(name_, statement.text);
    ++depth_;
    Walk(definition->second, argument);
    --depth_;
    name_ = caller;
    variables_.swap(callee);
  }

  TemplateValue Pipe(const TemplatePipe& pipe, const TemplateValue& dot) {
    at_ = pipe.range;
    TemplateValue value;
    bool first = true;
    for (const TemplateCommand& command : pipe.commands) {
      value = Command(command, dot, first ? nullptr : &value);
      first = false;
      if (!ok()) return {};
    }
    for (const std::string& variable : pipe.variables) {
      if (pipe.assigns) {
        Assign(variable, value);
      } else {
        variables_.emplace_back(variable, value);
      }
    }
    return value;
  }

  void Assign(const std::string& name, const TemplateValue& value) {
    for (auto at = variables_.rbegin(); at != variables_.rend(); ++at) {
      if (at->first == name) {
        at->second = value;
        return;
      }
    }
    Fail("undefined variable: " + name);
  }

  TemplateValue Lookup(const std::string& name) {
    for (auto at = variables_.rbegin(); at != variables_.rend(); ++at) {
      if (at->first == name) return at->second;
    }
    Fail("undefined variable: " + name);
    return {};
  }

  // `piped` is the value of the command before it in the pipeline, its last argument.
  TemplateValue Command(const TemplateCommand& command, const TemplateValue& dot, const TemplateValue* piped) {
    const TemplateOperand& head = command.words.front();
    const bool function = head.kind == TemplateOperand::Kind::kFunction && head.fields.empty();
    if (function) return Function(command, head, dot, piped);
    const bool with_arguments = command.words.size() > 1 || piped != nullptr;
    if (head.kind == TemplateOperand::Kind::kNil) {
      at_ = head.range;
      Fail("nil is not a command");
      return {};
    }
    if (!with_arguments) return Operand(head, dot, {});
    if (head.fields.empty()) {
      at_ = head.range;
      Fail(fmt::format("can't give argument to non-function {}", TextOf(head.range)));
      return {};
    }
    std::vector<TemplateValue> args;
    if (!Arguments(command, dot, piped, args)) return {};
    return Operand(head, dot, args);
  }

  std::string_view TextOf(TemplateRange range) const {
    return std::string_view(tree_.text).substr(range.start, range.end - range.start);
  }

  bool Arguments(const TemplateCommand& command, const TemplateValue& dot, const TemplateValue* piped,
                 std::vector<TemplateValue>& args) {
    for (std::size_t i = 1; i < command.words.size() && ok(); ++i) args.push_back(Operand(command.words[i], dot, {}));
    if (piped != nullptr) args.push_back(*piped);
    return ok();
  }

  // The value of a word; `args` go to its last field, which must then be a method.
  TemplateValue Operand(const TemplateOperand& operand, const TemplateValue& dot, TemplateArgs args) {
    TemplateValue value = Base(operand, dot);
    if (operand.fields.empty() || !ok()) return value;
    if (operand.kind != TemplateOperand::Kind::kPipe) at_ = operand.range;
    for (std::size_t i = 0; i < operand.fields.size() && ok(); ++i) {
      value = Field(value, operand.fields[i], i + 1 == operand.fields.size() ? args : TemplateArgs());
    }
    return value;
  }

  TemplateValue Base(const TemplateOperand& operand, const TemplateValue& dot) {
    switch (operand.kind) {
      case TemplateOperand::Kind::kDot:
      case TemplateOperand::Kind::kField: return dot;
      case TemplateOperand::Kind::kVariable: at_ = operand.range; return Lookup(operand.name);
      case TemplateOperand::Kind::kConstant: at_ = operand.range; return operand.constant;
      case TemplateOperand::Kind::kNil: return {};
      case TemplateOperand::Kind::kPipe: return Pipe(*operand.pipe, dot);
      case TemplateOperand::Kind::kFunction: {
        TemplateCommand alone;
        alone.range = operand.range;
        return Function(alone, operand, dot, nullptr);
      }
    }
    return {};
  }

  TemplateValue Field(const TemplateValue& receiver, const std::string& name, TemplateArgs args) {
    if (receiver.is_nil()) return {};
    if (auto method = CallMethod(receiver, name, args)) {
      if (!*method) Fail(fmt::format("error calling {}: {}", name, method->error().what));
      return *method ? std::move(**method) : TemplateValue();
    }
    const auto* map = receiver.as_map();
    const bool known = map != nullptr && (map->kind != TemplateValue::MapKind::kStruct || map->items.count(name) > 0);
    if (!known) {
      std::string type = receiver.TypeName();
      Fail(fmt::format("can't evaluate field {} in type {}", name, type));
      return {};
    }
    if (!args.empty()) {
      Fail(map->kind == TemplateValue::MapKind::kStruct
               ? fmt::format("{} has arguments but cannot be invoked as function", name)
               : fmt::format("{} is not a method but has arguments", name));
      return {};
    }
    const auto at = map->items.find(name);
    if (at != map->items.end()) return at->second;
    return map->kind == TemplateValue::MapKind::kStrings ? TemplateValue(std::string()) : TemplateValue();
  }

  TemplateValue Function(const TemplateCommand& command, const TemplateOperand& head, const TemplateValue& dot,
                         const TemplateValue* piped) {
    at_ = head.range;
    const TemplateFunction* function = FindTemplateFunction(head.name);
    if (function == nullptr) {
      Fail(fmt::format("{} is not a defined function", Quoted(head.name)));
      return {};
    }
    const std::size_t words = command.words.empty() ? 0 : command.words.size() - 1;
    const std::size_t count = words + (piped != nullptr ? 1 : 0);
    if (!RightCount(*function, count)) return {};
    if (head.name == "and" || head.name == "or") return Deciding(head.name == "or", command, dot, piped);
    std::vector<TemplateValue> args;
    args.reserve(count);
    if (!Arguments(command, dot, piped, args)) return {};
    auto result = function->call(environment_, args);
    if (!result) {
      at_ = command.range;
      Fail(fmt::format("error calling {}: {}", head.name, result.error().what), result.error().code);
      return {};
    }
    if (const std::string* text = result->as_string(); text != nullptr && text->size() > limits_.output_bytes) {
      Fail(fmt::format("error calling {}: result longer than {} bytes", head.name, limits_.output_bytes), Errc::kLimit);
      return {};
    }
    return std::move(*result);
  }

  bool RightCount(const TemplateFunction& function, std::size_t count) {
    const auto min = static_cast<std::size_t>(function.min_args);
    if (function.max_args < 0) {
      if (count >= min) return true;
      Fail(fmt::format("wrong number of args for {}: want at least {} got {}", function.name, min, count));
      return false;
    }
    if (count >= min && count <= static_cast<std::size_t>(function.max_args)) return true;
    Fail(fmt::format("wrong number of args for {}: want {} got {}", function.name, function.max_args, count));
    return false;
  }

  // `and` and `or` evaluate no argument behind the one that decides.
  TemplateValue Deciding(bool decides, const TemplateCommand& command, const TemplateValue& dot,
                         const TemplateValue* piped) {
    TemplateValue value;
    for (std::size_t i = 1; i < command.words.size(); ++i) {
      value = Operand(command.words[i], dot, {});
      if (!ok() || value.Truth() == decides) return value;
    }
    return piped != nullptr ? *piped : value;
  }

  const TemplateTree& tree_;
  TemplateEnvironment environment_;
  const TemplateLimits limits_;
  std::string name_;  // Of the template being run, for errors.
  std::vector<Variable> variables_;
  std::string out_;
  std::optional<Error> error_;
  TemplateRange at_;  // What is being evaluated, for errors.
  std::uint64_t iterations_ = 0;
  int depth_ = 0;
};

}  // namespace

storage::Result<std::string> EvaluateTemplate(const TemplateTree& tree, const TemplateValue& data,
                                              const TemplateEnvironment& environment, const TemplateLimits& limits) {
  return Evaluator(tree, environment, limits).Run(data);
}

}  // namespace vigia::alerting
