// How values look in the file: read from a node, and written back as Prometheus shows them. See field_table.h for what
// a codec is. Internal to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/field_table.h"
#include "config/schema/http_client_config.h"
#include "config/schema/reader.h"
#include "config/schema/scrape_config.h"
#include "config/schema/secret.h"
#include "config/yaml/node.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

// The text of a single value whatever it looks like (`yes` and 1.0 are the strings "yes" and "1.0"), or a fault.
std::optional<std::string> ReadText(Reader& in, const yaml::Node& node);

struct StringCodec {
  using Value = std::string;
  static std::string Type() { return "string"; }
  static void Read(Reader& in, const yaml::Node& node, std::string& out);
  static yaml::Node Write(const std::string& value) { return yaml::Node::Scalar(value, true); }
  static bool IsEmpty(const std::string& value) { return value.empty(); }
};

// A path, resolved against the folder of the file.
struct PathCodec : StringCodec {
  static std::string Type() { return "path"; }
  static void Read(Reader& in, const yaml::Node& node, std::string& out);
};

struct UrlCodec : StringCodec {
  static std::string Type() { return "URL"; }
  static yaml::Node Write(const std::string& value) { return yaml::Node::Scalar(RedactedUrl(value), true); }
};

struct SecretCodec {
  using Value = Secret;
  static std::string Type() { return "secret"; }
  static void Read(Reader& in, const yaml::Node& node, Secret& out);
  static yaml::Node Write(const Secret&) { return yaml::Node::Scalar(std::string(kSecretMask), true); }
  static bool IsEmpty(const Secret& value) { return value.empty(); }
};

struct BoolCodec {
  using Value = bool;
  static std::string Type() { return "boolean"; }
  static void Read(Reader& in, const yaml::Node& node, bool& out);
  static yaml::Node Write(bool value) { return yaml::Node::Scalar(value ? "true" : "false"); }
  static bool IsEmpty(bool value) { return !value; }
};

struct IntCodec {
  using Value = std::int64_t;
  static std::string Type() { return "integer"; }
  static void Read(Reader& in, const yaml::Node& node, std::int64_t& out);
  static yaml::Node Write(std::int64_t value) { return yaml::Node::Scalar(std::to_string(value)); }
  static bool IsEmpty(std::int64_t value) { return value == 0; }
};

struct CountCodec {
  using Value = std::uint64_t;
  static std::string Type() { return "integer from 0"; }
  static void Read(Reader& in, const yaml::Node& node, std::uint64_t& out);
  static yaml::Node Write(std::uint64_t value) { return yaml::Node::Scalar(std::to_string(value)); }
  static bool IsEmpty(std::uint64_t value) { return value == 0; }
};

struct PortCodec {
  using Value = int;
  static std::string Type() { return "port"; }
  static void Read(Reader& in, const yaml::Node& node, int& out);
  static yaml::Node Write(int value) { return yaml::Node::Scalar(std::to_string(value)); }
  static bool IsEmpty(int value) { return value == 0; }
};

struct FloatCodec {
  using Value = double;
  static std::string Type() { return "number"; }
  static void Read(Reader& in, const yaml::Node& node, double& out);
  static yaml::Node Write(double value);
  static bool IsEmpty(double value) { return value == 0; }
};

struct DurationCodec {
  using Value = storage::DurationMs;
  static std::string Type() { return "duration"; }
  static void Read(Reader& in, const yaml::Node& node, storage::DurationMs& out);
  static yaml::Node Write(storage::DurationMs value);
  static bool IsEmpty(storage::DurationMs value) { return value == 0; }
};

struct SizeCodec {
  using Value = std::uint64_t;
  static std::string Type() { return "size"; }
  static void Read(Reader& in, const yaml::Node& node, std::uint64_t& out);
  static yaml::Node Write(std::uint64_t value);
  static bool IsEmpty(std::uint64_t value) { return value == 0; }
};

