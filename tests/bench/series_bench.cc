// What many series cost over time. Each scenario runs in a process and a temporary folder of its own.
//   series_bench [hour|churn|retention|size|select|all|smoke] [TARGETS LINES]
//   series_bench recorded FOLDER: bytes per sample of one target whose scrapes are the files of the folder.
// hour: memory beyond the idle store and heap allocations per sample, then a start after kill -9 with an hour of data.
// churn: a simulated day in which 10 % of the targets are replaced each 10 minutes. retention: dropping one day of
// thirty. size: the folder under size retention. select: products of targets and lines. smoke: all of it, small.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <thread>

#include <malloc.h>
#include <sys/wait.h>

#include "tests/bench/counted_allocations.h"
#include "tests/bench/simulated_fleet.h"

namespace {

using namespace vigia::bench;
using namespace vigia::storage;

constexpr TimestampMs kStart = 1'700'006'400'000;  // A midnight.
constexpr DurationMs kMinute = 60'000;
constexpr DurationMs kDay = 24 * 60 * kMinute;

struct Sizes {
  int targets = 1000;
  int lines = 1000;
  bool smoke = false;
};

double HeapBytes() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

// A store whose clock and maintenance are the scenario's.
class Server {
 public:
  explicit Server(const std::string& path, const std::function<void(TsdbOptions&)>& change = {}) {
    options_.path = path;
    options_.background = false;
    options_.seal_on_close = false;
    options_.clock = [this] { return now; };
    if (change) change(options_);
    Open();
  }
  void Open() {
    db_.reset();
    registry_ = std::make_unique<Registry>();
    db_ = OpenOrDie(options_, *registry_);
  }
  Tsdb& db() { return *db_; }
  void Maintain(Tsdb::Maintenance extent = Tsdb::Maintenance::kDue) {
    Require(db_->RunMaintenance(extent).has_value(), "maintenance");
  }
  double Gauge(const std::string& name) {
    for (const auto& family : registry_->Collect()) {
      if (family.name == name) return family.points.at(0).value;
    }
    return 0;
  }

  TimestampMs now = kStart;

 private:
  TsdbOptions options_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<Tsdb> db_;
};

// All series of one metric answer with the scrape that began at `newest`.
void CheckNewest(Tsdb& db, TimestampMs newest, int targets) {
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "metric_3")};
  const auto selection = db.NewQuerier(newest, newest + 14'999)->Select({}, matchers);
  Require(selection.has_value() && (*selection)->size() == static_cast<std::size_t>(targets) * 8, "selection");
  ReadBuffer buffer;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) {
    const auto read = (*selection)->Read(i, buffer);
    Require(read.has_value() && read->t.size() == 1, "reading the newest sample");
  }
}

