#include "config/yaml/tree_builder.h"

#include <algorithm>
#include <utility>

#include "storage/model/labels.h"

namespace vigia::config::yaml {
namespace {

constexpr std::string_view kMergeKey = "<<";
constexpr std::string_view kStringTag = "tag:yaml.org,2002:str";

[[noreturn]] void Fail(const YAML::Mark& mark, const std::string& what) { throw YAML::ParserException(mark, what); }

}  // namespace

void TreeBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  Count(Size(), mark);
  Place(Node(), Size(), mark, anchor);
}

void TreeBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                           const std::string& value) {
  const Size size{.nodes = 1, .text_bytes = value.size(), .depth = 1};
  Count(size, mark);
  // yaml-cpp's own tags: "?" is a plain scalar, "!" one in quotes.
  Place(Node::Scalar(value, tag == "!" || tag == kStringTag), size, mark, anchor);
}

void TreeBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto it = anchors_.find(anchor);
  if (it == anchors_.end()) Fail(mark, "an alias inside the value that it stands for");
  const Size size = it->second.size;
  Count(size, mark);  // Before the copy, which may be large.
  Place(it->second.node, size, mark, YAML::NullAnchor);
}

void TreeBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                                  YAML::EmitterStyle::value) {
  OpenCollection(Kind::kSequence, mark, anchor);
}

void TreeBuilder::OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                             YAML::EmitterStyle::value) {
  OpenCollection(Kind::kMapping, mark, anchor);
}

void TreeBuilder::Count(const Size& size, const YAML::Mark& mark) {
  nodes_ += size.nodes;
  text_bytes_ += size.text_bytes;
  if (nodes_ > limits_.max_nodes) {
    throw LimitReached(mark, "more than " + std::to_string(limits_.max_nodes) + " values, aliases counted each time");
  }
  if (text_bytes_ > limits_.max_text_bytes) {
    throw LimitReached(mark, "more than " + std::to_string(limits_.max_text_bytes) + " bytes of text");
  }
  if (open_.size() + size.depth > limits_.max_depth) {
    throw LimitReached(mark, "nested deeper than " + std::to_string(limits_.max_depth) + " levels");
  }
}

void TreeBuilder::OpenCollection(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
  Count(Size(), mark);
  Open open;
  open.node.kind = kind;
  open.anchor = anchor;
  open.mark = mark;
  open_.push_back(std::move(open));
}

void TreeBuilder::Close() {
  Open done = std::move(open_.back());
  open_.pop_back();
  if (!done.merged.empty()) ApplyMerges(done);
  Place(std::move(done.node), done.size, done.mark, done.anchor);
}

void TreeBuilder::Place(Node node, const Size& size, const YAML::Mark& mark, YAML::anchor_t anchor) {
  node.line = mark.line + 1;
  node.column = mark.column + 1;
  if (anchor != YAML::NullAnchor) {
    Count(Size{.nodes = size.nodes, .text_bytes = size.text_bytes, .depth = 1}, mark);  // The anchor keeps a copy.
    anchors_[anchor] = Anchor{.node = node, .size = size};
  }
  if (open_.empty()) {
    root_ = std::move(node);
    return;
  }
  Open& parent = open_.back();
  parent.size.nodes += size.nodes;
  parent.size.text_bytes += size.text_bytes;
  parent.size.depth = std::max(parent.size.depth, size.depth + 1);
  if (parent.node.kind == Kind::kSequence) {
    parent.node.items.push_back(std::move(node));
  } else {
    PlaceInMapping(parent, std::move(node), mark);
  }
}

void TreeBuilder::PlaceInMapping(Open& open, Node node, const YAML::Mark& mark) {
  if (!open.has_key) {
    if (node.kind != Kind::kScalar && node.kind != Kind::kNull) {
      Fail(mark, "a key must be a single value, not " + std::string(Describe(node.kind)));
    }
    open.key = Entry{.key = std::move(node.text), .line = node.line, .column = node.column, .value = Node()};
    open.key_quoted = node.quoted;
    open.has_key = true;
    return;
  }
  open.has_key = false;
  if (open.key.key == kMergeKey && !open.key_quoted) {
    TakeMerge(open, std::move(node), mark);
    return;
  }
  const auto [known, is_new] = open.lines.emplace(open.key.key, open.key.line);
  if (!is_new) {
    YAML::Mark key_mark = mark;
    key_mark.line = open.key.line - 1;
    key_mark.column = open.key.column - 1;
    Fail(key_mark, "key " + storage::Quoted(known->first) + " is already set in line " + std::to_string(known->second));
  }
  open.key.value = std::move(node);
  open.node.entries.push_back(std::move(open.key));
}

void TreeBuilder::TakeMerge(Open& open, Node node, const YAML::Mark& mark) {
  if (node.kind == Kind::kMapping) {
    open.merged.push_back(std::move(node));
    return;
  }
  if (node.kind != Kind::kSequence) Fail(mark, "a merge key needs a mapping or a list of mappings");
  for (Node& item : node.items) {
    if (item.kind != Kind::kMapping) Fail(mark, "a merge key needs a mapping or a list of mappings");
    open.merged.push_back(std::move(item));
  }
}

// The mapping's own keys win over merged ones, an earlier mapping over a later one.
void TreeBuilder::ApplyMerges(Open& open) {
  for (Node& from : open.merged) {
    for (Entry& entry : from.entries) {
      if (open.lines.emplace(entry.key, entry.line).second) open.node.entries.push_back(std::move(entry));
    }
  }
}

}  // namespace vigia::config::yaml
