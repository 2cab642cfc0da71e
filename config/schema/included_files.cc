#include "config/schema/included_files.h"

#include "config/schema/codecs.h"
#include "config/schema/config.h"
#include "config/schema/read_file.h"
#include "config/schema/reader.h"
#include "config/yaml/parse.h"

namespace vigia::config {

std::vector<std::string> IncludedFiles(const std::string& path) {
  std::vector<std::string> files{path};
  const auto text = ReadWholeFile(path);
  if (!text) return files;
  const auto node = yaml::Parse(*text, path);
  if (!node || node->kind != yaml::Kind::kMapping) return files;
  Reader in(path);
  for (const char* key : {"rule_files", "scrape_config_files"}) {
    const yaml::Node* list = node->Find(key);
    std::vector<std::string> patterns;
    if (list != nullptr && !list->IsNull()) ListCodec<PathCodec>::Read(in, *list, patterns);
    // A folder that cannot be listed has no files now.
    if (const auto matches = ExpandGlobs(patterns)) files.insert(files.end(), matches->begin(), matches->end());
  }
  return files;
}

}  // namespace vigia::config
