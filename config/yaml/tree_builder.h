// Builds a node tree out of yaml-cpp's events. Internal to the room.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>

#include "config/yaml/node.h"
#include "config/yaml/parse.h"

namespace vigia::config::yaml {

// The document is beyond a limit. Thrown through yaml-cpp, caught in Parse().
struct LimitReached : YAML::ParserException {
  using YAML::ParserException::ParserException;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const Limits& limits) : limits_(limits) {}

  // After the end of the document.
  Node TakeRoot() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { Close(); }

 private:
  // Of a node with all that is below it.
  struct Size {
    std::size_t nodes = 1;
    std::size_t text_bytes = 0;
    std::size_t depth = 1;
  };
  struct Anchor {
    Node node;
    Size size;
  };
  // A collection that is being read.
  struct Open {
    Node node;
    Size size;
    YAML::anchor_t anchor = YAML::NullAnchor;
    YAML::Mark mark;
    bool has_key = false;  // For a mapping: the next node is the value of `key`.
    bool key_quoted = false;
    Entry key;
    std::unordered_map<std::string, int> lines;  // Of the keys so far.
    std::vector<Node> merged;                    // The mappings under merge keys, in order.
  };

  // Adds to the totals; throws when they pass a limit.
  void Count(const Size& size, const YAML::Mark& mark);
  void OpenCollection(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor);
  void Close();
  void Place(Node node, const Size& size, const YAML::Mark& mark, YAML::anchor_t anchor);
  static void PlaceInMapping(Open& open, Node node, const YAML::Mark& mark);
  static void TakeMerge(Open& open, Node node, const YAML::Mark& mark);
  static void ApplyMerges(Open& open);

  const Limits limits_;
  Node root_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, Anchor> anchors_;
  std::size_t nodes_ = 0;
  std::size_t text_bytes_ = 0;
};

}  // namespace vigia::config::yaml
