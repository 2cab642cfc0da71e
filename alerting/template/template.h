// Templates of alert labels and annotations: the language of Go's text/template with Prometheus' functions
// (surface.md 6.6).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "alerting/template/evaluator.h"
#include "alerting/template/functions.h"
#include "alerting/template/value.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"

namespace vigia::alerting {

struct TemplateTree;

// A parsed template. Immutable, cheap to copy, safe for many threads.
class Template {
 public:
  // Checks the syntax, that functions exist and that variables are declared. kInvalid with "template: <name>:<line>:
  // ...".
  static storage::Result<Template> Parse(std::string_view name, std::string_view text);

  // kInvalid or kLimit with "error executing template <name>: template: <name>:<line>:<column>: ...".
  storage::Result<std::string> Expand(const TemplateValue& data, const TemplateEnvironment& environment,
                                      const TemplateLimits& limits = {}) const;

 private:
  explicit Template(std::shared_ptr<const TemplateTree> tree) : tree_(std::move(tree)) {}
  std::shared_ptr<const TemplateTree> tree_;
};

// A template of the alerting rule `alert`: $labels, $externalLabels, $externalURL and $value are declared. They stand
// before the text on its first line, where Prometheus puts them too, so positions in errors are the same.
storage::Result<Template> ParseAlertTemplate(std::string_view alert, std::string_view text);

// What such a template sees as its dot: .Labels, .ExternalLabels, .ExternalURL, .Value.
TemplateValue AlertTemplateData(const storage::Labels& labels, const storage::Labels& external_labels,
                                const std::string& external_url, const promql::VectorElement& element);

}  // namespace vigia::alerting
