// RocksDB drops the rest of a log in which it finds damage, and tells nobody but its own text log: this listens there.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <rocksdb/env.h>

#include "storage/kv/store.h"

namespace vigia::storage {

// Passes everything on to the text log. A damaged log is kept aside as soon as it is noticed: RocksDB may delete it
// when it has recovered. Thread-safe.
class LossNotice final : public rocksdb::Logger {
 public:
  LossNotice(std::shared_ptr<rocksdb::Logger> text_log, std::string quarantine_path)
      : rocksdb::Logger(text_log->GetInfoLogLevel()),
        text_log_(std::move(text_log)),
        quarantine_path_(std::move(quarantine_path)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;
  void LogHeader(const char* format, va_list arguments) override { text_log_->LogHeader(format, arguments); }
  void Flush() override { text_log_->Flush(); }
  std::size_t GetLogFileSize() const override { return text_log_->GetLogFileSize(); }

  // What was dropped since the last call. A last record that was only begun is no loss: nobody was told that it is
  // safe.
  std::vector<DamagedFile> Take();

 private:
  void Notice(const std::string& line);

  const std::shared_ptr<rocksdb::Logger> text_log_;
  const std::string quarantine_path_;
  std::mutex mu_;
  std::vector<DamagedFile> losses_;  // Guarded by mu_.
};

}  // namespace vigia::storage
