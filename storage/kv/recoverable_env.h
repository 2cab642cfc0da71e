// The files of the machine, as RocksDB sees them.
#pragma once

#include <atomic>
#include <memory>

#include <rocksdb/env.h>

namespace vigia::storage {

// Like Env::Default(), but that a file cannot be created (no descriptor, no inode is free) is an error that may pass.
// RocksDB holds it for final otherwise, where it meets it when it begins a log file: all writes are refused then until
// the process ends. So it tries again by itself, and DB::Resume() does.
//
// A text log that cannot be written to loses lines, and nothing else.
//
// `append_failed` is set as soon as something could not be appended to a log file: before RocksDB knows it. RocksDB
// must not be asked to sync such a file; it takes that for a bug, and ends the process where it is built with
// assertions.
std::unique_ptr<rocksdb::Env> NewRecoverableEnv(std::shared_ptr<std::atomic<bool>> append_failed);

}  // namespace vigia::storage
