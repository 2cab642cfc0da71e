// Writers: collect a batch, judge its samples, commit it.
#pragma once

#include <memory>

#include "storage/api/appender.h"
#include "storage/head/committer.h"

namespace vigia::storage {

struct WriteDeps {
  SeriesMap& series;
  Committer& committer;
  HeadMetrics& metrics;
  std::function<AppendLimits()> limits;  // Asked once per batch.
  WriteMode mode = WriteMode::kProcess;
};

std::unique_ptr<Appender> MakeAppender(const WriteDeps& deps, const Labels& shared);

}  // namespace vigia::storage
