// Runs the commands of one file and says which of its cases hold.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "promql/engine/engine.h"
#include "storage/telemetry/registry.h"
#include "tests/promqltest/test_file.h"
#include "tests/promqltest/test_storage.h"

namespace vigia::promqltest {

struct RunOptions {
  promql::EngineOptions engine;
  std::function<storage::Result<std::unique_ptr<TestStorage>>()> new_storage;
};

struct CaseResult {
  int line = 0;
  std::string expr;             // Empty for a load.
  std::string failure;          // Empty when the case holds.
  std::set<std::string> needs;  // Features: see README.md.
};

class Runner {
 public:
  explicit Runner(RunOptions options) : options_(std::move(options)) {}

  // One result for each eval, and one for each other command that failed.
  std::vector<CaseResult> Run(const std::vector<Command>& commands);

 private:
  storage::Status Reset();  // Empty storage, and an engine on it.
  storage::Status Execute(const Load& load);
  storage::Status Append(const Load& load, const std::vector<SeriesLine>& lines);
  // Empty when all holds.
  std::string Execute(const Eval& eval, std::set<std::string>& needs);
  std::string CheckInstant(const Eval& eval, const std::string& expr, TimestampMs at_ms, bool pinned, bool also_range);
  std::string CheckOutcome(const Eval& eval, const storage::Result<promql::QueryResult>& result, bool with_positions);
  std::string CheckInRange(const Eval& eval, const std::string& expr, TimestampMs at_ms);

  const RunOptions options_;
  std::unique_ptr<TestStorage> storage_;
  std::unique_ptr<storage::Registry> registry_;
  std::unique_ptr<promql::Engine> engine_;  // Null: the next command starts with empty storage.
  bool has_start_timestamps_ = false;
  bool has_histograms_ = false;
};

}  // namespace vigia::promqltest
