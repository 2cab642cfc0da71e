#include "config/schema/storage_config.h"

#include <algorithm>

#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "promql/parser/parse.h"

namespace vigia::config {
namespace {

constexpr std::size_t kMaxMatchers = 64;  // As many as storage takes.
constexpr storage::DurationMs kDayMs = 86'400'000;
constexpr storage::DurationMs kFinestMs = 60'000;  // Finer intervals hold too few samples to gain anything.

struct SelectorCodec {
  using Value = SeriesSelector;
  static std::string Type() { return "series selector"; }
  static void Read(Reader& in, const yaml::Node& node, SeriesSelector& out) {
    const auto text = ReadText(in, node);
    if (!text) return;
    auto matchers = promql::ParseMetricSelector(*text);
    if (!matchers) {
      in.Fail(node, storage::Quoted(*text) + " is not a series selector: " + matchers.error().what);
      return;
    }
    if (matchers->size() > kMaxMatchers) {
      in.Fail(node, "more than " + std::to_string(kMaxMatchers) + " matchers in one selector");
      return;
    }
    out = {*text, std::move(*matchers)};
  }
  static yaml::Node Write(const SeriesSelector& value) { return yaml::Node::Scalar(value.text, true); }
  static bool IsEmpty(const SeriesSelector& value) { return value.text.empty(); }
};

// chunk_encoding: {floats: xor}. The server picks the encoding of each column itself.
Field<TsdbConfig> ChunkEncodingField() {
  return Field<TsdbConfig>{
      .key = "chunk_encoding",
      .type = "section",
      .default_text = {},
      .sentence = "floats: xor or xor2. Accepted for compatibility: the server chooses the encoding of each series.",
      .part_of = {},
      .read =
          [](Reader& in, const yaml::Node& node, TsdbConfig& out) {
            static const FieldTable<TsdbConfig> kInner{
                MakeField<StringCodec>("floats", &TsdbConfig::chunk_encoding_floats, "", "")};
            ReadFields(in, node, kInner, out);
          },
      .write =
          [](const TsdbConfig& value, yaml::Node& out) {
            if (value.chunk_encoding_floats.empty()) return;
            yaml::Node inner = yaml::Node::Mapping();
            inner.Add("floats", yaml::Node::Scalar(value.chunk_encoding_floats, true));
            out.Add("chunk_encoding", std::move(inner));
          },
  };
}

}  // namespace

const FieldTable<RetentionConfig>& Schema<RetentionConfig>::Fields() {
  using T = RetentionConfig;
  static const FieldTable<T> kFields{
      MakeField<OptionalCodec<DurationCodec>>("time", &T::time_ms, "", "How long samples are kept."),
      MakeField<OptionalCodec<SizeCodec>>("size", &T::size_bytes, "", "How much disk samples may use; 0 = no limit."),
      MakeField<OptionalCodec<FloatCodec>>("percentage", &T::percentage, "",
                                           "How much of the disk samples may use, 0 to 100; 0 = no limit."),
  };
  return kFields;
}

void Schema<RetentionConfig>::Check(Reader& in, const yaml::Node& node, RetentionConfig& out) {
  if (out.percentage && !(*out.percentage >= 0 && *out.percentage <= 100)) {
    in.Fail(node, "percentage must be in the range 0 to 100");
  }
}

const FieldTable<TsdbConfig>& Schema<TsdbConfig>::Fields() {
  using T = TsdbConfig;
  static const FieldTable<T> kFields{
      MakeField<DurationCodec>("out_of_order_time_window", &T::out_of_order_time_window_ms, "0s",
                               "How old a sample may be, compared with the newest of its series."),
      MakeField<FloatCodec>("stale_series_compaction_threshold", &T::stale_series_compaction_threshold, "0",
                            "0 to 1. Accepted for compatibility: memory of gone series is freed as they go."),
      ChunkEncodingField(),
      MakeField<OptionalCodec<SectionCodec<RetentionConfig>>>("retention", &T::retention, "",
                                                              "What is kept; wins over the command line."),
  };
  return kFields;
}

void Schema<TsdbConfig>::Check(Reader& in, const yaml::Node& node, TsdbConfig& out) {
  if (!(out.stale_series_compaction_threshold >= 0 && out.stale_series_compaction_threshold <= 1)) {
    in.Fail(node, "stale_series_compaction_threshold must be in the range 0 to 1");
  }
  const std::string& floats = out.chunk_encoding_floats;
  if (!floats.empty() && floats != "xor" && floats != "xor2") {
    in.Fail(node, "chunk_encoding.floats must be xor or xor2, not " + storage::Quoted(floats));
  }
}

const FieldTable<ExemplarsConfig>& Schema<ExemplarsConfig>::Fields() {
  using T = ExemplarsConfig;
  static const FieldTable<T> kFields{
      MakeField<IntCodec>("max_exemplars", &T::max_exemplars, "100000", "How many exemplars are kept; 0 = none."),
  };
  return kFields;
}

const FieldTable<RetentionPolicyConfig>& Schema<RetentionPolicyConfig>::Fields() {
  using T = RetentionPolicyConfig;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<SelectorCodec>>("match", &T::match, "",
                                          "Series that the policy is for: one of these matches."),
      MakeField<DurationCodec>("time", &T::time_ms, "", "How long their samples are kept; above 0."),
  };
  return kFields;
}

