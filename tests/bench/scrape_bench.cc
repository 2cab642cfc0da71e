// What a scraped sample costs from the socket to the log: scrape loops, HTTP, parser, cache, storage, maintenance. The
// targets are served by a child process. Prints CPU time per sample and heap allocations per scrape in a steady state.
//   scrape_bench [targets series interval_ms seconds]
// Under `valgrind --tool=callgrind --instr-atstart=no` it counts instructions of the steady state alone.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

#include "server/scrape/manager.h"
#include "tests/bench/counted_allocations.h"
#include "tests/bench/simulated_fleet.h"

namespace {

using namespace vigia;
using namespace vigia::bench;

struct Sizes {
  int targets = 40;
  int series = 1000;
  int interval_ms = 200;
  int seconds = 10;
};

// Bodies of one target, scrape after scrape, with the values of a fleet.
std::vector<std::string> Answers(int series) {
  constexpr int kScrapes = 32;
  std::vector<std::string> answers;
  Values values;
  std::vector<double> last(static_cast<std::size_t>(series), 1);
  for (int scrape = 0; scrape < kScrapes; ++scrape) {
    std::string body;
    for (int i = 0; i < series; ++i) {
      const int family = i / 8;
      if (i % 8 == 0) {
        body += fmt::format(
            "# HELP node_metric_{0} Statistics of the device, field {0}.\n# TYPE node_metric_{0} gauge\n", family);
      }
      body += fmt::format("node_metric_{}{{device=\"eth{}\",mode=\"user\"}} {}\n", family, i % 8,
                          values.Next(i, last[static_cast<std::size_t>(i)]));
    }
    answers.push_back(fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: {}\r\n\r\n{}",
        body.size(), body));
  }
  return answers;
}

struct Connection {
  std::string asked;
  std::size_t next_answer = 0;
};

// Answers each request with the next body. False: the peer has left.
bool Serve(int fd, const std::vector<std::string>& answers, Connection& connection) {
  char bytes[4096];
  const ssize_t got = read(fd, bytes, sizeof bytes);
  if (got <= 0) return false;
  connection.asked.append(bytes, static_cast<std::size_t>(got));
  if (!connection.asked.ends_with("\r\n\r\n")) return true;
  connection.asked.clear();
  const std::string& answer = answers[connection.next_answer++ % answers.size()];
  for (std::size_t sent = 0; sent < answer.size();) {
    const ssize_t wrote = write(fd, answer.data() + sent, answer.size() - sent);
    if (wrote <= 0) return false;
    sent += static_cast<std::size_t>(wrote);
  }
  return true;
}

[[noreturn]] void RunTargets(int listener, int series) {
  const std::vector<std::string> answers = Answers(series);
  std::vector<pollfd> polled = {{listener, POLLIN, 0}};
  std::vector<Connection> connections(1);
  for (;;) {
    if (poll(polled.data(), polled.size(), -1) <= 0) continue;
    if ((polled[0].revents & POLLIN) != 0) {
      polled.push_back({accept(listener, nullptr, nullptr), POLLIN, 0});
      connections.emplace_back();
    }
    for (std::size_t i = 1; i < polled.size(); ++i) {
      if ((polled[i].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
      if (Serve(polled[i].fd, answers, connections[i])) continue;
      close(polled[i].fd);
      polled[i].fd = -1;  // poll() skips it.
    }
  }
}

int Listen(int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  Require(bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(fd, 4096) == 0, "listen");
  Require(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  *port = ntohs(address.sin_port);
  return fd;
}

double Scrapes(const storage::Registry& registry) {
  for (const auto& family : registry.Collect()) {
    if (family.name != "prometheus_target_scrape_duration_seconds") continue;
    for (const auto& point : family.points) {
      if (point.suffix == "_count") return point.value;
    }
  }
  return 0;
}

void Measure(const std::string& folder, const Sizes& sizes, int port) {
  storage::Registry registry;
  storage::TsdbOptions options;
  options.path = folder;
  const auto db = OpenOrDie(options, registry);
  server::ScrapeManager manager({}, *db, registry, server::Logger::Silent());
  const auto config = config::ParseConfig(
      fmt::format("global: {{scrape_interval: {0}ms, scrape_timeout: {0}ms}}\nscrape_configs: [{{job_name: fleet}}]\n",
                  sizes.interval_ms),
      "bench.yml");
  Require(config.has_value() && manager.Apply(*config).has_value(), "configuration");
  server::TargetGroup group;
  for (int i = 0; i < sizes.targets; ++i) {
    group.targets.push_back(
        storage::Labels{{"__address__", fmt::format("127.0.0.1:{}", port)}, {"instance", fmt::format("t{:04}", i)}});
  }
  manager.SetTargets("fleet", {group});
  // All rows of a target are packed once in so many scrapes: begin behind the first time, and measure whole rounds.
  std::this_thread::sleep_for(std::chrono::milliseconds(sizes.interval_ms * 20));
  const double scrapes_before = Scrapes(registry);
  const std::uint64_t allocations_before = allocations;
  const double cpu_before = CpuSeconds();
  CALLGRIND_START_INSTRUMENTATION;
  std::this_thread::sleep_for(std::chrono::seconds(sizes.seconds));
  CALLGRIND_STOP_INSTRUMENTATION;
  const double cpu = CpuSeconds() - cpu_before;
  const auto allocated = static_cast<double>(allocations - allocations_before);
  const double scrapes = Scrapes(registry) - scrapes_before;
  manager.Stop();
  const double samples = scrapes * (sizes.series + 5);
  std::printf("%.0f scrapes, %.0f samples: %.1f ns of CPU a sample, %.1f heap allocations a scrape, %.5f a sample\n",
              scrapes, samples, cpu / samples * 1e9, allocated / scrapes, allocated / samples);
}

}  // namespace

int main(int argc, char** argv) {
  Sizes sizes;
  int* const fields[] = {&sizes.targets, &sizes.series, &sizes.interval_ms, &sizes.seconds};
  for (int i = 1; i < argc && i <= 4; ++i) *fields[i - 1] = std::atoi(argv[i]);
  for (const int* field : fields) {
    if (*field <= 0) return std::fprintf(stderr, "scrape_bench [targets series interval_ms seconds]\n"), 2;
  }
  int port = 0;
  const int listener = Listen(&port);
  const pid_t child = fork();
  if (child == 0) RunTargets(listener, sizes.series);
  Require(child > 0, "fork");
  close(listener);
  std::string folder = (std::filesystem::temp_directory_path() / "scrape_bench.XXXXXX").string();
  Require(mkdtemp(folder.data()) != nullptr, "temporary folder");
  Measure(folder, sizes, port);
  std::filesystem::remove_all(folder);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return 0;
}