void RunHour(const std::string& folder, const Sizes& sizes, int minutes) {
  SimulatedFleet fleet(sizes.targets, sizes.lines, 4);
  Server server(folder);
  malloc_trim(0);
  const double idle = ResidentBytes();
  double cpu = 0;
  double maintenance_cpu = 0;
  double samples = 0;
  double peak = 0;
  std::uint64_t appending = 0;
  double steady_samples = 0;
  for (int row = 0; row < minutes * 4; ++row, server.now += 15'000) {
    const bool steady = row >= minutes * 2;
    for (int t = 0; t < fleet.targets(); ++t) {
      const std::uint64_t before = allocations;
      cpu += fleet.Scrape(server.db(), t, server.now + t % 15'000);
      if (steady) appending += allocations - before;
    }
    samples += fleet.series();
    if (steady) steady_samples += fleet.series();
    if (row % 2 == 0) continue;
    const double start = CpuSeconds();
    server.Maintain();
    maintenance_cpu += CpuSeconds() - start;
    peak = std::max(peak, ResidentBytes());
  }
  std::printf("  append and commit            %9.1f ns/sample\n", cpu / samples * 1e9);
  std::printf("  seal and rewrite             %9.1f ns/sample\n", maintenance_cpu / samples * 1e9);
  std::printf("  heap allocations             %9.4f a sample\n", static_cast<double>(appending) / steady_samples);
  std::printf("  resident beyond idle         %9.0f bytes a series at the end, %.0f at most\n",
              (ResidentBytes() - idle) / fleet.series(), (peak - idle) / fleet.series());
  std::printf("  heap in use                  %9.0f bytes a series\n", HeapBytes() / fleet.series());
  std::printf("  unsealed rows                %9.0f bytes a series\n",
              server.Gauge("vigia_storage_head_bytes") / fleet.series());
  std::fflush(stdout);
  raise(SIGKILL);
}

void RunRestart(const std::string& folder, const Sizes& sizes, int minutes) {
  const double cpu = CpuSeconds();
  const double wall = WallSeconds();
  Server server(folder);
  const double opened = WallSeconds();
  std::printf("  start after kill -9          %9.3f s, %.3f s of CPU\n", opened - wall, CpuSeconds() - cpu);
  CheckNewest(server.db(), kStart + (minutes * 4 - 1) * 15'000, sizes.targets);
  std::printf("  first answer, of %7d series %7.3f s\n", sizes.targets * 8, WallSeconds() - opened);
  std::printf("  resident                     %9.0f bytes a series\n",
              ResidentBytes() / sizes.targets / static_cast<double>(sizes.lines));
}

void RunChurn(const std::string& folder, const Sizes& sizes) {
  const int steps = sizes.smoke ? 24 : 144;
  SimulatedFleet fleet(std::max(10, sizes.targets / 10), sizes.lines, 4);
  // RocksDB's cache of blocks has its own limit, and fills slowly: it would pass for memory of series.
  Server server(folder, [](TsdbOptions& options) { options.block_cache_bytes = 1u << 20; });
  malloc_trim(0);
  const double idle_resident = ResidentBytes();
  const double idle = HeapBytes();
  double settled = 0;
  double created = 0;
  for (int step = 0; step < steps; ++step) {
    for (int row = 0; row < 10; ++row, server.now += kMinute) {
      for (int t = 0; t < fleet.targets(); ++t) fleet.Scrape(server.db(), t, server.now);
      server.Maintain();
    }
    for (int i = 0; i < fleet.targets() / 10; ++i) {
      fleet.Replace(server.db(), (step * (fleet.targets() / 10) + i) % fleet.targets(), server.now);
      created += sizes.lines;
    }
    if (step == 17) settled = HeapBytes();  // After three hours.
    if (step % 24 != 23 && step != 17) continue;
    std::printf("  after %4.1f h: %9.0f series made, per active series %6.0f bytes of heap, %6.0f resident\n",
                (step + 1) / 6.0, created + fleet.series(), (HeapBytes() - idle) / fleet.series(),
                (ResidentBytes() - idle_resident) / fleet.series());
    std::fflush(stdout);
  }
  const double since = created * (steps - 18) / steps;
  std::printf("  kept for a series that is gone %7.1f bytes while its samples are, ", (HeapBytes() - settled) / since);
  std::printf("%.0f targets of %.0f asleep\n", server.Gauge("vigia_storage_sleeping_targets"),
              server.Gauge("vigia_storage_targets"));
  for (int t = 0; t < fleet.targets(); ++t) fleet.Scrape(server.db(), t, server.now);
  {
    const double start = CpuSeconds();
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", "metric_3")};
    const auto selection = server.db().NewQuerier(kStart, server.now)->Select({}, matchers);
    Require(selection.has_value() && static_cast<int>((*selection)->size()) == fleet.names() * 8, "selection");
    std::printf("  a query over the day wakes them in %.2f s: %zu series of %.0f\n", CpuSeconds() - start,
                (*selection)->size(), server.Gauge("prometheus_tsdb_head_series"));
  }
  // A day later all of it is out of retention.
  server.db().SetRetention(kDay / 4, 0);
  for (server.now += kDay + kDay / 2; server.now % kDay != 3 * 60 * kMinute; server.now += kMinute) {
    if (server.now % (30 * kMinute) != 0) continue;
    for (int t = 0; t < fleet.targets(); ++t) fleet.Scrape(server.db(), t, server.now);
    server.Maintain();
  }
  std::printf("  %29s %7.1f bytes when retention has dropped them, %.0f targets are left\n", "",
              (HeapBytes() - settled) / since, server.Gauge("vigia_storage_targets"));
}

// Commits one sample after the other until it is stopped, and notes how long the slowest one took.
class Writer {
 public:
  Writer(Tsdb& db, TimestampMs now)
      : thread_([this, &db, now] {
          const Labels labels{{"__name__", "heartbeat"}};
          for (TimestampMs t = now; !stop_; ++t) {
            const double start = WallSeconds();
            auto appender = db.NewAppender(Labels());
            const auto ref = appender->Resolve(labels);
            Require(ref.has_value() && appender->Append(*ref, t, 1) == AppendOutcome::kAdded, "append");
            Require(appender->Commit().has_value(), "commit");
            longest_ = std::max(longest_, WallSeconds() - start);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
          }
        }) {}
  double Stop() {
    stop_ = true;
    thread_.join();
    return longest_;
  }

 private:
  std::atomic<bool> stop_{false};
  double longest_ = 0;
  std::thread thread_;
};

// Days with a row each five minutes.
void WriteDays(Server& server, SimulatedFleet& fleet, int days, const std::function<void()>& each_hour = {}) {
  for (int row = 0; row < days * 288; ++row, server.now += 5 * kMinute) {
    for (int t = 0; t < fleet.targets(); ++t) fleet.Scrape(server.db(), t, server.now);
    if (row % 12 != 11) continue;
    server.Maintain();
    if (each_hour) each_hour();
  }
}

void RunRetention(const std::string& folder, const Sizes& sizes) {
  const int days = sizes.smoke ? 4 : 30;
  SimulatedFleet fleet(20, 250, 4);
  Server server(folder);
  WriteDays(server, fleet, days);
  server.Maintain(Tsdb::Maintenance::kEverything);
  const double before = server.Gauge("prometheus_tsdb_storage_blocks_bytes");
  server.db().SetRetention((days - 1) * kDay + kDay / 2, 0);
  server.now += 12 * 60 * kMinute;
  Writer writer(server.db(), server.now);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const double wchar = WrittenBytes("wchar");
  const double start = WallSeconds();
  server.Maintain();
  const double took = WallSeconds() - start;
  const double written = WrittenBytes("wchar") - wchar;
  const double after = server.Gauge("prometheus_tsdb_storage_blocks_bytes");
  std::printf(
      "  one day of %2d dropped in %.3f s: row groups %.1f to %.1f MB, %.0f kB written, slowest commit %.4f s\n", days,
      took, before / 1e6, after / 1e6, written / 1e3, writer.Stop());
  Require(after < before, "dropping a day");
}

void RunSize(const std::string& folder, const Sizes& sizes) {
  SimulatedFleet fleet(20, 250, 4);
  Server server(folder);
  WriteDays(server, fleet, 1);
  server.Maintain(Tsdb::Maintenance::kEverything);
  const double first_day = static_cast<double>(server.db().DirectoryBytes());
  const double limit = first_day * 4;
  server.db().SetRetention(0, static_cast<std::uint64_t>(limit));
  double most = 0;
  double sum = 0;
  int hours = 0;
  WriteDays(server, fleet, sizes.smoke ? 6 : 14, [&] {
    const auto used = static_cast<double>(server.db().DirectoryBytes());
    most = std::max(most, used);
    sum += used;
    ++hours;
  });
  std::printf("  limit %.1f MB (about four days): folder %.1f MB at most, %.1f MB in the mean\n", limit / 1e6,
              most / 1e6, sum / hours / 1e6);
  Require(most <= limit + first_day, "size retention");
}

void RunSelect(const std::string& folder, const Sizes& sizes) {
  SimulatedFleet fleet(sizes.targets * 10, sizes.lines, 0);
  Server server(folder);
  malloc_trim(0);
  const double idle = ResidentBytes();
  for (int t = 0; t < fleet.targets(); ++t) fleet.Scrape(server.db(), t, server.now);
  std::printf("  %.0f series with one row: %.0f bytes resident a series\n", fleet.series(),
              (ResidentBytes() - idle) / fleet.series());
  const auto query = [&](const char* text, const std::vector<Matcher>& matchers) {
    std::vector<double> times;
    std::size_t found = 0;
    for (int i = 0; i < 5; ++i) {
      const double start = CpuSeconds();
      const auto selection = server.db().NewQuerier(server.now, server.now)->Select({}, matchers);
      Require(selection.has_value(), "select");
      found = (*selection)->size();
      times.push_back(CpuSeconds() - start);
    }
    std::sort(times.begin(), times.end());
    std::printf("  %-58s %8zu series %10.3f ms\n", text, found, times[2] * 1e3);
  };
  const std::string instance = fleet.instance(fleet.targets() / 2);
  query("{__name__=\"metric_3\", device=\"d1\", job=\"node\"}",
        {Matcher::Equal("__name__", "metric_3"), Matcher::Equal("device", "d1"), Matcher::Equal("job", "node")});
  query("{__name__=\"metric_3\"}", {Matcher::Equal("__name__", "metric_3")});
  query("{__name__=\"metric_3\", instance=\"one of them\"}",
        {Matcher::Equal("__name__", "metric_3"), Matcher::Equal("instance", instance)});
  query("{instance=\"one of them\"}", {Matcher::Equal("instance", instance)});
  query("{__name__=~\"metric_1.*\", instance=~\"host-1..:9100\"}",
        {*Matcher::Create(MatchType::kRegex, "__name__", "metric_1.*"),
         *Matcher::Create(MatchType::kRegex, "instance", "host-1..:9100")});
  query("{__name__=\"metric_3\", device!=\"d1\", instance!~\"host-1.*\"}",
        {Matcher::Equal("__name__", "metric_3"), *Matcher::Create(MatchType::kNotEqual, "device", "d1"),
         *Matcher::Create(MatchType::kNotRegex, "instance", "host-1.*")});
}

// Recorded bodies in the text format, in order of names, as scrapes 15 s apart.
void RunRecorded(const std::string& folder, const std::string& bodies) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(bodies)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  Server server(folder);
  std::map<std::string, SeriesRef> refs;
  const Labels shared{{"instance", "recorded"}};
  double samples = 0;
  for (const auto& file : files) {
    auto appender = server.db().NewAppender(shared);
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      const std::size_t blank = line.rfind(' ');
      if (line.empty() || line[0] == '#' || blank == std::string::npos) continue;
      const std::string series = line.substr(0, blank);
      const auto [known, fresh] = refs.try_emplace(series, SeriesRef::kNone);
      const std::size_t brace = std::min(series.find('{'), series.size());
      if (fresh) {
        known->second = *appender->Resolve(Labels{
            {"__name__", series.substr(0, brace)}, {"instance", "recorded"}, {"labels", series.substr(brace) + "{}"}});
      }
      const double v = std::strtod(line.c_str() + blank, nullptr);
      samples += appender->Append(known->second, server.now, v) == AppendOutcome::kAdded;
    }
    Require(appender->Commit().has_value(), "commit");
    server.now += 15'000;
    server.Maintain();
  }
  const double log = server.Gauge("prometheus_tsdb_wal_storage_size_bytes");
  server.Maintain(Tsdb::Maintenance::kEverything);
  std::printf("  %zu scrapes, %zu series, %.0f samples: %.3f bytes a sample in row groups, %.3f in the log before\n",
              files.size(), refs.size(), samples, server.Gauge("prometheus_tsdb_storage_blocks_bytes") / samples,
              log / samples);
}

