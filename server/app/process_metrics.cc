#include "server/app/process_metrics.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace vigia::server {
namespace {

using storage::InstrumentType;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// /proc/self/statm: total size, resident size, … in pages.
double MemoryBytes(int field) {
  std::ifstream in("/proc/self/statm");
  double pages = 0;
  for (int i = 0; i <= field; ++i) in >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double OpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  double count = 0;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) ++count;
  return count - 1;  // The listing itself holds one.
}

double MaxFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

double Threads() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    double count = 0;
    if (word == "Threads:" && in >> count) return count;
  }
  return 0;
}

}  // namespace

void RegisterProcessMetrics(storage::Registry& registry, storage::TimestampMs start_ms) {
  registry.AddCallback("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
                       InstrumentType::kCounter, [] { return CpuSeconds(); });
  registry.AddCallback("process_resident_memory_bytes", "Resident memory size in bytes.", InstrumentType::kGauge,
                       [] { return MemoryBytes(1); });
  registry.AddCallback("process_virtual_memory_bytes", "Virtual memory size in bytes.", InstrumentType::kGauge,
                       [] { return MemoryBytes(0); });
  registry.AddCallback("process_open_fds", "Number of open file descriptors.", InstrumentType::kGauge,
                       [] { return OpenFiles(); });
  registry.AddCallback("process_max_fds", "Maximum number of open file descriptors.", InstrumentType::kGauge,
                       [] { return MaxFiles(); });
  registry.AddCallback("vigia_process_threads", "Threads of the process.", InstrumentType::kGauge,
                       [] { return Threads(); });
  registry.AddGauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.")
      .Set(static_cast<double>(start_ms) / 1000);
  registry
      .AddGauge("prometheus_build_info", "A metric with a constant '1' value labelled by version and revision.",
                {{"version", "3.14.0"}, {"revision", "vigia-" VIGIA_VERSION}, {"branch", "main"}, {"goos", "linux"}})
      .Set(1);
  registry
      .AddGauge("vigia_build_info", "A metric with a constant '1' value labelled by version.",
                {{"version", VIGIA_VERSION}})
      .Set(1);
}

}  // namespace vigia::server
