// A label set: names unique, sorted bytewise, no empty values (an empty value equals an absent label).
//
// Held as one string in the encoding of Prometheus' default build: for each label the name and then the value, each as
// a length (one byte, or 0xff and three bytes little-endian from 255 on) followed by its bytes. Hash() is XXH64 of that
// string, hence equal to the reference's (surface.md 5.6).
//
// Names and values are at most kMaxLabelBytes long; callers that take input from outside check before they build.
// Immutable after construction and cheap to move; safe to read from many threads.
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia::storage {

inline constexpr std::string_view kMetricName = "__name__";
inline constexpr std::size_t kMaxLabelBytes = (1u << 24) - 1;

struct LabelView {
  std::string_view name;
  std::string_view value;
  auto operator<=>(const LabelView&) const = default;
};

class Labels {
 public:
  // Walks the encoding; dereferencing gives views into the set, valid while the set lives and is not assigned to.
  class Iterator {
   public:
    using value_type = LabelView;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const char* at) : at_(at) {}
    LabelView operator*() const;
    Iterator& operator++();
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const char* at_ = nullptr;
  };

  Labels() = default;
  // Sorts; of equal names the last wins; labels with an empty value are left out.
  Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);
  static Labels FromPairs(std::vector<LabelView> labels);
  // REQUIRES: names strictly ascending, no value empty.
  static Labels FromSorted(std::span<const LabelView> labels);
  // `bytes` is what bytes() returned for a set. REQUIRES: well formed (see IsWellFormed for bytes from a disk).
  static Labels FromBytes(std::string bytes);
  static bool IsWellFormed(std::string_view bytes);

  Iterator begin() const { return Iterator(data_.data()); }
  Iterator end() const { return Iterator(data_.data() + data_.size()); }
  bool empty() const { return data_.empty(); }
  std::size_t size() const;

  // The value, or "" when the set has no such label.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  std::string_view metric_name() const { return Get(kMetricName); }

  const std::string& bytes() const { return data_; }
  std::uint64_t Hash() const;

  // The labels whose name is (is not) in `names`. REQUIRES: `names` sorted.
  Labels Keep(const std::vector<std::string>& names) const;
  Labels Drop(const std::vector<std::string>& names) const;
  Labels WithoutMetricName() const;

  // Lexicographic over the (name, value) pairs, as Prometheus sorts series.
  std::strong_ordering operator<=>(const Labels& other) const;
  bool operator==(const Labels& other) const { return data_ == other.data_; }

  // PromQL notation: name{a="1", b="2"}; names that need quotes stand inside the braces.
  std::string ToString() const;

 private:
  friend class LabelsBuilder;
  static void Append(std::string& out, std::string_view name, std::string_view value);
  std::string data_;
};

// Changes a label set one label at a time. Setting "" deletes. Reusable through Reset().
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(const Labels& base) { Reset(base); }
  void Reset(const Labels& base);
  LabelsBuilder& Set(std::string_view name, std::string_view value);
  LabelsBuilder& Delete(std::string_view name);
  std::string_view Get(std::string_view name) const;
  Labels Build() const;
  // Calls fn(name, value) for each label, in order of names.
  template <class Fn>
  void ForEach(Fn&& fn) const {
    for (const auto& [name, value] : labels_) fn(std::string_view(name), std::string_view(value));
  }

 private:
  std::vector<std::pair<std::string, std::string>> labels_;  // Sorted by name, no empty values.
};

// The legacy rules ([a-zA-Z_:][a-zA-Z0-9_:]* and [a-zA-Z_][a-zA-Z0-9_]*), and well-formed UTF-8.
bool IsLegacyMetricName(std::string_view name);
bool IsLegacyLabelName(std::string_view name);
bool IsValidUtf8(std::string_view text);

// A double-quoted literal as Go's strconv.Quote prints it (\n, \", \\, \x.. and \u.... for what is not printable).
std::string Quoted(std::string_view text);

}  // namespace vigia::storage

template <>
struct std::hash<vigia::storage::Labels> {
  std::size_t operator()(const vigia::storage::Labels& labels) const noexcept { return labels.Hash(); }
};