// In a child, so that one scenario's memory is not the other's.
void InChild(const char* what, int killed_by, const std::function<void()>& scenario) {
  std::printf("%s\n", what);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    scenario();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  Require(child > 0 && waitpid(child, &status, 0) == child, "fork");
  const bool as_wanted = killed_by == 0 ? status == 0 : WIFSIGNALED(status) && WTERMSIG(status) == killed_by;
  Require(as_wanted, what);
}

}  // namespace

int main(int argc, char** argv) {
  Sizes sizes;
  const std::string which = argc > 1 ? argv[1] : "all";
  sizes.smoke = which == "smoke";
  if (sizes.smoke) sizes.targets = 10;
  if (sizes.smoke) sizes.lines = 64;
  const bool recorded = which == "recorded" && argc > 2;
  if (argc > 2 && !recorded) sizes.targets = std::atoi(argv[2]);
  if (argc > 3) sizes.lines = std::atoi(argv[3]);
  if (sizes.targets <= 0 || sizes.lines < 32) return std::fprintf(stderr, "at least 1 target and 32 lines\n"), 2;
  const auto wanted = [&](const char* name) { return which == name || which == "all" || sizes.smoke; };
  std::string folder = (std::filesystem::temp_directory_path() / "series_bench.XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "temporary folder");
  const int minutes = sizes.smoke ? 20 : 60;
  if (wanted("hour")) {
    InChild("hour", SIGKILL, [&] { RunHour(folder + "/hour", sizes, minutes); });
    InChild("start", 0, [&] { RunRestart(folder + "/hour", sizes, minutes); });
  }
  if (wanted("churn")) InChild("churn", 0, [&] { RunChurn(folder + "/churn", sizes); });
  if (wanted("retention")) InChild("retention", 0, [&] { RunRetention(folder + "/retention", sizes); });
  if (wanted("size")) InChild("size", 0, [&] { RunSize(folder + "/size", sizes); });
  if (wanted("select")) InChild("select", 0, [&] { RunSelect(folder + "/select", sizes); });
  if (recorded) InChild("recorded", 0, [&] { RunRecorded(folder + "/recorded", argv[2]); });
  std::filesystem::remove_all(folder);
  return 0;
}
