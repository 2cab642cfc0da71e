// What storage costs: CPU per appended sample, memory per series, bytes per sample at rest, time of a restart.
// Usage: storage_bench FOLDER [TARGETS LINES ROWS]. The folder must not exist.
#include "tests/bench/simulated_fleet.h"

using namespace vigia::bench;
using namespace vigia::storage;

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: storage_bench FOLDER [TARGETS LINES ROWS]\n"), 2;
  const int targets = argc > 2 ? std::atoi(argv[2]) : 100;
  const int lines = argc > 3 ? std::atoi(argv[3]) : 1000;
  const int rows = argc > 4 ? std::atoi(argv[4]) : 240;
  TimestampMs now = 1'700'000'000'000;
  TsdbOptions options;
  options.path = argv[1];
  options.background = false;
  options.seal_on_close = false;
  options.clock = [&now] { return now; };
  auto registry = std::make_unique<Registry>();
  auto db = OpenOrDie(options, *registry);
  const double idle_bytes = ResidentBytes();

  std::vector<Labels> shared;
  std::vector<std::vector<SeriesRef>> refs(static_cast<std::size_t>(targets));
  double start = CpuSeconds();
  for (int t = 0; t < targets; ++t) {
    const std::string instance = fmt::format("host-{}:9100", t);
    shared.push_back(Labels{{"job", "node"}, {"instance", instance}});
    auto appender = db->NewAppender(shared.back());
    for (int l = 0; l < lines; ++l) {
      const Labels labels{{"__name__", fmt::format("metric_{}", l / 8)},
                          {"device", fmt::format("d{}", l % 8)},
                          {"job", "node"},
                          {"instance", instance}};
      refs[static_cast<std::size_t>(t)].push_back(*appender->Resolve(labels));
    }
  }
  const double series = static_cast<double>(targets) * lines;
  std::printf("resolve a new series    %8.0f ns\n", (CpuSeconds() - start) / series * 1e9);

  Values values;
  std::vector<double> last(static_cast<std::size_t>(targets * lines), 1);
  double append_cpu = 0;
  double maintenance_cpu = 0;
  for (int row = 0; row < rows; ++row, now += 15'000) {
    for (int t = 0; t < targets; ++t) {
      const auto& columns = refs[static_cast<std::size_t>(t)];
      std::vector<double> scraped(columns.size());
      for (int l = 0; l < lines; ++l) {
        scraped[static_cast<std::size_t>(l)] = values.Next(l, last[static_cast<std::size_t>(t * lines + l)]);
      }
      start = CpuSeconds();
      auto appender = db->NewAppender(shared[static_cast<std::size_t>(t)]);
      for (std::size_t l = 0; l < columns.size(); ++l) {
        Require(appender->Append(columns[l], now, scraped[l]) == AppendOutcome::kAdded, "append");
      }
      Require(appender->Commit().has_value(), "commit");
      append_cpu += CpuSeconds() - start;
    }
    if (row % 2 == 1) {
      start = CpuSeconds();
      Require(db->RunMaintenance().has_value(), "maintenance");
      maintenance_cpu += CpuSeconds() - start;
    }
  }
  const double samples = series * rows;
  std::printf("append and commit       %8.1f ns/sample\n", append_cpu / samples * 1e9);
  std::printf("seal and rewrite        %8.1f ns/sample\n", maintenance_cpu / samples * 1e9);
  std::printf("memory                  %8.0f bytes/series\n", (ResidentBytes() - idle_bytes) / series);
  for (const auto& family : registry->Collect()) {
    if (family.name == "prometheus_tsdb_wal_storage_size_bytes") {
      std::printf("log                     %8.0f kB\n", family.points.at(0).value / 1000);
    }
  }
  Require(db->Close().has_value(), "close");
  db.reset();
  double wall = WallSeconds();
  registry = std::make_unique<Registry>();
  db = OpenOrDie(options, *registry);
  std::printf("restart without a seal  %8.3f s\n", WallSeconds() - wall);

  start = CpuSeconds();
  Require(db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value(), "settle");
  std::printf("settle                  %8.1f ns/sample\n", (CpuSeconds() - start) / samples * 1e9);
  for (const auto& family : registry->Collect()) {
    if (family.name == "prometheus_tsdb_storage_blocks_bytes") {
      std::printf("row groups              %8.3f bytes/sample\n", family.points.at(0).value / samples);
    }
  }
  std::printf("folder                  %8.3f bytes/sample\n", static_cast<double>(db->DirectoryBytes()) / samples);

  start = CpuSeconds();
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "metric_3")};
  const auto selection = db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
  std::printf("select one metric       %8.1f us for %zu series\n", (CpuSeconds() - start) * 1e6, (*selection)->size());
  start = CpuSeconds();
  ReadBuffer buffer;
  std::size_t read = 0;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) read += (*selection)->Read(i, buffer)->t.size();
  std::printf("read it                 %8.1f ns/sample\n", (CpuSeconds() - start) / static_cast<double>(read) * 1e9);
  return 0;
}
