#include "config/yaml/parse_json.h"

#include <unordered_map>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace vigia::config::yaml {
namespace {

using storage::Errc;
using storage::Error;

// Receives nlohmann's events; false stops the parser.
class JsonBuilder {
 public:
  explicit JsonBuilder(const Limits& limits) : limits_(limits) {}

  // The names are the library's.
  bool null() { return Place(Node()); }
  bool boolean(bool value) { return Place(Node::Scalar(value ? "true" : "false")); }
  bool number_integer(std::int64_t value) { return Place(Node::Scalar(std::to_string(value))); }
  bool number_unsigned(std::uint64_t value) { return Place(Node::Scalar(std::to_string(value))); }
  bool number_float(double, const std::string& text) { return Place(Node::Scalar(text)); }
  bool string(std::string& value) { return Place(Node::Scalar(std::move(value), true)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return Open(Kind::kMapping); }
  bool start_array(std::size_t) { return Open(Kind::kSequence); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool key(std::string& name) {
    keys_.back() = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) {
    error_ = Error{Errc::kInvalid, "invalid JSON at byte " + std::to_string(position) + ": " + e.what()};
    return false;
  }

  Node TakeRoot() { return std::move(root_); }
  const Error& error() const { return error_; }

 private:
  bool Open(Kind kind) {
    if (open_.size() >= limits_.max_depth) return Limit("nested deeper than " + std::to_string(limits_.max_depth));
    open_.emplace_back().kind = kind;
    keys_.emplace_back();
    return true;
  }

  bool Close() {
    Node done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    DropRepeated(done);
    return Place(std::move(done));
  }

  bool Place(Node node) {
    if (++nodes_ > limits_.max_nodes) return Limit("more than " + std::to_string(limits_.max_nodes) + " values");
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().kind == Kind::kSequence) {
      open_.back().items.push_back(std::move(node));
    } else {
      open_.back().Add(std::move(keys_.back()), std::move(node));
    }
    return true;
  }

  // Of equal keys the last wins.
  static void DropRepeated(Node& mapping) {
    std::unordered_map<std::string, std::size_t> last;
    for (std::size_t i = 0; i < mapping.entries.size(); ++i) last[mapping.entries[i].key] = i;
    if (last.size() == mapping.entries.size()) return;
    std::vector<Entry> kept;
    for (std::size_t i = 0; i < mapping.entries.size(); ++i) {
      if (last.at(mapping.entries[i].key) == i) kept.push_back(std::move(mapping.entries[i]));
    }
    mapping.entries = std::move(kept);
  }

  bool Limit(const std::string& what) {
    error_ = Error{Errc::kLimit, what};
    return false;
  }

  const Limits limits_;
  Node root_;
  std::vector<Node> open_;
  std::vector<std::string> keys_;  // One per open node; the pending key of a mapping.
  std::size_t nodes_ = 0;
  Error error_{Errc::kInvalid, "invalid JSON"};
};

}  // namespace

storage::Result<Node> ParseJson(std::string_view text, const std::string& file_name, const Limits& limits) {
  if (text.size() > limits.max_bytes) {
    return Error{Errc::kLimit, file_name + ": larger than " + std::to_string(limits.max_bytes) + " bytes"};
  }
  JsonBuilder builder(limits);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return storage::Prefixed(builder.error(), file_name);
  }
  return builder.TakeRoot();
}

}  // namespace vigia::config::yaml
