// Writers: collect a batch, judge its samples, commit it.
#pragma once

#include <memory>

#include "storage/api/appender.h"
#include "storage/api/commit_listener.h"
#include "storage/api/time_versions.h"
#include "storage/head/committer.h"
#include "storage/sync/scratch_pool.h"
#include "storage/tsdb/batch_history.h"
#include "storage/tsdb/exemplars.h"

namespace vigia::storage {

// Memory of a batch that is being collected.
struct AppendSpace {
  SampleBatch batch;
  std::vector<PendingExemplar> exemplars;
  BatchHistory history;
  std::size_t bytes() const { return batch.bytes() + exemplars.capacity() * sizeof(exemplars[0]) + history.bytes(); }
};

struct WriteDeps {
  SeriesMap& series;
  Committer& committer;
  Exemplars& exemplars;
  HeadMetrics& metrics;
  std::function<AppendLimits()> limits;  // Asked once per batch.
  // Asked before a batch with so many samples is committed, without locks: an error refuses it. May wait.
  std::function<Status(std::size_t)> admit;
  ScratchPool<AppendSpace>& space;
  WriteMode mode = WriteMode::kProcess;
  TimeVersions* versions = nullptr;  // Told of the times of every batch. Null: nobody wants to know.
  CommitListener* listener = nullptr;
};

std::unique_ptr<Appender> MakeAppender(const WriteDeps& deps, const Labels& shared);

}  // namespace vigia::storage
