#include "server/api/search_api.h"

#include <nlohmann/json.hpp>

#include "server/api/search_score.h"
#include "server/http/url.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

using namespace vigia;
using namespace vigia::server;
using vigia::tests::MemoryStorage;

namespace {

constexpr storage::TimestampMs kNow = 10'000'000;

struct Fixture {
  explicit Fixture(bool enabled = true, std::uint64_t max_limit = 10'000)
      : scrape({}, memory, registry, Logger::Silent(), [] { return kNow; }) {
    for (const char* name : {"http_requests_total", "http_errors_total", "go_gc", "Node_Load", "zähler"}) {
      memory.Add({{"__name__", name}, {"job", name[0] == 'h' ? "api" : "other"}}, kNow - 1'000, 1);
    }
    RegisterSearchApi(router, {memory, scrape, [] { return kNow; }, enabled, max_limit});
  }
  Response Get(const std::string& endpoint, const std::string& query) {
    Request request;
    request.method = "GET";
    static_cast<void>(ParseQuery(query, request.params));
    return (*router.Find("GET", "/api/v1/search/" + endpoint).handler)(request);
  }
  std::vector<nlohmann::json> Lines(const std::string& endpoint, const std::string& query) {
    const Response response = Get(endpoint, query);
    REQUIRE(response.status == 200);
    CHECK(response.content_type == "application/x-ndjson; charset=utf-8");
    std::vector<nlohmann::json> out;
    for (std::size_t at = 0; at < response.body.size();) {
      const std::size_t end = response.body.find('\n', at);
      out.push_back(nlohmann::json::parse(response.body.substr(at, end - at)));
      at = end + 1;
    }
    return out;
  }
  // Names of all batches.
  std::vector<std::string> Names(const std::string& endpoint, const std::string& query) {
    std::vector<std::string> out;
    for (const auto& line : Lines(endpoint, query)) {
      if (!line.contains("results")) continue;
      for (const auto& result : line["results"]) out.push_back(result["name"]);
    }
    return out;
  }
  std::string Error(const std::string& query, const std::string& endpoint = "metric_names") {
    const Response response = Get(endpoint, query);
    CHECK(response.status == 400);
    return nlohmann::json::parse(response.body)["error"];
  }

  MemoryStorage memory;
  storage::Registry registry;
  ScrapeManager scrape;
  Router router;
};

using Names = std::vector<std::string>;

}  // namespace

// By hand: sum of squares of runs, minus gaps / length, minus half of the rest / length, over the square of the length.
TEST_CASE("scores of subsequences") {
  CHECK(SubsequenceScore("abc", "abc") == 1);
  CHECK(SubsequenceScore("", "abc") == 1);
  CHECK(SubsequenceScore("abc", "acb") == 0);
  CHECK(SubsequenceScore("abc", "ab") == 0);
  // "ab" and "c": 4 + 1 - 1/4 (gap) over 9.
  CHECK(SubsequenceScore("abc", "abxc") == Approx((4 + 1 - 0.25) / 9));
  // A front gap of 2, one run of 2, two characters after it: 4 - 2/6 - 2/6/2 over 4.
  CHECK(SubsequenceScore("ab", "xxabyy") == Approx((4 - 2.0 / 6 - 1.0 / 6) / 4));
  // The second start is the better one.
  CHECK(SubsequenceScore("ab", "axab") == Approx((4 - 2.0 / 4) / 4));
  CHECK(SubsequenceScore("äö", "xäö") == Approx((4 - 1.0 / 3) / 4));
}

// The classical examples of Winkler's papers.
TEST_CASE("scores of Jaro and Winkler") {
  CHECK(JaroWinklerScore("MARTHA", "MARHTA") == Approx(0.9611).epsilon(0.0001));
  CHECK(JaroWinklerScore("DWAYNE", "DUANE") == Approx(0.84).epsilon(0.0001));
  CHECK(JaroWinklerScore("DIXON", "DICKSONX") == Approx(0.8133).epsilon(0.0001));
  CHECK(JaroWinklerScore("abc", "xyz") == 0);
  CHECK(JaroWinklerScore("", "x") == 0);
  CHECK(JaroWinklerScore("x", "x") == 1);
}

TEST_CASE("scores of parts by their place") {
  CHECK(SubstringScore("ab", "abc") == 1);
  CHECK(SubstringScore("bc", "abc") == Approx(0.1));
  CHECK(*SubstringScore("b", "abc") == Approx(0.55));
  CHECK(*SubstringScore("b", "äbc") == Approx(0.55));
  CHECK_FALSE(SubstringScore("x", "abc"));
}

TEST_CASE("search: names that fit, in order") {
  Fixture f;
  CHECK(f.Names("metric_names", "") ==
        Names{"Node_Load", "go_gc", "http_errors_total", "http_requests_total", "zähler"});
  CHECK(f.Names("metric_names", "search[]=htt") == Names{"http_errors_total", "http_requests_total"});
  CHECK(f.Names("metric_names", "search[]=hrt") == Names{"http_errors_total", "http_requests_total"});
  CHECK(f.Names("metric_names", "search[]=load") == Names{});
  CHECK(f.Names("metric_names", "search[]=load&case_sensitive=false") == Names{"Node_Load"});
  CHECK(f.Names("metric_names", "search[]=gc&search[]=%C3%A4h") == Names{"go_gc", "zähler"});
  CHECK(f.Names("metric_names", "search[]=requests_total&fuzz_alg=jarowinkler") == Names{"http_requests_total"});
  CHECK(f.Names("metric_names", "search[]=go_cg&fuzz_alg=jarowinkler&fuzz_threshold=90") == Names{"go_gc"});
  CHECK(f.Names("metric_names", "sort_by=alpha&sort_dir=dsc&limit=2") == Names{"zähler", "http_requests_total"});
  CHECK(f.Names("metric_names", "match[]={job=\"api\"}&match[]=go_gc") ==
        Names{"go_gc", "http_errors_total", "http_requests_total"});
  // "errors" is nearer to the front.
  CHECK(f.Names("metric_names", "search[]=r&fuzz_alg=jarowinkler&sort_by=score") ==
        Names{"http_requests_total", "http_errors_total", "zähler"});
  CHECK(f.Names("label_names", "") == Names{"__name__", "job"});
  CHECK(f.Names("label_values", "label=job&search[]=ap") == Names{"api"});
}

TEST_CASE("search: lines of batches and a last one") {
  Fixture f;
  const auto lines = f.Lines("metric_names", "batch_size=2&limit=3&include_score=true");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].dump() == R"({"results":[{"name":"Node_Load","score":1},{"name":"go_gc","score":1}]})");
  CHECK(lines[1].dump() == R"({"results":[{"name":"http_errors_total","score":1}]})");
  CHECK(lines[2].dump() == R"({"has_more":true,"status":"success"})");
  const auto none = f.Lines("metric_names", "search[]=nothing%20like%20it");
  REQUIRE(none.size() == 2);
  CHECK(none[0].dump() == R"({"results":[]})");
  CHECK(none[1].dump() == R"({"has_more":false,"status":"success"})");
}

