#include "server/scrape/sample_labels.h"

#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::config::RelabelAction;
using vigia::config::RelabelRegex;
using vigia::config::RelabelRule;
using vigia::config::ScrapeConfig;
using vigia::storage::Labels;
using vigia::storage::LabelView;

namespace {
const Labels kTarget{{"instance", "i"}, {"job", "j"}};

std::string Build(const ScrapeConfig& config, std::vector<LabelView> exposed, const Labels& target = kTarget) {
  const SampleLabels out = BuildSampleLabels(config, target, exposed);
  if (out.dropped) return "dropped";
  return out.status ? out.labels.ToString() : out.status.error().what;
}
}  // namespace

TEST_CASE("target labels win, and clashing exposed ones are renamed") {
  const ScrapeConfig config;
  CHECK(Build(config, {{"__name__", "m"}, {"a", "1"}}) == "m{a=\"1\", instance=\"i\", job=\"j\"}");
  CHECK(Build(config, {{"__name__", "m"}, {"job", "mine"}}) == "m{exported_job=\"mine\", instance=\"i\", job=\"j\"}");
  CHECK(Build(config, {{"__name__", "m"}, {"job", "1"}, {"exported_job", "2"}}) ==
        "m{exported_exported_job=\"1\", exported_job=\"2\", instance=\"i\", job=\"j\"}");
  CHECK(Build(config, {{"__name__", "m"}, {"job", ""}}) == "m{instance=\"i\", job=\"j\"}");
  // Both names are the target's: the shorter one finds its place first.
  CHECK(Build(config, {{"__name__", "m"}, {"a", "1"}, {"exported_a", "2"}}, Labels{{"a", "x"}, {"exported_a", "y"}}) ==
        "m{a=\"x\", exported_a=\"y\", exported_exported_a=\"1\", exported_exported_exported_a=\"2\"}");
}

TEST_CASE("honor_labels: exposed labels win, and empty ones remove the target's") {
  ScrapeConfig config;
  config.honor_labels = true;
  CHECK(Build(config, {{"__name__", "m"}, {"job", "mine"}}) == "m{instance=\"i\", job=\"mine\"}");
  CHECK(Build(config, {{"__name__", "m"}, {"instance", ""}}) == "m{job=\"j\"}");
}

TEST_CASE("metric relabelling drops, renames, and may not take the name away") {
  ScrapeConfig config;
  RelabelRule drop;
  drop.action = RelabelAction::kDrop;
  drop.source_labels = {"__name__"};
  drop.regex = RelabelRegex::Create("go_.*").value();
  RelabelRule unname;
  unname.action = RelabelAction::kLabelDrop;
  unname.regex = RelabelRegex::Create("__name__").value();
  config.metric_relabel_configs = {drop};
  CHECK(Build(config, {{"__name__", "go_gc"}}) == "dropped");
  config.metric_relabel_configs = {unname};
  CHECK(Build(config, {{"__name__", "m"}}) == "missing metric name (__name__ label)");
}

TEST_CASE("labels that are not a series fail the scrape") {
  ScrapeConfig config;
  CHECK(Build(config, {{"__name__", "m"}, {"a", "1"}, {"a", "2"}}) == "label name \"a\" is not unique: invalid sample");
  CHECK(Build(config, {{"__name__", "m"}, {"a", ""}, {"a", "2"}}) == "m{a=\"2\", instance=\"i\", job=\"j\"}");
  config.metric_name_validation_scheme = vigia::config::NameValidation::kLegacy;
  CHECK(Build(config, {{"__name__", "a.b"}}) ==
        "invalid metric name or label names: {\"a.b\", instance=\"i\", job=\"j\"}");
}

TEST_CASE("label limits count the target's labels and the name") {
  ScrapeConfig config;
  config.label_limit = 3;
  CHECK(Build(config, {{"__name__", "m"}}) == "m{instance=\"i\", job=\"j\"}");
  CHECK(Build(config, {{"__name__", "m"}, {"a", "1"}}) ==
        "label_limit exceeded (metric: m, number of labels: 4, limit: 3)");
  config.label_limit = 0;
  config.label_name_length_limit = 8;
  CHECK(Build(config, {{"__name__", "m"}, {"123456789", "1"}}) ==
        "label_name_length_limit exceeded (metric: m, label name: 123456789, length: 9, limit: 8)");
  config.label_name_length_limit = 0;
  config.label_value_length_limit = 3;
  CHECK(Build(config, {{"__name__", "m"}, {"a", "1234"}}) ==
        "label_value_length_limit exceeded (metric: m, label name: a, value: \"1234\", length: 4, limit: 3)");
  const std::vector<LabelView> exposed{{"__name__", "m"}, {"a", "1234"}};
  CHECK(BuildSampleLabels(config, kTarget, exposed).over_limit);
}
