#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("text that does not parse is invalid, evaluation that fails is not") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}}, 0, 1);
  const auto unparsable = fixture.Run("sum(", 0);
  REQUIRE(!unparsable);
  CHECK(unparsable.error().code == storage::Errc::kInvalid);
  const auto failing = fixture.Run("label_replace(x, \"a b\", \"\", \"x\", \"(\")", 0);
  REQUIRE(!failing);
  CHECK(failing.error().code == storage::Errc::kLimit);
}

TEST_CASE("functions of native histograms give nothing for floats, and mathematics nothing for histograms") {
  QueryFixture fixture;
  auto histogram = std::make_shared<storage::FloatHistogram>();
  histogram->count = 3;
  histogram->sum = 7;
  fixture.storage().Add({{"__name__", "native"}}, 0, 0, histogram);
  fixture.storage().Add({{"__name__", "plain"}}, 0, 1);
  CHECK(fixture.Instant("histogram_count(native)", 0) == "{} 3");
  CHECK(fixture.Instant("histogram_sum(native)", 0) == "{} 7");
  CHECK(fixture.Instant("histogram_count(plain)", 0) == "");
  CHECK(fixture.Instant("abs(native)", 0) == "");
}

// A storage that fails after its first series.
class BrokenSelection : public storage::Selection {
 public:
  std::size_t size() const override { return 1; }
  storage::Labels labels(std::size_t) const override { return {{"__name__", "x"}}; }
  storage::Result<storage::SamplesView> Read(std::size_t, storage::ReadBuffer&) const override {
    return storage::Error{storage::Errc::kCorruption, "bad chunk"};
  }
};

class BrokenQuerier : public storage::Querier {
 public:
  storage::Result<std::unique_ptr<storage::Selection>> Select(const storage::SelectHints& hints,
                                                              std::span<const storage::Matcher>) override {
    if (hints.range_ms > 0) return storage::Error{storage::Errc::kIo, "disk gone"};
    return std::unique_ptr<storage::Selection>(std::make_unique<BrokenSelection>());
  }
  storage::Result<storage::LabelStrings> LabelNames(std::span<const storage::Matcher>, std::uint64_t) override {
    return storage::LabelStrings();
  }
  storage::Result<storage::LabelStrings> LabelValues(const std::string&, std::span<const storage::Matcher>,
                                                     std::uint64_t) override {
    return storage::LabelStrings();
  }
};

class BrokenStorage : public storage::Queryable {
 public:
  std::unique_ptr<storage::Querier> NewQuerier(TimestampMs, TimestampMs) const override {
    return std::make_unique<BrokenQuerier>();
  }
};

TEST_CASE("errors of storage keep their code") {
  BrokenStorage storage;
  storage::Registry registry;
  Engine engine({}, storage, registry);
  QueryRequest request;
  request.text = "sum(x)";
  const auto corrupt = engine.Execute(request);
  REQUIRE(!corrupt);
  CHECK(corrupt.error().code == storage::Errc::kCorruption);
  request.text = "rate(x[5m])";
  const auto gone = engine.Execute(request);
  REQUIRE(!gone);
  CHECK(gone.error().code == storage::Errc::kIo);
  CHECK(gone.error().what == "expanding series: disk gone");
}

TEST_CASE("names are removed late where the option says so") {
  EngineOptions options;
  options.delayed_name_removal = true;
  QueryFixture fixture(options);
  fixture.storage().Add({{"__name__", "a"}, {"l", "1"}}, 0, 1);
  fixture.storage().Add({{"__name__", "b"}, {"l", "1"}}, 0, 2);
  const std::string both = "{__name__=~\"a|b\"}";
  CHECK(fixture.Instant("abs(" + both + ")", 0) == "error: vector cannot contain metrics with the same labelset");
  CHECK(fixture.Instant("sum by (l) (abs(" + both + "))", 0) == "{l=\"1\"} 3");
  CHECK(fixture.Instant("label_replace(abs(" + both + "), \"n\", \"$1\", \"__name__\", \"(.*)\")", 0) ==
        "{l=\"1\", n=\"a\"} 1; {l=\"1\", n=\"b\"} 2");
  CHECK(fixture.Instant("label_replace(-a, \"__name__\", \"neg_$1\", \"__name__\", \"(.*)\")", 0) ==
        "neg_a{l=\"1\"} -1");
}

}  // namespace
}  // namespace vigia::promql
