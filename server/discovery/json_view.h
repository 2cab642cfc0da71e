// What an API answered, read without fear of what is missing or of another kind: such parts read as empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml/node.h"

namespace vigia::server {

// A view of one JSON value; the tree must outlive it.
class JsonView {
 public:
  JsonView() = default;
  JsonView(const config::yaml::Node& node) : node_(&node) {}  // NOLINT: a view of it

  // The value of a key of an object.
  JsonView operator[](std::string_view key) const {
    const config::yaml::Node* value = node_ == nullptr ? nullptr : node_->Find(key);
    return value == nullptr ? JsonView() : JsonView(*value);
  }
  // Whether anything but null is there.
  explicit operator bool() const { return node_ != nullptr && !node_->IsNull(); }
  // A string, number or boolean as it is written; "" for all else.
  std::string_view text() const {
    return node_ != nullptr && node_->kind == config::yaml::Kind::kScalar ? std::string_view(node_->text)
                                                                          : std::string_view();
  }
  bool IsTrue() const { return text() == "true"; }
  const std::vector<config::yaml::Node>& items() const {
    return node_ == nullptr || node_->kind != config::yaml::Kind::kSequence ? kNoItems : node_->items;
  }
  const std::vector<config::yaml::Entry>& entries() const {
    return node_ == nullptr || node_->kind != config::yaml::Kind::kMapping ? kNoEntries : node_->entries;
  }

 private:
  inline static const std::vector<config::yaml::Node> kNoItems{};
  inline static const std::vector<config::yaml::Entry> kNoEntries{};
  const config::yaml::Node* node_ = nullptr;
};

}  // namespace vigia::server
