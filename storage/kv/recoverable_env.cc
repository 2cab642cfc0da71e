#include "storage/kv/recoverable_env.h"

#include <string>

#include <rocksdb/file_system.h>

namespace vigia::storage {
namespace {

class RecoverableFiles final : public rocksdb::FileSystemWrapper {
 public:
  RecoverableFiles() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
  const char* Name() const override { return "RecoverableFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    if (!status.ok()) status.SetRetryable(true);
    return status;
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewRecoverableEnv() {
  return rocksdb::NewCompositeEnv(std::make_shared<RecoverableFiles>());
}

}  // namespace vigia::storage
