#include "config/yaml/parse.h"

#include <sstream>

#include <yaml-cpp/parser.h>

#include "config/yaml/tree_builder.h"
#include "storage/model/labels.h"

namespace vigia::config::yaml {
namespace {

using storage::Errc;
using storage::Error;

Error At(Errc code, const std::string& file_name, const YAML::Exception& e) {
  if (e.mark.is_null()) return Error{code, file_name + ": " + e.msg};
  return Error{
      code, file_name + ":" + std::to_string(e.mark.line + 1) + ":" + std::to_string(e.mark.column + 1) + ": " + e.msg};
}

}  // namespace

storage::Result<Node> Parse(std::string_view text, const std::string& file_name, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{Errc::kLimit, file_name + ": larger than " + std::to_string(limits.max_bytes) + " bytes"};
  }
  if (!storage::IsValidUtf8(text)) return Error{Errc::kInvalid, file_name + ": not UTF-8 text"};
  TreeBuilder builder(limits);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    parser.HandleNextDocument(builder);
    return builder.TakeRoot();
  } catch (const LimitReached& e) {
    return At(Errc::kLimit, file_name, e);
  } catch (const YAML::Exception& e) {
    return At(Errc::kInvalid, file_name, e);
  }
}

}  // namespace vigia::config::yaml
