#include "server/tool/tool.h"

#include <algorithm>
#include <iterator>
#include <ostream>

#include <fmt/format.h>

#include "server/tool/commands.h"

namespace vigia::server {
namespace {

struct Command {
  std::string_view group;
  std::string_view name;
  std::string_view usage;
  int (*run)(const Words&, const ToolWorld&);
  bool takes_features = false;  // Handed --enable-feature, which may stand anywhere.
};

constexpr Command kCommands[] = {
    {"check", "config",
     "[--syntax-only] [--lint=all|duplicate-rules|too-long-scrape-interval|none] [--lint-fatal] "
     "[--ignore-unknown-fields] [--enable-feature=...] <file>...",
     &CheckConfig, true},
    {"check", "rules",
     "[--lint=all|duplicate-rules|none] [--lint-fatal] [--ignore-unknown-fields] [--enable-feature=...] [<file>...]",
     &CheckRules, true},
    {"check", "healthy", "[--url=http://localhost:9090]", &CheckHealthy},
    {"check", "ready", "[--url=http://localhost:9090]", &CheckReady},
    {"promql", "explain",
     "[--time=] [--start=] [--end=] [--step=] [--enable-feature=...] [--evaluation-interval=1m] [--format=text|json] "
     "<query>",
     &ExplainQuery, true},
    {"promql", "format", "<query>", &FormatQuery},
    {"promql", "label-matchers", "set [-t =|!=|=~|!~] <query> <name> <value> | delete <query> <name>", &LabelMatchers},
    {"query", "instant", "[-o promql|json] [--time=] [--header=] <server> <expr>", &QueryInstant},
    {"query", "range", "[-o promql|json] [--start=] [--end=] [--step=] [--header=] <server> <expr>", &QueryRange},
    {"query", "series", "[-o promql|json] --match=... [--start=] [--end=] <server>", &QuerySeries},
    {"query", "labels", "[-o promql|json] [--start=] [--end=] [--match=...] <server> <name>", &QueryLabels},
    {"tsdb", "analyze", "[--limit=20] [--match=<selector>] [<folder>]", &TsdbAnalyze},
    {"tsdb", "list", "[-r|--human-readable] [<folder>]", &TsdbList},
    {"tsdb", "dump", "[--min-time=] [--max-time=] [--match=<selector>...] [--format=prom|seriesjson] [<folder>]",
     &TsdbDump},
    {"tsdb", "dump-openmetrics", "[--min-time=] [--max-time=] [--match=<selector>...] [<folder>]",
     &TsdbDumpOpenMetrics},
    {"tsdb", "create-blocks-from",
     "[-r|--human-readable] [-q|--quiet] openmetrics [--label=<name>=<value>...] <input file> [<folder>] | rules "
     "--start= [--end=] [--url=] [--output-dir=] [--eval-interval=] <rule-file>...",
     &TsdbCreateBlocksFrom},
    {"tsdb", "verify", "[<folder>]", &TsdbVerify},
};

void PrintUsage(std::ostream& out) {
  out << "usage: vigiatool <command> [<args> ...]\n\nCommands:\n";
  for (const Command& command : kCommands) {
    out << fmt::format("  {} {} {}\n", command.group, command.name, command.usage);
  }
}

// Takes --enable-feature out of `words`, wherever promtool lets it stand: up to "--".
Words TakeFeatures(Words& words) {
  constexpr std::string_view kFlag = "--enable-feature";
  Words features;
  Words rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      rest.insert(rest.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      break;
    }
    if (word == kFlag && i + 1 < words.size()) {
      features.push_back(fmt::format("{}={}", kFlag, words[++i]));
    } else if (word.starts_with(fmt::format("{}=", kFlag))) {
      features.push_back(word);
    } else {
      rest.push_back(word);
    }
  }
  words = std::move(rest);
  return features;
}

}  // namespace

int RunTool(const std::vector<std::string>& words, const ToolWorld& world) {
  // promtool wants this before commands that may change; here nothing depends on it.
  Words rest;
  std::copy_if(words.begin(), words.end(), std::back_inserter(rest),
               [](const auto& w) { return w != "--experimental"; });
  Words features = TakeFeatures(rest);
  if (!rest.empty() && rest[0] == "--version") {
    world.out << "vigiatool, version " VIGIA_VERSION "\n";
    return kSuccess;
  }
  if (rest.empty() || rest[0] == "--help" || rest[0] == "-h" || rest[0] == "help") {
    PrintUsage(rest.empty() ? world.err : world.out);
    return rest.empty() ? kFailure : kSuccess;
  }
  for (const Command& command : kCommands) {
    if (rest.size() < 2 || rest[0] != command.group || rest[1] != command.name) continue;
    Words arguments = command.takes_features ? std::move(features) : Words();
    arguments.insert(arguments.end(), rest.begin() + 2, rest.end());
    return command.run(arguments, world);
  }
  world.err << fmt::format("vigiatool: error: expected command but got \"{}\", try --help\n",
                           rest.size() > 1 ? rest[0] + " " + rest[1] : rest[0]);
  return kFailure;
}

}  // namespace vigia::server
