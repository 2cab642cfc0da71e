// The series that one query of a remote read request selects, as the client is to see them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "server/remote/read_request.h"
#include "storage/api/querier.h"
#include "storage/model/labels.h"

namespace vigia::server {

// Thread-compatible.
class ReadResults {
 public:
  // External labels are added to series that lack them; a matcher that asks for the value of one matches series without
  // it.
  static storage::Result<ReadResults> Select(const storage::Queryable& storage, ReadQuery query,
                                             const storage::Labels& external_labels);

  // In order of labels.
  struct Series {
    storage::Labels labels;
    std::size_t index = 0;
  };
  const std::vector<Series>& series() const { return series_; }
  storage::Result<storage::SamplesView> Read(const Series& series, storage::ReadBuffer& buffer) const {
    return selection_->Read(series.index, buffer);
  }

 private:
  std::unique_ptr<storage::Selection> selection_;
  std::vector<Series> series_;
};

}  // namespace vigia::server
