// A remote that judges like Prometheus without an out-of-order window: a request of version 1 with a sample that is
// older than the newest one of its series, or another one at the same time, is refused as a whole with 400.
#pragma once

#include <atomic>
#include <bit>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/remote/snappy_block.h"
#include "server/sender/transport.h"
#include "server/wire/wire_reader.h"
#include "storage/model/sample.h"

namespace vigia::tests {

struct ReceivedSeries {
  std::string labels;  // a="b",c="d"
  std::vector<storage::Sample> samples;
};

// The time series of a WriteRequest.
inline std::vector<ReceivedSeries> DecodeWriteRequest(std::string_view message) {
  using server::WireReader;
  std::vector<ReceivedSeries> out;
  for (WireReader request(message); request.Next();) {
    if (request.field() != 1) continue;
    ReceivedSeries& series = out.emplace_back();
    for (WireReader fields(request.bytes()); fields.Next();) {
      std::string name;
      std::string value;
      storage::Sample sample;
      for (WireReader inner(fields.bytes()); inner.Next();) {
        if (fields.field() == 1) (inner.field() == 1 ? name : value) = inner.bytes();
        if (fields.field() == 2 && inner.field() == 1) sample.v = std::bit_cast<double>(inner.number());
        if (fields.field() == 2 && inner.field() == 2) sample.t = static_cast<std::int64_t>(inner.number());
      }
      if (fields.field() == 1) series.labels += (series.labels.empty() ? "" : ",") + name + "=" + value;
      if (fields.field() == 2) series.samples.push_back(sample);
    }
  }
  return out;
}

class StrictReceiver : public server::RemoteTransport {
 public:
  storage::Result<server::RemoteAnswer> Post(server::RemotePost post) override {
    ++requests;
    server::RemoteAnswer answer;
    if (down) return storage::Error{storage::Errc::kIo, "connection refused"};
    server::DecodeBuffer buffer;
    const auto message = server::DecodeSnappyBlock(post.body, 1 << 26, buffer);
    const auto request = DecodeWriteRequest(*message);
    const std::lock_guard lock(mu_);
    answer.status = 204;
    auto copy = stored_;
    for (const ReceivedSeries& series : request) {
      auto& samples = stored_[series.labels];
      for (const storage::Sample& sample : series.samples) {
        if (!samples.empty() && sample.t == samples.back().t && sample.v == samples.back().v) continue;
        if (!samples.empty() && sample.t <= samples.back().t) answer.status = 400;
        samples.push_back(sample);
      }
    }
    if (answer.status == 400) stored_ = std::move(copy);
    if (answer.status == 400) ++refused;
    return answer;
  }

  std::map<std::string, std::vector<storage::Sample>> stored() const {
    const std::lock_guard lock(mu_);
    return stored_;
  }
  std::size_t samples() const {
    const std::lock_guard lock(mu_);
    std::size_t count = 0;
    for (const auto& [labels, list] : stored_) count += list.size();
    return count;
  }

  std::atomic<bool> down{false};
  std::atomic<int> requests{0};
  std::atomic<int> refused{0};

 private:
  mutable std::mutex mu_;
  std::map<std::string, std::vector<storage::Sample>> stored_;
};

}  // namespace vigia::tests
