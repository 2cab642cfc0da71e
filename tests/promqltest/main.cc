// promqltest [options] [FILE|FOLDER]...: runs .test files. See README.md.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/promqltest/expected_failures.h"
#include "tests/promqltest/runner.h"

namespace vigia::promqltest {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUsage =
    "usage: promqltest [--features=default|all] [--storage=tsdb|sealed|memory] [--max-failures-shown N]\n"
    "                  [--expected-failures FILE] [FILE|FOLDER]...\n";

struct Arguments {
  bool all_features = true;
  std::string storage = "tsdb";
  std::size_t max_failures_shown = 5;
  std::string expected_failures;
  std::vector<fs::path> paths;
};

// "--name=value" or "--name value".
std::optional<std::string> Value(std::string_view name, const std::vector<std::string>& args, std::size_t& at) {
  const std::string& arg = args[at];
  if (arg == name && at + 1 < args.size()) return args[++at];
  if (arg.starts_with(name) && arg.size() > name.size() && arg[name.size()] == '=') return arg.substr(name.size() + 1);
  return std::nullopt;
}

std::optional<Arguments> ParseArguments(const std::vector<std::string>& args) {
  Arguments out;
  for (std::size_t at = 0; at < args.size(); ++at) {
    if (const auto features = Value("--features", args, at)) {
      if (*features != "all" && *features != "default") return std::nullopt;
      out.all_features = *features == "all";
    } else if (const auto kind = Value("--storage", args, at)) {
      if (*kind != "tsdb" && *kind != "sealed" && *kind != "memory") return std::nullopt;
      out.storage = *kind;
    } else if (const auto count = Value("--max-failures-shown", args, at)) {
      const auto [end, error] = std::from_chars(count->data(), count->data() + count->size(), out.max_failures_shown);
      if (error != std::errc() || end != count->data() + count->size()) return std::nullopt;
    } else if (const auto file = Value("--expected-failures", args, at)) {
      out.expected_failures = *file;
    } else if (args[at].starts_with("-")) {
      return std::nullopt;
    } else {
      out.paths.emplace_back(args[at]);
    }
  }
  if (out.paths.empty()) {
    const char* const shared = std::getenv("VIGIA_SHARED");
    out.paths.push_back(fs::path(shared != nullptr ? shared : "../shared") / "promqltest");
  }
  return out;
}

RunOptions OptionsFor(const Arguments& arguments) {
  RunOptions options;
  options.engine.lookback_delta_ms = 5 * 60 * 1000;
  options.engine.timeout_ms = 100 * 1000;
  options.engine.max_samples = 10'000;
  options.engine.default_subquery_step_ms = 60 * 1000;
  if (arguments.all_features) {
    options.engine.parser = {
        .experimental_functions = true, .extended_range_selectors = true, .binop_fill_modifiers = true};
    options.engine.delayed_name_removal = true;
    options.engine.use_start_timestamps = true;
  }
  options.new_storage = [kind = arguments.storage]() -> storage::Result<std::unique_ptr<TestStorage>> {
    if (kind == "memory") return NewMemoryStorage();
    return NewTsdbStorage(kind == "sealed");
  };
  return options;
}

std::optional<std::string> ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// The .test files of folders, in order of names.
std::vector<fs::path> TestFiles(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
      if (entry.path().extension() == ".test") found.push_back(entry.path());
    }
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

struct Totals {
  std::size_t cases = 0;
  std::size_t passed = 0;
  std::size_t expected_failures = 0;
  bool good = true;
};

void RunFile(const fs::path& path, const Arguments& arguments, ExpectedFailures& expected, Totals& totals) {
  const std::optional<std::string> text = ReadFile(path);
  const auto commands = text ? ParseTestFile(*text) : storage::Error{storage::Errc::kIo, "cannot be read"};
  if (!commands) {
    fmt::print("{}: {}\n", path.string(), commands.error().what);
    totals.good = false;
    return;
  }
  const std::vector<CaseResult> results = Runner(OptionsFor(arguments)).Run(*commands);
  const std::string name = path.filename().string();
  std::size_t passed = 0, allowed = 0;
  std::vector<const CaseResult*> failed;
  for (const CaseResult& result : results) {
    if (result.failure.empty()) {
      ++passed;
    } else if (expected.Allows(name, result)) {
      ++allowed;
    } else {
      failed.push_back(&result);
    }
  }
  fmt::print("{:<28} {:>4} of {:>4}", name, passed, results.size());
  if (allowed > 0) fmt::print(", {} expected to fail", allowed);
  if (!failed.empty()) fmt::print(", {} FAILED", failed.size());
  fmt::print("\n");
  for (std::size_t i = 0; i < std::min(failed.size(), arguments.max_failures_shown); ++i) {
    fmt::print("  {}:{}: {}\n    {}\n", path.string(), failed[i]->line, failed[i]->expr, failed[i]->failure);
  }
  std::fflush(stdout);
  totals.cases += results.size();
  totals.passed += passed;
  totals.expected_failures += allowed;
  totals.good = totals.good && failed.empty();
}

int Main(const std::vector<std::string>& args) {
  const std::optional<Arguments> arguments = ParseArguments(args);
  if (!arguments) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  ExpectedFailures expected;
  if (!arguments->expected_failures.empty()) {
    const std::optional<std::string> text = ReadFile(arguments->expected_failures);
    auto parsed = text ? ExpectedFailures::Parse(*text) : storage::Error{storage::Errc::kIo, "cannot be read"};
    if (!parsed) {
      fmt::print(stderr, "{}: {}\n", arguments->expected_failures, parsed.error().what);
      return 2;
    }
    expected = std::move(*parsed);
  }
  Totals totals;
  for (const fs::path& file : TestFiles(arguments->paths)) RunFile(file, *arguments, expected, totals);
  fmt::print("{} of {} cases passed", totals.passed, totals.cases);
  if (totals.expected_failures > 0) fmt::print(", {} were expected to fail", totals.expected_failures);
  fmt::print("\n");
  for (const std::string& entry : expected.Unused()) {
    fmt::print("{}: nothing fails there; take \"{}\" off the list\n", arguments->expected_failures, entry);
    totals.good = false;
  }
  if (totals.cases == 0) {
    fmt::print(stderr, "no cases found\n");
    return 2;
  }
  return totals.good ? 0 : 1;
}

}  // namespace
}  // namespace vigia::promqltest

int main(int argc, char** argv) { return vigia::promqltest::Main({argv + 1, argv + argc}); }