void Schema<RetentionPolicyConfig>::Check(Reader& in, const yaml::Node& node, RetentionPolicyConfig& out) {
  if (out.match.empty()) in.Fail(node, "match must name at least one series selector");
  if (out.time_ms <= 0) in.Fail(node, "time must be above 0");
}

const FieldTable<DownsamplingConfig>& Schema<DownsamplingConfig>::Fields() {
  using T = DownsamplingConfig;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<SelectorCodec>>("match", &T::match, "", "Series that the rule is for: one of these matches."),
      MakeField<DurationCodec>("after", &T::after_ms, "",
                               "How old a whole day of samples must be to be downsampled; above 0."),
      MakeField<DurationCodec>("resolution", &T::resolution_ms, "",
                               "The interval that is told by one record; at least 1m, a whole part of a day, a "
                               "multiple of all smaller ones."),
  };
  return kFields;
}

void Schema<DownsamplingConfig>::Check(Reader& in, const yaml::Node& node, DownsamplingConfig& out) {
  if (out.match.empty()) in.Fail(node, "match must name at least one series selector");
  if (out.after_ms <= 0) in.Fail(node, "after must be above 0");
  if (out.resolution_ms < kFinestMs || kDayMs % out.resolution_ms != 0) {
    in.Fail(node, "resolution must be at least 1m, and a whole part of a day such as 5m or 1h");
  }
}

const FieldTable<StorageConfig>& Schema<StorageConfig>::Fields() {
  using T = StorageConfig;
  static const FieldTable<T> kFields{
      MakeField<OptionalCodec<SectionCodec<TsdbConfig>>>("tsdb", &T::tsdb, "", "The database."),
      MakeField<OptionalCodec<SectionCodec<ExemplarsConfig>>>("exemplars", &T::exemplars, "", "Exemplars."),
      MakeField<ListCodec<SectionCodec<RetentionPolicyConfig>>>(
          "retention_policies", &T::retention_policies, "",
          "How long certain series are kept, instead of what `tsdb.retention.time` says; the first match counts."),
      MakeField<ListCodec<SectionCodec<DownsamplingConfig>>>(
          "downsampling", &T::downsampling, "",
          "Which old samples are replaced by records of whole intervals; the coarsest rule that is due counts. "
          "Without rules nothing is replaced."),
  };
  return kFields;
}

void Schema<StorageConfig>::Check(Reader& in, const yaml::Node& node, StorageConfig& out) {
  const yaml::Node* const list = node.Find("downsampling");
  if (list == nullptr || list->items.size() != out.downsampling.size()) return;
  const auto key = in.Key("downsampling");
  for (std::size_t i = 1; i < out.downsampling.size(); ++i) {
    for (std::size_t before = 0; before < i; ++before) {
      const auto [fine, coarse] =
          std::minmax(out.downsampling[before].resolution_ms, out.downsampling[i].resolution_ms);
      if (coarse % fine == 0) continue;
      const auto index = in.Index(i);
      const yaml::Node* const field = list->items[i].Find("resolution");
      in.Fail(field == nullptr ? list->items[i] : *field,
              "of this resolution and that of rule " + std::to_string(before) + " one must be a multiple of the other");
      break;
    }
  }
}

}  // namespace vigia::config
