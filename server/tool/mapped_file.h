// A file read in place: as large as it likes, without memory of its own.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "storage/model/error.h"

namespace vigia::server {

class MappedFile {
 public:
  // kIo when it cannot be read, kInvalid when it is no regular file. Who shortens the file meanwhile ends the process.
  static storage::Result<MappedFile> Open(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, {})) {}
  MappedFile& operator=(MappedFile&&) = delete;

  std::string_view text() const { return data_; }  // Valid as long as this object.

 private:
  explicit MappedFile(std::string_view data) : data_(data) {}
  std::string_view data_;
};

}  // namespace vigia::server
