// A data folder that nobody uses, opened to look at its records. Nothing in it is changed.
#pragma once

#include <memory>
#include <string>

#include "storage/kv/store.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::storage {

class OpenedFolder {
 public:
  // kNotFound when `path` is no data folder, kInvalid when it has another format, kUnavailable while a server uses it,
  // kCorruption or kIo when its database does not open. A server that starts later does not disturb: all files are
  // open.
  static Result<std::unique_ptr<OpenedFolder>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string database_path() const { return path_ + "/db"; }
  std::string quarantine_path() const { return path_ + "/quarantine"; }
  const Store& store() const { return *store_; }

 private:
  explicit OpenedFolder(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  Registry registry_;  // The store's instruments; nobody reads them.
  std::unique_ptr<Store> store_;
};

}  // namespace vigia::storage
