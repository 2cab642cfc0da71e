// The files of the machine, as RocksDB sees them.
#pragma once

#include <memory>

#include <rocksdb/env.h>

namespace vigia::storage {

// Like Env::Default(), but that a file cannot be created (no descriptor, no inode is free) is an error that may pass.
// RocksDB holds it for final otherwise, where it meets it when it begins a log file: all writes are refused then until
// the process ends. So it tries again by itself, and DB::Resume() does.
std::unique_ptr<rocksdb::Env> NewRecoverableEnv();

}  // namespace vigia::storage
