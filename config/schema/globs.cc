#include "config/schema/globs.h"

#include <algorithm>

#include <glob.h>

#include "config/schema/config.h"

namespace vigia::config {

bool IsGlobInLastSegment(std::string_view pattern) {
  const std::size_t star = pattern.find('*');
  return star == std::string_view::npos || pattern.find('/', star) == std::string_view::npos;
}

bool HasWildcard(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

storage::Result<std::vector<std::string>> ExpandGlobs(const std::vector<std::string>& patterns) {
  std::vector<std::string> files;
  for (const std::string& pattern : patterns) {
    glob_t found{};
    const int code = glob(pattern.c_str(), 0, nullptr, &found);
    std::vector<std::string> matches(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    globfree(&found);
    if (code != 0 && code != GLOB_NOMATCH) {
      return storage::Error{storage::Errc::kIo, "cannot list the files that match " + storage::Quoted(pattern)};
    }
    std::sort(matches.begin(), matches.end());
    for (std::string& match : matches) {
      if (std::find(files.begin(), files.end(), match) == files.end()) files.push_back(std::move(match));
    }
  }
  return files;
}

}  // namespace vigia::config
