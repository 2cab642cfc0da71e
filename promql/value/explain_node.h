// A plan as users see it: what each node computes and, once the query has run, what it cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vigia::promql {

struct ExplainNode {
  // What a node did. Nothing of it is estimated.
  struct Cost {
    std::uint64_t series = 0;           // That the node announced.
    std::uint64_t samples = 0;          // Handed on to the node above,
    std::uint64_t bytes = 0;            // and their size.
    std::uint64_t samples_read = 0;     // Handed over by storage to this node alone.
    std::uint64_t peak_held_bytes = 0;  // Most that this node and those below kept for later.
    double self_seconds = 0;            // Without the nodes below.
    double total_seconds = 0;
  };

  std::string op;           // "select", "join", ...: see promql/engine/describe_node.h.
  std::string detail;       // The selector, the function, the matching.
  std::string cache;        // What the result cache gave: "hit", "partial", "miss"; empty when it was not asked.
  std::uint32_t start = 0;  // Bytes [start, end) of the query text.
  std::uint32_t end = 0;
  std::size_t steps = 0;
  std::optional<Cost> cost;  // Of nodes that ran, when the query was analysed.
  std::vector<ExplainNode> children;
};

}  // namespace vigia::promql
