#include "storage/kv/recoverable_env.h"

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>
#include <utility>

#include <rocksdb/file_system.h>

namespace vigia::storage {
namespace {

using Flag = std::shared_ptr<std::atomic<bool>>;

class LogFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  LogFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, Flag append_failed)
      : FSWritableFileOwnerWrapper(std::move(file)), append_failed_(std::move(append_failed)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    return Noted(FSWritableFileOwnerWrapper::Append(data, options, debug));
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& checksums, rocksdb::IODebugContext* debug) override {
    return Noted(FSWritableFileOwnerWrapper::Append(data, options, checksums, debug));
  }

 private:
  rocksdb::IOStatus Noted(rocksdb::IOStatus status) {
    if (!status.ok()) append_failed_->store(true);
    return status;
  }
  const Flag append_failed_;
};

// RocksDB's text log. What cannot be written is left out: RocksDB's own logger runs into the assertion, too.
class TextLog final : public rocksdb::Logger {
 public:
  explicit TextLog(std::FILE* file) : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), file_(file) {}
  ~TextLog() override { static_cast<void>(std::fclose(file_)); }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, 4096> text;
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    const std::size_t head = std::strftime(text.data(), text.size(), "%Y/%m/%d-%H:%M:%S ", &utc);
    const int size = std::vsnprintf(text.data() + head, text.size() - head, format, arguments);
    std::size_t all = head + static_cast<std::size_t>(std::max(size, 0));
    all = std::min(all, text.size() - 1);  // A longer message is cut.
    if (text[all - 1] != '\n') text[all++] = '\n';
    const std::lock_guard lock(mu_);
    if (std::fwrite(text.data(), 1, all, file_) == all && std::fflush(file_) == 0) {
      size_ += all;
    } else {
      std::clearerr(file_);
    }
  }
  std::size_t GetLogFileSize() const override {
    const std::lock_guard lock(mu_);
    return size_;
  }

 private:
  mutable std::mutex mu_;
  std::FILE* const file_;
  std::size_t size_ = 0;  // Guarded by mu_.
};

class RecoverableFiles final : public rocksdb::FileSystemWrapper {
 public:
  explicit RecoverableFiles(Flag append_failed)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), append_failed_(std::move(append_failed)) {}
  const char* Name() const override { return "RecoverableFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    if (!status.ok()) status.SetRetryable(true);
    if (status.ok() && name.ends_with(".log")) *file = std::make_unique<LogFile>(std::move(*file), append_failed_);
    return status;
  }

  rocksdb::IOStatus NewLogger(const std::string& name, const rocksdb::IOOptions& /*options*/,
                              std::shared_ptr<rocksdb::Logger>* logger, rocksdb::IODebugContext* /*debug*/) override {
    std::FILE* const file = std::fopen(name.c_str(), "we");
    if (file == nullptr) return rocksdb::IOStatus::IOError("create " + name);
    *logger = std::make_shared<TextLog>(file);
    return rocksdb::IOStatus::OK();
  }

 private:
  const Flag append_failed_;
};

}  // namespace

std::unique_ptr<rocksdb::Env> NewRecoverableEnv(Flag append_failed) {
  return rocksdb::NewCompositeEnv(std::make_shared<RecoverableFiles>(std::move(append_failed)));
}

}  // namespace vigia::storage
