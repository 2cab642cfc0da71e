#include "server/api/result_json.h"

#include <cmath>
#include <limits>

#include "server/api/envelope.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;
using promql::Labels;

namespace {

std::string BodyOf(Response response) {
  std::string body = response.body;
  while (response.source && response.source(body)) {
  }
  return body;
}

std::string Show(promql::Value value) { return BodyOf(QueryResponse({std::move(value), {}, {}}, StatsMode::kNone)); }

}  // namespace

TEST_CASE("each kind of result has the shape of the reference") {
  CHECK(Show(promql::Scalar{1500, 2}) == R"({"status":"success","data":{"resultType":"scalar","result":[1.500,"2"]}})");
  CHECK(Show(promql::String{0, "a\"<"}) ==
        R"({"status":"success","data":{"resultType":"string","result":[0,"a\"<"]}})");
  CHECK(Show(promql::Vector{}) == R"({"status":"success","data":{"resultType":"vector","result":[]}})");
  CHECK(Show(promql::Vector{{Labels{{"__name__", "up"}, {"path", "<a>&"}}, 1435781451781, 1, nullptr}}) ==
        R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"up","path":"<a>&"},)"
        R"("value":[1435781451.781,"1"]}]}})");
  CHECK(Show(promql::Matrix{{Labels{{"a", "1"}}, {{0, 1}, {15000, std::nan("")}}, {}}}) ==
        R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"1"},)"
        R"("values":[[0,"1"],[15,"NaN"]]}]}})");
}

TEST_CASE("native histograms list their populated buckets with their bounds") {
  storage::FloatHistogram h;
  h.schema = 0;
  h.count = 7;
  h.sum = 10;
  h.zero_threshold = 0.5;
  h.zero_count = 1;
  h.positive_spans = {{1, 3}};  // (1,2], (2,4], (4,8]
  h.positive_buckets = {2, 0, 3};
  h.negative_spans = {{0, 1}};  // [-1,-0.5)
  h.negative_buckets = {1};
  std::string out;
  AppendHistogramJson(out, h);
  CHECK(out == R"({"count":"7","sum":"10","buckets":[[1,"-1","-0.5","1"],[3,"-0.5","0.5","1"],[0,"1","2","2"],)"
               R"([0,"4","8","3"]]})");
  storage::FloatHistogram custom;
  custom.schema = storage::kCustomBucketsSchema;
  custom.count = 3;
  custom.sum = 4;
  custom.custom_values = {1, 2};
  custom.positive_spans = {{0, 3}};
  custom.positive_buckets = {1, 1, 1};
  out.clear();
  AppendHistogramJson(out, custom);
  CHECK(out == R"({"count":"3","sum":"4","buckets":[[3,"-Inf","1","1"],[0,"1","2","1"],[0,"2","+Inf","1"]]})");
}

TEST_CASE("a large matrix is streamed and is the same text as in one piece") {
  promql::Matrix matrix;
  std::string expected = R"({"status":"success","data":{"resultType":"matrix","result":[)";
  for (int i = 0; i < 3000; ++i) {
    promql::Series series{Labels{{"i", std::to_string(i)}}, {}, {}};
    expected += (i > 0 ? "," : "") + std::string(R"({"metric":{"i":")") + std::to_string(i) + R"("},"values":[)";
    for (int t = 0; t < 20; ++t) {
      series.floats.push_back({t * 1000, t * 0.5});
      expected += (t > 0 ? "," : "") + std::string("[") + std::to_string(t) + ",\"" + std::to_string(t / 2) +
                  (t % 2 ? ".5" : "") + "\"]";
    }
    expected += "]}";
    matrix.push_back(std::move(series));
  }
  Response response = QueryResponse({std::move(matrix), {}, {}}, StatsMode::kNone);
  REQUIRE(response.source);
  CHECK(BodyOf(std::move(response)) == expected + "]}}");
}

TEST_CASE("annotations follow the data, ten of a level at most") {
  promql::Annotations annotations;
  annotations.warnings = {"w"};
  for (int i = 0; i < 13; ++i) annotations.infos.push_back("i");
  const Response response = ApiSuccess("[]", annotations);
  CHECK(response.body ==
        R"({"status":"success","data":[],"warnings":["w"],"infos":["i","i","i","i","i","i","i","i","i","i",)"
        R"("3 more info annotations omitted"]})");
}

TEST_CASE("errors carry their type and its status") {
  CHECK(ApiError(ApiErrorType::kBadData, "x").status == 400);
  CHECK(ApiError(ApiErrorType::kUnavailable, "x").status == 500);
  CHECK(ApiError(storage::Error{storage::Errc::kTimeout, "query timed out"}).status == 503);
  CHECK(ApiError(storage::Error{storage::Errc::kLimit, "too many"}).status == 422);
  CHECK(ApiError(storage::Error{storage::Errc::kCancelled, "gone"}).status == 499);
  CHECK(InvalidParameter("time", "cannot parse").body ==
        R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"time\": cannot parse"})");
}
