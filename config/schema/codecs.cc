#include "config/schema/codecs.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "config/schema/scalar_text.h"
#include "promql/parser/parse.h"

namespace vigia::config {
namespace {

// The text of a scalar that is not a string by its quotes; numbers and booleans must be plain.
std::optional<std::string> ReadPlain(Reader& in, const yaml::Node& node, std::string_view expected) {
  auto text = ReadText(in, node);
  if (!text) return std::nullopt;
  if (node.quoted) {
    in.Fail(node, storage::Quoted(*text) + " is a string, expected " + std::string(expected) + " without quotes");
    return std::nullopt;
  }
  return text;
}

void FailValue(Reader& in, const yaml::Node& node, const std::string& expected) {
  in.Fail(node, storage::Quoted(node.text) + " is not " + expected);
}

// A whole number that is written as a float, such as 1e3.
std::optional<double> WholeFloat(std::string_view text) {
  const auto value = ParseYamlFloat(text);
  if (!value || std::trunc(*value) != *value || std::fabs(*value) >= 9007199254740992.0) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::string> ReadText(Reader& in, const yaml::Node& node) {
  if (node.kind == yaml::Kind::kScalar) return node.text;
  in.Fail(node, "expected a single value, found " + std::string(yaml::Describe(node.kind)));
  return std::nullopt;
}

void StringCodec::Read(Reader& in, const yaml::Node& node, std::string& out) {
  if (auto text = ReadText(in, node)) out = std::move(*text);
}

void PathCodec::Read(Reader& in, const yaml::Node& node, std::string& out) {
  if (const auto text = ReadText(in, node)) out = in.Resolved(*text);
}

void SecretCodec::Read(Reader& in, const yaml::Node& node, Secret& out) {
  if (auto text = ReadText(in, node)) out = Secret(std::move(*text));
}

void BoolCodec::Read(Reader& in, const yaml::Node& node, bool& out) {
  const auto text = ReadPlain(in, node, "true or false");
  if (!text) return;
  if (const auto value = ParseYamlBool(*text)) {
    out = *value;
  } else {
    FailValue(in, node, "true or false");
  }
}

void IntCodec::Read(Reader& in, const yaml::Node& node, std::int64_t& out) {
  const auto text = ReadPlain(in, node, "an integer");
  if (!text) return;
  if (const auto value = ParseYamlInt(*text)) {
    out = *value;
  } else if (const auto whole = WholeFloat(*text)) {
    out = static_cast<std::int64_t>(*whole);
  } else {
    FailValue(in, node, "an integer");
  }
}

void CountCodec::Read(Reader& in, const yaml::Node& node, std::uint64_t& out) {
  const auto text = ReadPlain(in, node, "an integer");
  if (!text) return;
  if (const auto value = ParseYamlUint(*text)) {
    out = *value;
  } else if (const auto whole = WholeFloat(*text); whole && *whole >= 0) {
    out = static_cast<std::uint64_t>(*whole);
  } else {
    FailValue(in, node, "an integer from 0");
  }
}

void PortCodec::Read(Reader& in, const yaml::Node& node, int& out) {
  constexpr std::uint64_t kLargestPort = 65535;
  std::uint64_t value = 0;
  const std::size_t before = in.faults();
  CountCodec::Read(in, node, value);
  if (in.faults() != before) return;
  if (value > kLargestPort) {
    FailValue(in, node, "a port (0 to 65535)");
  } else {
    out = static_cast<int>(value);
  }
}

void FloatCodec::Read(Reader& in, const yaml::Node& node, double& out) {
  const auto text = ReadPlain(in, node, "a number");
  if (!text) return;
  if (const auto value = ParseYamlFloat(*text)) {
    out = *value;
  } else if (const auto integer = ParseYamlInt(*text)) {
    out = static_cast<double>(*integer);
  } else {
    FailValue(in, node, "a number");
  }
}

yaml::Node FloatCodec::Write(double value) { return yaml::Node::Scalar(fmt::format("{}", value)); }

void DurationCodec::Read(Reader& in, const yaml::Node& node, storage::DurationMs& out) {
  const auto text = ReadText(in, node);
  if (!text) return;
  if (const auto value = promql::ParseDuration(*text)) {
    out = *value;
  } else {
    FailValue(in, node, "a duration (such as 15s, 5m or 1h30m)");
  }
}

yaml::Node DurationCodec::Write(storage::DurationMs value) {
  return yaml::Node::Scalar(promql::FormatDuration(value), true);
}

void SizeCodec::Read(Reader& in, const yaml::Node& node, std::uint64_t& out) {
  const auto text = ReadText(in, node);
  if (!text) return;
  if (const auto value = ParseSizeBytes(*text)) {
    out = *value;
  } else {
    FailValue(in, node, "a size (such as 512MB or 10GB; 0 = no limit)");
  }
}

yaml::Node SizeCodec::Write(std::uint64_t value) { return yaml::Node::Scalar(FormatSizeBytes(value), true); }

void LabelsCodec::Read(Reader& in, const yaml::Node& node, storage::Labels& out) {
  StringMap pairs;
  const std::size_t before = in.faults();
  StringMapCodec::Read(in, node, pairs);
  std::vector<storage::LabelView> labels;
  for (const auto& [name, value] : pairs) {
    const auto scope = in.Key(name);
    if (!IsValidLabelName(name, in.validation())) in.Fail(node, storage::Quoted(name) + " is not a valid label name");
    if (name.size() > storage::kMaxLabelBytes || value.size() > storage::kMaxLabelBytes) in.Fail(node, "too long");
    labels.push_back({name, value});
  }
  if (in.faults() == before) out = storage::Labels::FromPairs(std::move(labels));
}

yaml::Node LabelsCodec::Write(const storage::Labels& value) {
  yaml::Node out = yaml::Node::Mapping();
  for (const auto& [name, text] : value) out.Add(std::string(name), yaml::Node::Scalar(std::string(text), true));
  return out;
}

}  // namespace vigia::config