TEST_CASE("search: faults") {
  Fixture f(true, 50);
  CHECK(f.Error("fuzz_threshold=101") == "invalid fuzz_threshold \"101\": must be 0-100");
  CHECK(f.Error("fuzz_alg=x") == "unsupported fuzz_alg \"x\": must be one of [subsequence jarowinkler]");
  CHECK(f.Error("case_sensitive=yes") == "invalid case_sensitive \"yes\": must be boolean");
  CHECK(f.Error("sort_dir=asc") == "sort_dir is only valid when sort_by is set");
  CHECK(f.Error("sort_by=score&search[]=a&sort_dir=asc") == "sort_dir is not supported for sort_by=score");
  CHECK(f.Error("sort_by=alpha&sort_dir=up") == "invalid sort_dir \"up\": must be \"asc\" or \"dsc\"");
  CHECK(f.Error("sort_by=score") == "sort_by=score requires search[] to be set");
  CHECK(f.Error("sort_by=x") == "invalid sort_by \"x\" for metric_names: must be \"alpha\" or \"score\"");
  CHECK(f.Error("limit=-1") == "invalid limit \"-1\": must be non-negative integer");
  CHECK(f.Error("limit=51") == "limit 51 exceeds the configured maximum (50, see --web.search.max-limit)");
  CHECK(f.Error("start=2&end=1") == "end timestamp must not be before start timestamp");
  CHECK(f.Error("", "label_values") == "missing required parameter \"label\"");
  std::string many;
  for (int i = 0; i < 33; ++i) many += "search[]=a&";
  CHECK(f.Error(many) == "too many search[] terms: got 33, maximum is 32");
  Fixture off(false);
  const Response response = off.Get("metric_names", "");
  CHECK(response.status == 500);
  CHECK(nlohmann::json::parse(response.body)["errorType"] == "unavailable");
}
