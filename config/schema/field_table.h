// A section of the file as a table of fields: one row gives a field its key, its type, its default, the sentence of the
// reference, how it is read and how it is shown again. What is in no table is not accepted. Internal to the room.
//
// How a value looks in the file is the business of a codec (codecs.h):
//   struct XCodec {
//     using Value = ...;
//     static std::string Type();                                       // For the reference: "duration".
//     static void Read(Reader& in, const yaml::Node& node, Value& out);  // Not called for null: that keeps the
//     default. static yaml::Node Write(const Value& value); static bool IsEmpty(const Value& value); // What Go's
//     omitempty leaves out.
//   };
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/reader.h"
#include "config/yaml/node.h"

namespace vigia::config {

template <class T>
struct Field {
  std::string_view key;
  std::string type;
  std::string_view default_text;  // As one would write it; "" = none.
  std::string_view sentence;
  std::string_view part_of;  // Name of the table that was inlined; "" = of this table.
  std::function<void(Reader&, const yaml::Node&, T&)> read;
  std::function<void(const T&, yaml::Node&)> write;  // Adds the entry to a mapping, or leaves it out.
};

template <class T>
using FieldTable = std::vector<Field<T>>;

enum class Show { kUnlessEmpty, kAlways, kNever };

template <class Codec, class T>
Field<T> MakeField(std::string_view key, typename Codec::Value T::*member, std::string_view default_text,
                   std::string_view sentence, Show show = Show::kUnlessEmpty) {
  return Field<T>{
      .key = key,
      .type = Codec::Type(),
      .default_text = default_text,
      .sentence = sentence,
      .part_of = {},
      .read = [member](Reader& in, const yaml::Node& node, T& out) { Codec::Read(in, node, out.*member); },
      .write =
          [key, member, show](const T& value, yaml::Node& out) {
            if (show == Show::kNever || (show == Show::kUnlessEmpty && Codec::IsEmpty(value.*member))) return;
            out.Add(std::string(key), Codec::Write(value.*member));
          },
  };
}

// A field that is known, so that it can be refused by name, with `what` it would have been.
template <class T>
Field<T> UnsupportedField(std::string_view key, std::string_view sentence, std::string message = "not supported yet") {
  return Field<T>{
      .key = key,
      .type = "not supported yet",
      .default_text = {},
      .sentence = sentence,
      .part_of = {},
      .read =
          [message = std::move(message)](Reader& in, const yaml::Node& node, T&) {
            const bool empty = node.kind != yaml::Kind::kScalar && node.items.empty() && node.entries.empty();
            if (!empty) in.Fail(node, message);
          },
      .write = [](const T&, yaml::Node&) {},
  };
}

// Appends the rows of another table, whose struct is a member of this one.
template <class T, class Part>
void AppendInlined(FieldTable<T>& table, std::string_view name, const FieldTable<Part>& part, Part T::*member) {
  for (const Field<Part>& field : part) {
    table.push_back(Field<T>{
        .key = field.key,
        .type = field.type,
        .default_text = field.default_text,
        .sentence = field.sentence,
        .part_of = name,
        .read = [&field, member](Reader& in, const yaml::Node& node, T& out) { field.read(in, node, out.*member); },
        .write = [&field, member](const T& value, yaml::Node& out) { field.write(value.*member, out); },
    });
  }
}

// The word of `known` that `wanted` was probably meant to be, or "".
std::string_view ClosestKey(std::string_view wanted, const std::vector<std::string_view>& known);

// Reads a mapping field by field, in the order of the table. Unknown keys are faults.
template <class T>
void ReadFields(Reader& in, const yaml::Node& node, const FieldTable<T>& table, T& out) {
  if (node.kind != yaml::Kind::kMapping) {
    in.Fail(node, "expected a mapping, found " + std::string(yaml::Describe(node.kind)));
    return;
  }
  std::vector<std::string_view> keys;
  for (const Field<T>& field : table) {
    keys.push_back(field.key);
    const yaml::Node* value = node.Find(field.key);
    if (value == nullptr || value->IsNull()) continue;
    const auto scope = in.Key(field.key);
    field.read(in, *value, out);
  }
  if (in.ignores_unknown()) return;
  for (const yaml::Entry& entry : node.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) != keys.end()) continue;
    const auto scope = in.Key(entry.key);
    // A file of another kind has many; suggestions for those that are shown are enough.
    const auto closest = in.faults() < kMaxReportedFaults ? ClosestKey(entry.key, keys) : std::string_view();
    in.Fail(entry.line,
            closest.empty() ? "unknown field" : "unknown field (did you mean \"" + std::string(closest) + "\"?)");
  }
}

template <class T>
yaml::Node WriteFields(const FieldTable<T>& table, const T& value) {
  yaml::Node out = yaml::Node::Mapping();
  for (const Field<T>& field : table) field.write(value, out);
  return out;
}

// What the room knows of a section type, specialised next to each table:
//   static const FieldTable<T>& Fields();
//   static void Prepare(Reader& in, const yaml::Node& node, T& out);   // Before the fields: inherited values.
//   static void Check(Reader& in, const yaml::Node& node, T& out);     // After them, if none had a fault.
template <class T>
struct Schema;

// A section as a value.
template <class T>
struct SectionCodec {
  using Value = T;
  static std::string Type() { return "section"; }
  static void Read(Reader& in, const yaml::Node& node, T& out) {
    const std::size_t before = in.faults();
    Schema<T>::Prepare(in, node, out);
    ReadFields(in, node, Schema<T>::Fields(), out);
    if (in.faults() == before) Schema<T>::Check(in, node, out);
  }
  static yaml::Node Write(const T& value) { return WriteFields(Schema<T>::Fields(), value); }
  static bool IsEmpty(const T& value) { return value == T{}; }
};

}  // namespace vigia::config
