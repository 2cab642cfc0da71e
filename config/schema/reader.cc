#include "config/schema/reader.h"

#include <algorithm>
#include <filesystem>

namespace vigia::config {

void Reader::SetFile(const std::string& file_name) {
  file_ = file_name;
  directory_ = std::filesystem::path(file_name).parent_path().string();
  if (directory_.empty()) directory_ = ".";
}

std::string Reader::Resolved(const std::string& path) const {
  const std::filesystem::path as_path(path);
  if (path.empty() || as_path.is_absolute()) return path;
  return (std::filesystem::path(directory_) / as_path).lexically_normal().string();
}

std::string Reader::Path() const {
  std::string out;
  for (const std::string& segment : path_) {
    const std::string rest = segment.substr(1);
    switch (segment.front()) {
      case '!': out = rest + ": "; continue;
      case '[': out += segment; continue;
      case '.': break;
    }
    if (!out.empty() && !out.ends_with(": ")) out += '.';
    out += rest;
  }
  return out;
}

void Reader::Fail(int line, const std::string& what) {
  std::string text = file_;
  if (line > 0) text += ":" + std::to_string(line);
  text += ": ";
  const std::string path = Path();
  text += path;
  if (!path.empty() && !path.ends_with(": ")) text += ": ";
  faults_.push_back(Fault{.file = file_, .line = line, .text = text + what});
}

storage::Status Reader::Finish() const {
  if (faults_.empty()) return {};
  std::vector<Fault> sorted = faults_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Fault& a, const Fault& b) { return a.file == b.file && a.line < b.line; });
  std::string text;
  for (std::size_t i = 0; i < std::min(sorted.size(), kMaxReportedFaults); ++i) {
    if (i > 0) text += '\n';
    text += sorted[i].text;
  }
  if (sorted.size() > kMaxReportedFaults) {
    text += "\n(and " + std::to_string(sorted.size() - kMaxReportedFaults) + " more)";
  }
  return storage::Error{storage::Errc::kInvalid, text};
}

const GlobalConfig& Reader::global() const {
  static const GlobalConfig kDefaults;
  return global_ == nullptr ? kDefaults : *global_;
}

}  // namespace vigia::config
