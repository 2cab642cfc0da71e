// What a parser says about a body, one line per entry, for tests to compare.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "server/exposition/number.h"
#include "server/exposition/parser.h"

namespace vigia::server {

inline std::string LabelsText(const std::vector<storage::LabelView>& labels, std::size_t from) {
  std::string out;
  for (std::size_t i = from; i < labels.size(); ++i) {
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", labels[i].name, labels[i].value);
  }
  return out.empty() ? out : "{" + out + "}";
}

inline std::string SideText(const char* name, const std::vector<storage::BucketSpan>& spans,
                            const std::vector<double>& buckets) {
  if (spans.empty()) return {};
  std::string out = fmt::format(" {}", name);
  for (const storage::BucketSpan& span : spans) out += fmt::format("({},{})", span.offset, span.length);
  for (const double bucket : buckets) out += " " + FormatGoFloat(bucket);
  return out;
}

inline std::string HistogramText(const storage::FloatHistogram& h) {
  std::string out = fmt::format("{}{} schema:{} count:{} sum:{}", h.integer ? "integer" : "float",
                                h.hint == storage::CounterResetHint::kGauge ? " gauge" : "", h.schema,
                                FormatGoFloat(h.count), FormatGoFloat(h.sum));
  if (h.zero_threshold != 0 || h.zero_count != 0) {
    out += fmt::format(" zero:{}/{}", FormatGoFloat(h.zero_count), FormatGoFloat(h.zero_threshold));
  }
  out += SideText("+", h.positive_spans, h.positive_buckets) + SideText("-", h.negative_spans, h.negative_buckets);
  if (!h.custom_values.empty()) out += " le";
  for (const double bound : h.custom_values) out += " " + FormatGoFloat(bound);
  return out;
}

inline std::string SeriesText(const ExpositionParser& parser) {
  std::vector<storage::LabelView> labels;
  std::string scratch;
  parser.AppendLabels(labels, scratch);
  const std::string value = parser.histogram() ? HistogramText(*parser.histogram()) : FormatGoFloat(parser.value());
  std::string out = fmt::format("{}{} {}", labels[0].value, LabelsText(labels, 1), value);
  if (!parser.histogram_fault().empty()) out += " fault: " + parser.histogram_fault();
  if (parser.timestamp_ms()) out += fmt::format(" @{}", *parser.timestamp_ms());
  if (parser.start_ms() != 0) out += fmt::format(" since {}", parser.start_ms());
  for (const RawExemplar& exemplar : parser.exemplars()) {
    std::vector<storage::LabelView> extra;
    parser.AppendExemplarLabels(exemplar, extra, scratch);
    out += fmt::format(" #{} {}", LabelsText(extra, 0), FormatGoFloat(exemplar.value));
    if (exemplar.timestamp_ms) out += fmt::format(" @{}", *exemplar.timestamp_ms);
  }
  return out + "\n";
}

// Reads to the end. The last line is "eof" or begins with "error".
inline std::string Transcript(ExpositionParser& parser) {
  std::string out;
  for (;;) {
    switch (parser.Next()) {
      case EntryKind::kType: out += fmt::format("type {} {}\n", parser.family(), ToString(parser.type())); break;
      case EntryKind::kHelp: out += fmt::format("help {} {}\n", parser.family(), parser.help()); break;
      case EntryKind::kUnit: out += fmt::format("unit {} {}\n", parser.family(), parser.unit()); break;
      case EntryKind::kComment: out += "comment\n"; break;
      case EntryKind::kSeries: out += SeriesText(parser); break;
      case EntryKind::kEof: return out + "eof";
      case EntryKind::kError: return out + "error " + parser.error();
    }
  }
}

}  // namespace vigia::server
