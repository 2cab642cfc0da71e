// Labels as remote write 1.0 carries them: a sequence of `repeated Label labels = 1` fields, each with name = 1 and
// value = 2. Labels of other protocols are brought into this form, so that one cache and one set of rules serves all.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "storage/model/labels.h"

namespace vigia::server {

enum class LabelFault {
  kNone,
  kMalformed,  // Not the wire format.
  kInvalid,    // No metric name, an empty label name, text that is not UTF-8 or too long.
  kDuplicate,  // A name comes twice.
};

struct ParsedLabels {
  LabelFault fault = LabelFault::kNone;
  storage::Labels labels;      // When there is no fault.
  std::string text;            // Else: the labels as they came, {a="1", b="2"}, for people.
  std::string duplicate_name;  // For kDuplicate.
};

// Reusable; thread-compatible.
class LabelParser {
 public:
  // The labels of a series (surface.md 1.9): sorted, unique names, a metric name; empty values are left out.
  ParsedLabels ParseSeries(std::string_view wire);
  // The labels of an exemplar: no metric name is asked for.
  ParsedLabels ParseExemplar(std::string_view wire);
  // The labels of the series that its target has, too (server/wire/target_labels.h). Empty where there is none or the
  // labels are bad.
  storage::Labels TargetLabels(std::string_view wire);

 private:
  bool Read(std::string_view wire);
  ParsedLabels Check(bool series);
  std::vector<storage::LabelView> pairs_;
};

// Appends a label in the form above.
void PutWireLabel(std::string& out, std::string_view name, std::string_view value);

// {a="1", b="2"}: how Prometheus prints label sets in errors, the metric name as a label like others.
std::string LabelText(const std::vector<storage::LabelView>& labels);

}  // namespace vigia::server
