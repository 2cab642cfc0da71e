// What a file is read with: where we are in it, what was found wrong, and what other fields depend on. Internal to the
// room. One reader per load; not thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/relabel/name_validation.h"
#include "config/schema/global_config.h"
#include "config/yaml/node.h"
#include "storage/model/error.h"

namespace vigia::config {

inline constexpr std::size_t kMaxReportedFaults = 10;

class Reader {
 public:
  // Paths in the file are resolved against the folder of `file_name`.
  explicit Reader(const std::string& file_name) { SetFile(file_name); }

  void SetFile(const std::string& file_name);
  const std::string& file() const { return file_; }
  const std::string& directory() const { return directory_; }
  // `path` as seen from the folder of the file; "" and absolute paths stay as they are.
  std::string Resolved(const std::string& path) const;

  // One more segment of the path that faults name, for as long as the scope lives.
  class [[nodiscard]] Scope {
   public:
    Scope(Reader& reader, std::string segment) : reader_(reader) { reader_.path_.push_back(std::move(segment)); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { reader_.path_.pop_back(); }

   private:
    Reader& reader_;
  };
  Scope Key(std::string_view key) { return {*this, "." + std::string(key)}; }
  Scope Index(std::size_t index) { return {*this, "[" + std::to_string(index) + "]"}; }
  // Words instead of a path: what is further out is not named.
  Scope Title(const std::string& title) { return {*this, "!" + title}; }

  void Fail(const yaml::Node& node, const std::string& what) { Fail(node.line, what); }
  void Fail(int line, const std::string& what);
  std::size_t faults() const { return faults_.size(); }
  // The faults in the order of the lines, as one error; or success.
  storage::Status Finish() const;

  void Warn(std::string text) { warnings_.push_back(std::move(text)); }
  const std::vector<std::string>& warnings() const { return warnings_; }

  // What jobs inherit. The pointer must stay valid; null = the defaults.
  const GlobalConfig& global() const;
  void SetGlobal(const GlobalConfig* global) { global_ = global; }

  // What names in the part that is being read must satisfy.
  NameValidation validation() const { return validation_; }
  void SetValidation(NameValidation validation) { validation_ = validation; }

  // For answers of discovery: keys that we do not know are somebody else's.
  bool ignores_unknown() const { return ignores_unknown_; }
  void IgnoreUnknown() { ignores_unknown_ = true; }

 private:
  struct Fault {
    std::string file;
    int line = 0;
    std::string text;
  };
  std::string Path() const;

  std::string file_;
  std::string directory_;
  std::vector<std::string> path_;
  std::vector<Fault> faults_;
  std::vector<std::string> warnings_;
  const GlobalConfig* global_ = nullptr;
  NameValidation validation_ = NameValidation::kUtf8;
  bool ignores_unknown_ = false;
};

}  // namespace vigia::config
