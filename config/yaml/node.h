// A YAML document as a tree that remembers where each part stood. Scalars keep their text as written, because what a
// plain `yes`, `1.0` or `010` means depends on the field that receives it. Plain values: copy and read freely.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vigia::config::yaml {

enum class Kind { kNull, kScalar, kSequence, kMapping };

struct Entry;

struct Node {
  Kind kind = Kind::kNull;
  int line = 0;  // From 1; 0 = not read from a text.
  int column = 0;
  std::string text;            // For kScalar.
  bool quoted = false;         // For kScalar: in quotes, a block scalar, or tagged !!str: a string and nothing else.
  bool flow = false;           // For kSequence: to be written as [a, b].
  std::vector<Node> items;     // For kSequence.
  std::vector<Entry> entries;  // For kMapping, in the order of the text; keys are unique.

  bool IsNull() const { return kind == Kind::kNull; }
  // The value of a key, or null when absent or not a mapping.
  const Node* Find(std::string_view key) const;

  static Node Scalar(std::string text, bool quoted = false);
  static Node Sequence(std::vector<Node> items = {});
  static Node Mapping();
  // Appends an entry. REQUIRES: a mapping without this key.
  void Add(std::string key, Node value);
};

struct Entry {
  std::string key;
  int line = 0;
  int column = 0;
  Node value;
};

// "a mapping", "a list", "a string", "nothing": the words of error messages.
std::string_view Describe(Kind kind);

}  // namespace vigia::config::yaml
