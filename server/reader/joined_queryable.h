// Local storage and remotes as one storage to ask (surface.md 3.8; Prometheus storage/fanout.go,
// storage/remote/read.go).
#pragma once

#include <functional>
#include <memory>

#include "server/reader/remote_reads.h"
#include "storage/api/querier.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Series of all of them; the samples of a series that several have are merged, and of samples at one time the local one
// counts, then that of the remote that is configured first. What cannot be had of a remote is missing, and a warning
// says so. Label names and values are those of local storage, with the warning that Prometheus gives, too. Without
// remotes there is no difference to local storage. Thread-safe.
class JoinedQueryable final : public storage::Queryable {
 public:
  // Both outlive this. `complete_since_ms`: from when on nobody else need be asked; remotes with read_recent are asked
  // nevertheless.
  JoinedQueryable(const storage::Queryable& local, const RemoteReads& remotes,
                  std::function<storage::TimestampMs()> complete_since_ms)
      : local_(local), remotes_(remotes), complete_since_ms_(std::move(complete_since_ms)) {}

  std::unique_ptr<storage::Querier> NewQuerier(storage::TimestampMs start_ms,
                                               storage::TimestampMs end_ms) const override;
  // Null while there are remotes: nobody knows when their samples change.
  const storage::TimeVersions* time_versions() const override;

 private:
  const storage::Queryable& local_;
  const RemoteReads& remotes_;
  const std::function<storage::TimestampMs()> complete_since_ms_;
};

}  // namespace vigia::server
