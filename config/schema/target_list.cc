#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/yaml/parse.h"
#include "config/yaml/parse_json.h"

namespace vigia::config {

storage::Result<std::vector<TargetGroup>> ParseTargetGroups(std::string_view text, const std::string& origin) {
  // A YAML list in brackets is JSON in all but name, so that the first character tells.
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '[' || text[first] == '{');
  const auto node = json ? yaml::ParseJson(text, origin) : yaml::Parse(text, origin);
  if (!node) return node.error();
  Reader in(origin);
  if (json) in.IgnoreUnknown();
  std::vector<TargetGroup> groups;
  if (!node->IsNull()) ListCodec<SectionCodec<TargetGroup>>::Read(in, *node, groups);
  if (const storage::Status status = in.Finish(); !status) return status.error();
  return groups;
}

}  // namespace vigia::config
