// Feeds decoders with changed inputs until a promise breaks. See README.md.
//   decoder_fuzz TARGET|all [--seconds N] [--runs N] [--seed S] [--max-bytes N] [--corpus DIR] [--found DIR]
//   decoder_fuzz TARGET FILE...      runs these inputs
//   decoder_fuzz --list
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/fuzz/decoders/coverage.h"
#include "tests/fuzz/decoders/mutator.h"
#include "tests/fuzz/decoders/target.h"

#if defined(__SANITIZE_ADDRESS__)
#define VIGIA_FUZZ_SANITIZED 1
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

// What a sanitizer finds ends the program; an input must not take gigabytes.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "hard_rss_limit_mb=3000:max_allocation_size_mb=1500:detect_leaks=1:handle_abort=0";
}
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }

namespace vigia::fuzz {
namespace {

constexpr unsigned kPatienceSeconds = 20;  // For one input; more is a hang.

// What runs now, for the handlers: they write it to a file before the program ends.
const char* current_target = "";
std::string_view current_input;
char crash_path[512];

void KeepInput() {
  const int fd = ::open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  const auto written = ::write(fd, current_input.data(), current_input.size());
  ::close(fd);
  constexpr std::string_view kText = "input kept in ";
  if (written >= 0 && ::write(2, kText.data(), kText.size()) > 0 &&
      ::write(2, crash_path, std::strlen(crash_path)) > 0 && ::write(2, "\n", 1) > 0) {
    return;
  }
}

void OnSignal(int signal) {
  if (signal == SIGALRM) {
    constexpr std::string_view kText = "an input takes too long\n";
    static_cast<void>(::write(2, kText.data(), kText.size()));
  }
  KeepInput();
  std::signal(signal, SIG_DFL);
  ::raise(signal == SIGALRM ? SIGABRT : signal);
}

void WatchForDeath() {
#if defined(VIGIA_FUZZ_SANITIZED)
  __sanitizer_set_death_callback(KeepInput);
#else
  struct rlimit limit {};
  limit.rlim_cur = limit.rlim_max = rlim_t{4} << 30;
  ::setrlimit(RLIMIT_AS, &limit);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, OnSignal);
#endif
  for (const int signal : {SIGABRT, SIGALRM}) std::signal(signal, OnSignal);
}

struct Options {
  double seconds = 0;  // 0: no limit.
  std::uint64_t runs = 0;
  std::uint64_t seed = 1;
  std::size_t max_bytes = 4096;
  std::string corpus;
  std::string found;
  std::vector<std::string> files;
};

std::vector<Target> AllTargets() {
  std::vector<Target> all;
  for (const auto list : {StorageTargets(), TextTargets(), WireTargets(), ReaderTargets()})
    all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    std::exit(2);
  }
  return {std::istreambuf_iterator<char>(in), {}};
}

// In the order of their names, so that a run can be repeated.
std::vector<std::string> ReadFolder(const std::string& folder, const std::string& prefix) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_regular_file() && entry.path().filename().string().starts_with(prefix)) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> out;
  for (const auto& path : paths) out.push_back(ReadFile(path));
  return out;
}

void RunOne(const Target& target, std::string_view input) {
  // On the heap and exactly as long as it is, so that a sanitizer sees the first byte behind it.
  const std::vector<char> bytes(input.begin(), input.end());
  current_input = {bytes.data(), bytes.size()};
  ::alarm(kPatienceSeconds);
  target.run(current_input);
  ::alarm(0);
  current_input = {};
}

void Fuzz(const Target& target, const Options& options) {
  current_target = target.name;
  std::snprintf(crash_path, sizeof crash_path, "crash-%s", target.name);
  std::vector<std::string> corpus = target.seeds();
  MUST(!corpus.empty());
  const auto add = [&corpus](std::vector<std::string> inputs) {
    corpus.insert(corpus.end(), std::make_move_iterator(inputs.begin()), std::make_move_iterator(inputs.end()));
  };
  if (!options.found.empty()) add(ReadFolder(options.found, std::string(target.name) + "-"));
  if (!options.corpus.empty()) add(ReadFolder(options.corpus + "/" + target.name, ""));
  for (const std::string& input : corpus) {
    ForgetCoverage();
    RunOne(target, input);
    TakeCoverage();
  }
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  const auto words = target.words == nullptr ? std::span<const std::string_view>() : target.words();
  Mutator mutator(options.seed, options.max_bytes);
  const std::size_t before = corpus.size();
  std::uint64_t runs = 0;
  while ((options.runs == 0 || runs < options.runs) && (options.seconds <= 0 || seconds() < options.seconds)) {
    std::string input = mutator.Next(corpus, words);
    ForgetCoverage();
    RunOne(target, input);
    ++runs;
    if (!TakeCoverage()) continue;
    if (!options.corpus.empty()) {
      const std::string folder = options.corpus + "/" + target.name;
      std::filesystem::create_directories(folder);
      std::ofstream(folder + "/" + std::to_string(std::hash<std::string>()(input)), std::ios::binary) << input;
    }
    corpus.push_back(std::move(input));
  }
  std::printf("%s: %llu runs, %zu seeds, %zu inputs kept, %zu places reached, %.1f s\n", target.name,
              static_cast<unsigned long long>(runs), before, corpus.size() - before, CoveredPlaces(), seconds());
  std::fflush(stdout);
}

int Usage() {
  std::fprintf(stderr,
               "usage: decoder_fuzz TARGET|all [--seconds N] [--runs N] [--seed S] [--max-bytes N] [--corpus DIR] "
               "[--found DIR] [FILE...]\n       decoder_fuzz --list\n");
  return 2;
}

bool ReadArguments(int argc, char** argv, Options& options) {
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      options.files.push_back(word);
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    if (word == "--seconds") {
      options.seconds = std::strtod(value.c_str(), nullptr);
    } else if (word == "--runs") {
      options.runs = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--seed") {
      options.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--max-bytes") {
      options.max_bytes = std::strtoull(value.c_str(), nullptr, 10);
    } else if (word == "--corpus") {
      options.corpus = value;
    } else if (word == "--found") {
      options.found = value;
    } else {
      return false;
    }
  }
  if (options.files.empty() && options.seconds <= 0 && options.runs == 0) options.seconds = 60;
  return true;
}

int Main(int argc, char** argv) {
  const std::vector<Target> targets = AllTargets();
  if (argc < 2) return Usage();
  const std::string_view name = argv[1];
  if (name == "--list") {
    for (const Target& target : targets) std::printf("%s\n", target.name);
    return 0;
  }
  Options options;
  if (!ReadArguments(argc, argv, options)) return Usage();
  WatchForDeath();
  bool any = false;
  for (const Target& target : targets) {
    if (name != "all" && name != target.name) continue;
    any = true;
    if (options.files.empty()) {
      Fuzz(target, options);
      continue;
    }
    std::snprintf(crash_path, sizeof crash_path, "crash-%s", target.name);
    for (const std::string& file : options.files) RunOne(target, ReadFile(file));
  }
  if (any) return 0;
  std::fprintf(stderr, "no target %s; --list names them\n", argv[1]);
  return 2;
}

}  // namespace
}  // namespace vigia::fuzz

int main(int argc, char** argv) { return vigia::fuzz::Main(argc, argv); }
