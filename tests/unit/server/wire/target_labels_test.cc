#include "server/wire/target_labels.h"

#include "tests/support/catch.h"

using vigia::server::TargetLabelsOf;
using vigia::storage::Labels;

TEST_CASE("job and instance are the target's, whatever else there is", "[wire]") {
  CHECK(TargetLabelsOf({{"__name__", "up"}, {"host", "h"}, {"instance", "i"}, {"job", "j"}, {"pod", "p"}}) ==
        Labels{{"instance", "i"}, {"job", "j"}});
  CHECK(TargetLabelsOf({{"__name__", "up"}, {"host", "h"}, {"instance", "i"}}) == Labels{{"instance", "i"}});
}

TEST_CASE("without an instance a label that names the source takes its place", "[wire]") {
  CHECK(TargetLabelsOf({{"__name__", "cpu"}, {"cpu", "0"}, {"host", "h"}}) == Labels{{"host", "h"}});
  CHECK(TargetLabelsOf({{"__name__", "cpu"}, {"host", "h"}, {"job", "telegraf"}}) ==
        Labels{{"host", "h"}, {"job", "telegraf"}});
  // The nearest to the source of several, wherever it stands.
  CHECK(TargetLabelsOf({{"__name__", "m"}, {"container", "c"}, {"node", "n"}, {"pod", "p"}}) == Labels{{"pod", "p"}});
  CHECK(TargetLabelsOf({{"__name__", "m"}, {"container", "c"}, {"host", "h"}}) == Labels{{"host", "h"}});
  CHECK(TargetLabelsOf({{"__name__", "m"}, {"host.name", "h"}, {"job", "s"}}) ==
        Labels{{"host.name", "h"}, {"job", "s"}});
}

TEST_CASE("labels that tell single series apart make no target", "[wire]") {
  CHECK(TargetLabelsOf({{"__name__", "temperature"}, {"device", "4711"}, {"id", "7"}, {"sensor", "s"}}).empty());
  CHECK(TargetLabelsOf({{"__name__", "m"}, {"job", "j"}, {"device", "4711"}}) == Labels{{"job", "j"}});
  CHECK(TargetLabelsOf({}).empty());
}
