// /admin/tsdb/*: what changes stored data on request (surface.md 1.6), for --web.enable-admin-api.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "server/http/router.h"
#include "storage/model/error.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Callbacks are thread-safe and may take long.
struct AdminApiDeps {
  bool enabled = false;
  // Makes a copy of the data folder that can be opened by itself; gives its name below <data>/snapshots.
  std::function<storage::Result<std::string>()> snapshot;
  // Seals, rewrites and drops everything that is due or will be; returns when storage is settled.
  std::function<storage::Status()> compact;
  // Deletes the samples from..to, both inclusive, of the series that match.
  std::function<storage::Status(std::span<const storage::Matcher>, storage::TimestampMs from, storage::TimestampMs to)>
      delete_series;
  // Removes from the disk what was deleted.
  std::function<storage::Status()> clean_tombstones;
};

void RegisterAdminApi(Router& router, AdminApiDeps deps);

}  // namespace vigia::server