// One of a few words. `Words` has: using Value, static std::span<const Value> All(), and ToString(Value) is found.
template <class Words>
struct WordCodec {
  using Value = typename Words::Value;
  static std::string Choices() {
    std::string out;
    for (const Value value : Words::All()) out += (out.empty() ? "" : ", ") + std::string(ToString(value));
    return out;
  }
  static std::string Type() { return "one of " + Choices(); }
  static void Read(Reader& in, const yaml::Node& node, Value& out) {
    const auto text = ReadText(in, node);
    if (!text) return;
    for (const Value value : Words::All()) {
      if (ToString(value) == Words::Normalised(*text)) {
        out = value;
        return;
      }
    }
    in.Fail(node, storage::Quoted(*text) + " is not one of " + Choices());
  }
  static yaml::Node Write(Value value) { return yaml::Node::Scalar(std::string(ToString(value)), true); }
  static bool IsEmpty(Value value) { return value == Value{}; }
};

template <class Codec>
struct OptionalCodec {
  using Value = std::optional<typename Codec::Value>;
  static std::string Type() { return Codec::Type(); }
  static void Read(Reader& in, const yaml::Node& node, Value& out) {
    out.emplace();
    Codec::Read(in, node, *out);
  }
  static yaml::Node Write(const Value& value) { return value ? Codec::Write(*value) : yaml::Node(); }
  static bool IsEmpty(const Value& value) { return !value; }
};

enum class ListStyle { kBlock, kFlow };

template <class Codec, ListStyle kStyle = ListStyle::kBlock>
struct ListCodec {
  using Value = std::vector<typename Codec::Value>;
  static std::string Type() { return "list of: " + Codec::Type(); }
  static void Read(Reader& in, const yaml::Node& node, Value& out) {
    if (node.kind != yaml::Kind::kSequence) {
      in.Fail(node, "expected a list, found " + std::string(yaml::Describe(node.kind)));
      return;
    }
    out.clear();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const auto scope = in.Index(i);
      if (node.items[i].IsNull()) {
        in.Fail(node.items[i], "empty or null entry");
        continue;
      }
      typename Codec::Value item{};
      Codec::Read(in, node.items[i], item);
      out.push_back(std::move(item));
    }
  }
  static yaml::Node Write(const Value& value) {
    yaml::Node out = yaml::Node::Sequence();
    out.flow = kStyle == ListStyle::kFlow;
    for (const auto& item : value) out.items.push_back(Codec::Write(item));
    return out;
  }
  static bool IsEmpty(const Value& value) { return value.empty(); }
};

// name -> value, kept sorted by name.
template <class Codec>
struct MapCodec {
  using Value = std::vector<std::pair<std::string, typename Codec::Value>>;
  static std::string Type() { return "map of: " + Codec::Type(); }
  static void Read(Reader& in, const yaml::Node& node, Value& out) {
    if (node.kind != yaml::Kind::kMapping) {
      in.Fail(node, "expected a mapping, found " + std::string(yaml::Describe(node.kind)));
      return;
    }
    out.clear();
    for (const yaml::Entry& entry : node.entries) {
      const auto scope = in.Key(entry.key);
      typename Codec::Value value{};
      if (!entry.value.IsNull()) Codec::Read(in, entry.value, value);
      out.emplace_back(entry.key, std::move(value));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  }
  static yaml::Node Write(const Value& value) {
    yaml::Node out = yaml::Node::Mapping();
    for (const auto& [name, item] : value) out.Add(name, Codec::Write(item));
    return out;
  }
  static bool IsEmpty(const Value& value) { return value.empty(); }
};

using StringMapCodec = MapCodec<StringCodec>;

// A set of labels: names checked by the reader's validation, values UTF-8.
struct LabelsCodec {
  using Value = storage::Labels;
  static std::string Type() { return "map of labels"; }
  static void Read(Reader& in, const yaml::Node& node, storage::Labels& out);
  static yaml::Node Write(const storage::Labels& value);
  static bool IsEmpty(const storage::Labels& value) { return value.empty(); }
};

}  // namespace vigia::config
