// The last samples of series, read from a storage.
#include "alerting/rules/rule_deps.h"
#include "tests/support/catch.h"

namespace vigia::alerting {
namespace {

using storage::Labels;
using storage::Result;

// Three series: one with samples, one without, one that cannot be read when `broken`.
class FakeSelection : public storage::Selection {
 public:
  explicit FakeSelection(bool broken) : broken_(broken) {}
  std::size_t size() const override { return 3; }
  Labels labels(std::size_t i) const override { return Labels{{"n", std::to_string(i)}}; }
  Result<storage::SamplesView> Read(std::size_t i, storage::ReadBuffer& buffer) const override {
    if (i == 2 && broken_) return storage::Error{storage::Errc::kCorruption, "bad bytes"};
    buffer.t = i == 1 ? std::vector<storage::TimestampMs>{} : std::vector<storage::TimestampMs>{10, 20};
    buffer.v = i == 1 ? std::vector<double>{} : std::vector<double>{1, 2};
    return storage::SamplesView{.t = buffer.t, .v = buffer.v, .h = {}, .column = 0};
  }

 private:
  const bool broken_;
};

class FakeQuerier : public storage::Querier {
 public:
  explicit FakeQuerier(bool broken) : broken_(broken) {}
  Result<std::unique_ptr<storage::Selection>> Select(const storage::SelectHints& hints,
                                                     std::span<const storage::Matcher> matchers) override {
    CHECK(hints.start_ms == 5);
    CHECK(hints.end_ms == 25);
    CHECK(matchers.size() == 1);
    return std::unique_ptr<storage::Selection>(std::make_unique<FakeSelection>(broken_));
  }
  Result<storage::LabelStrings> LabelNames(std::span<const storage::Matcher>, std::uint64_t) override {
    return storage::LabelStrings{};
  }
  Result<storage::LabelStrings> LabelValues(const std::string&, std::span<const storage::Matcher>,
                                            std::uint64_t) override {
    return storage::LabelStrings{};
  }

 private:
  const bool broken_;
};

struct FakeQueryable : storage::Queryable {
  std::unique_ptr<storage::Querier> NewQuerier(storage::TimestampMs, storage::TimestampMs) const override {
    return std::make_unique<FakeQuerier>(broken);
  }
  bool broken = false;
};

TEST_CASE("the newest sample of each series that has any") {
  FakeQueryable storage;
  const auto read = LastSamplesOf(storage);
  const std::vector<storage::Matcher> matchers = {storage::Matcher::Equal("__name__", "x")};
  const auto samples = read(matchers, 5, 25);
  REQUIRE(samples.has_value());
  REQUIRE(samples->size() == 2);
  CHECK((*samples)[0].labels == Labels{{"n", "0"}});
  CHECK((*samples)[0].t == 20);
  CHECK((*samples)[0].v == 2);
  CHECK((*samples)[1].labels == Labels{{"n", "2"}});
  storage.broken = true;
  CHECK(read(matchers, 5, 25).error().what == "bad bytes");
}

}  // namespace
}  // namespace vigia::alerting
