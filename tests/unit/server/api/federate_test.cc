#include "server/api/federate.h"

#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

using namespace vigia;
using namespace vigia::server;

namespace {

struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
};

Answer Get(const std::string& selector, const std::string& accept) {
  tests::MemoryStorage storage;
  storage.Add({{"__name__", "my.dotted"}, {"instance", "i"}, {"la.bel_x", "v"}}, 1'000, 1);
  storage.Add({{"__name__", "plain_a"}, {"a_b", "1"}, {"instance", "i"}}, 1'000, 3);
  storage::Registry registry;
  Router router;
  RegisterFederate(router, {storage, registry, [] { return 2'000; }, 300'000, [] { return storage::Labels(); }});
  Request request;
  request.method = "GET";
  request.path = "/federate";
  request.params.Add("match[]", selector);
  request.headers.Add("Accept", accept);
  const Response response = (*router.Find("GET", "/federate").handler)(request);
  return {response.status, response.content_type, response.body};
}

}  // namespace

// The answers of the reference to the same series.
TEST_CASE("federated names are escaped as negotiated") {
  const Answer plain = Get("{instance=\"i\"}", "*/*");
  CHECK(plain.content_type == "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  CHECK(plain.body ==
        "# TYPE my_dotted untyped\nmy_dotted{instance=\"i\",la_bel_x=\"v\"} 1 1000\n"
        "# TYPE plain_a untyped\nplain_a{a_b=\"1\",instance=\"i\"} 3 1000\n");
  CHECK(Get("my.dotted{}", "*/*").status == 400);
  const std::string one = "{\"my.dotted\"}";
  CHECK(Get(one, "text/plain;escaping=values").body ==
        "# TYPE U__my_2e_dotted untyped\nU__my_2e_dotted{instance=\"i\",U__la_2e_bel__x=\"v\"} 1 1000\n");
  CHECK(Get(one, "text/plain;escaping=dots").body ==
        "# TYPE my_dot_dotted untyped\nmy_dot_dotted{instance=\"i\",la_dot_bel__x=\"v\"} 1 1000\n");
  const Answer utf8 = Get(one, "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3");
  CHECK(utf8.content_type == "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
  CHECK(utf8.body == "# TYPE \"my.dotted\" untyped\n{\"my.dotted\",instance=\"i\",\"la.bel_x\"=\"v\"} 1 1000\n");
  const Answer protobuf = Get(one,
                              "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                              "encoding=delimited;escaping=values");
  CHECK(protobuf.content_type.ends_with("; escaping=values"));
  CHECK(protobuf.body.find("U__my_2e_dotted") != std::string::npos);
  CHECK(protobuf.body.find("U__la_2e_bel__x") != std::string::npos);
}

TEST_CASE("federation takes selectors of all series, and tells what is wrong with others without more words") {
  for (const auto* const selector : {"{__name__=~\".*\"}", "{job=~\".*\"}", "{}"}) {
    const Answer answer = Get(selector, "*/*");
    CHECK(answer.status == 200);
    CHECK(answer.body.find("plain_a{") != std::string::npos);
  }
  const Answer broken = Get("up{", "*/*");
  CHECK(broken.status == 400);
  CHECK(broken.body == "1:4: parse error: unexpected end of input inside braces\n");
}
