// Cost of a received sample between the HTTP server and storage in a steady state: decompress, decode, look the series
// up, one call of the appender. Prints nanoseconds and heap allocations per sample for requests with 1 and 20 samples
// per series, of both versions of the protocol.
//   remote_write_bench [series in a request] [requests]
#include <bit>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <snappy.h>

#include "server/remote/receiver.h"
#include "storage/bytes/varint.h"
#include "tests/bench/counted_allocations.h"
#include "tests/bench/discarding_storage.h"

namespace {

using namespace vigia;
using Clock = std::chrono::steady_clock;

void PutBytes(std::string& out, int field, std::string_view bytes) {
  storage::PutVarint(out, static_cast<std::uint64_t>(field) << 3 | 2);
  storage::PutVarint(out, bytes.size());
  out.append(bytes);
}

std::string Samples(int series, int samples) {
  std::string out;
  for (int i = 0; i < samples; ++i) {
    std::string sample = "\x09";
    storage::PutFixed64(sample, std::bit_cast<std::uint64_t>(series * 1.37 + i));
    sample += "\x10";
    storage::PutVarint(sample, 1'700'000'000'000u + static_cast<std::uint64_t>(i) * 15'000);
    PutBytes(out, 2, sample);
  }
  return out;
}

std::vector<std::pair<std::string, std::string>> LabelsOf(int series) {
  return {{"__name__", fmt::format("node_disk_reads_completed_total_{}", series / 100)},
          {"cluster", "production-1"},
          {"device", fmt::format("nvme{}n1", series % 10)},
          {"instance", fmt::format("host-{:04}.example.com:9100", series / 10 % 10)},
          {"job", "node"}};
}

std::string RequestV1(int series, int samples) {
  std::string message;
  for (int i = 0; i < series; ++i) {
    std::string one;
    for (const auto& [name, value] : LabelsOf(i)) {
      std::string label;
      PutBytes(label, 1, name);
      PutBytes(label, 2, value);
      PutBytes(one, 1, label);
    }
    PutBytes(message, 1, one + Samples(i, samples));
  }
  return message;
}

std::string RequestV2(int series, int samples) {
  std::string message;
  PutBytes(message, 4, "");
  std::uint64_t symbols = 1;
  for (int i = 0; i < series; ++i) {
    std::string refs;
    for (const auto& [name, value] : LabelsOf(i)) {
      PutBytes(message, 4, name);
      PutBytes(message, 4, value);
      storage::PutVarint(refs, symbols++);
      storage::PutVarint(refs, symbols++);
    }
    std::string one;
    PutBytes(one, 1, refs);
    PutBytes(message, 5, one + Samples(i, samples));
  }
  return message;
}

void Run(const char* what, const std::string& message, const char* content_type, int series, int samples,
         int requests) {
  storage::Registry registry;
  bench::DiscardingStorage discarding;
  server::Router router;
  RegisterRemoteWrite(router, {discarding,
                               registry,
                               [] { return storage::TimestampMs{1'800'000'000'000}; },
                               server::Logger::Silent(),
                               {.enabled = true}});
  server::Request request;
  request.method = "POST";
  request.headers.Add("Content-Type", content_type);
  request.headers.Add("Content-Encoding", "snappy");
  snappy::Compress(message.data(), message.size(), &request.body);
  const server::Handler handler = *router.Find("POST", "/api/v1/write").handler;
  for (int i = 0; i < 3; ++i) {
    if (handler(request).status != 204) std::puts("the request was refused");
  }
  const std::uint64_t before = allocations;
  const auto start = Clock::now();
  for (int i = 0; i < requests; ++i) handler(request);
  const double nanoseconds = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  const double count = static_cast<double>(series) * samples * requests;
  std::printf("%-28s %7.1f ns/sample  %8.5f allocations/sample  %6.1f bytes/sample, %5.1f compressed\n", what,
              nanoseconds / count, static_cast<double>(allocations - before) / count,
              static_cast<double>(message.size()) / series / samples,
              static_cast<double>(request.body.size()) / series / samples);
}

}  // namespace

int main(int argc, char** argv) {
  const int series = argc > 1 ? std::atoi(argv[1]) : 2000;
  const int requests = argc > 2 ? std::atoi(argv[2]) : 500;
  constexpr const char* kV1 = "application/x-protobuf";
  constexpr const char* kV2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
  for (const int samples : {1, 20}) {
    Run(fmt::format("1.0, {} a series", samples).c_str(), RequestV1(series, samples), kV1, series, samples, requests);
    Run(fmt::format("2.0, {} a series", samples).c_str(), RequestV2(series, samples), kV2, series, samples, requests);
  }
  return 0;
}
