#include "config/yaml/node.h"

#include <utility>

namespace vigia::config::yaml {

const Node* Node::Find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node Node::Scalar(std::string text, bool quoted) {
  Node node;
  node.kind = Kind::kScalar;
  node.text = std::move(text);
  node.quoted = quoted;
  return node;
}

Node Node::Sequence(std::vector<Node> items) {
  Node node;
  node.kind = Kind::kSequence;
  node.items = std::move(items);
  return node;
}

Node Node::Mapping() {
  Node node;
  node.kind = Kind::kMapping;
  return node;
}

void Node::Add(std::string key, Node value) {
  entries.push_back(Entry{.key = std::move(key), .line = 0, .column = 0, .value = std::move(value)});
}

std::string_view Describe(Kind kind) {
  switch (kind) {
    case Kind::kNull: return "nothing";
    case Kind::kScalar: return "a single value";
    case Kind::kSequence: return "a list";
    case Kind::kMapping: return "a mapping";
  }
  return "";
}

}  // namespace vigia::config::yaml
