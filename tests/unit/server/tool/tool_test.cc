#include "server/tool/tool.h"

#include <fstream>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace vigia;
using Catch::Matchers::Contains;

namespace {

struct Run {
  int code = 0;
  std::string out;
  std::string err;
  std::vector<server::HttpRequest> requests;
};

Run Tool(const std::vector<std::string>& words, const std::string& in = "", const std::string& answer = "",
         int status = 200) {
  Run run;
  std::istringstream input(in);
  std::ostringstream out;
  std::ostringstream err;
  const auto fetch = [&](server::HttpRequest request) -> storage::Result<server::HttpResponse> {
    run.requests.push_back(std::move(request));
    server::HttpResponse response;
    response.status = status;
    response.body = answer;
    return response;
  };
  run.code = server::RunTool(words, {input, out, err, fetch, [] { return storage::TimestampMs{1'700'000'000'000}; }});
  run.out = out.str();
  run.err = err.str();
  return run;
}

class Folder {
 public:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_.Below(name);
    std::ofstream(path) << text;
    return path;
  }

 private:
  tests::TempFolder folder_;
};

constexpr const char* kRules =
    "groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: up\n  - alert: Down\n    expr: up == 0\n";
constexpr const char* kTwice =
    "groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: up\n  - record: a:b\n    expr: down\n";

}  // namespace

TEST_CASE("a good configuration", "[tool]") {
  Folder folder;
  const std::string rules = folder.Write("r.yml", kRules);
  const std::string config = folder.Write("p.yml", "rule_files: [r.yml]\n");
  const Run run = Tool({"check", "config", config});
  CHECK(run.code == 0);
  CHECK(run.err == "");
  CHECK(run.out == "Checking " + config + "\n  SUCCESS: 1 rule files found\n SUCCESS: " + config +
                       " is valid prometheus config file syntax\n\nChecking " + rules +
                       "\n  SUCCESS: 2 rules found\n\n");
  CHECK_THAT(Tool({"check", "config", "--syntax-only", config}).out, !Contains("rules found"));
}

TEST_CASE("a bad configuration", "[tool]") {
  Folder folder;
  const Run run = Tool({"check", "config", folder.Write("p.yml", "globall: {}\n")});
  CHECK(run.code == 1);
  CHECK_THAT(run.err, Contains("  FAILED: ") && Contains("globall"));
  CHECK(Tool({"check", "config", "/no/such/file"}).code == 1);
  CHECK(Tool({"check", "config"}).code == 1);
}

// The texts are promtool's.
TEST_CASE("files that a configuration names must be there", "[tool]") {
  Folder folder;
  const auto check = [&](const std::string& text) { return Tool({"check", "config", folder.Write("p.yml", text)}); };
  const auto failure = [&](const std::string& text) {
    const Run run = check(text);
    CHECK(run.code == 1);
    CHECK_THAT(run.out, !Contains("SUCCESS"));
    CHECK(Tool({"check", "config", "--syntax-only", folder.Write("p.yml", text)}).code == 0);
    return run.err;
  };
  const std::string credentials =
      "  FAILED: error checking authorization credentials or bearer token file "
      "\"/no/such/token\": stat /no/such/token: no such file or directory\n";
  CHECK(failure("rule_files: [/no/such/rules.yml]") ==
        "  FAILED: \"/no/such/rules.yml\" does not point to an existing file\n");
  CHECK(check("rule_files: ['/no/such*.yml']").code == 0);
  CHECK(failure("scrape_configs: [{job_name: a, bearer_token_file: /no/such/token}]") == credentials);
  CHECK(failure("scrape_configs: [{job_name: a, authorization: {credentials_file: /no/such/token}}]") == credentials);
  CHECK(failure("scrape_configs: [{job_name: a, tls_config: {cert_file: /no/c, key_file: /no/k}}]") ==
        "  FAILED: error checking client cert file \"/no/c\": stat /no/c: no such file or directory\n");
  const std::string there = folder.Write("cert", "x");
  CHECK(failure("scrape_configs: [{job_name: a, tls_config: {cert_file: " + there + ", key_file: /no/k}}]") ==
        "  FAILED: error checking client key file \"/no/k\": stat /no/k: no such file or directory\n");
  CHECK(check("scrape_configs: [{job_name: a, bearer_token_file: " + there + "}]").code == 0);
}

TEST_CASE("target files are read", "[tool]") {
  Folder folder;
  const auto check = [&](const std::string& text) { return Tool({"check", "config", folder.Write("p.yml", text)}); };
  folder.Write("good.yml", "- targets: [a]\n");
  folder.Write("empty.yml", "");
  const std::string bad = folder.Write("bad.json", R"({"targets": "x"})");
  CHECK(check("scrape_configs: [{job_name: a, file_sd_configs: [{files: [good.yml, empty.yml]}]}]").code == 0);
  const Run wrong = check("scrape_configs: [{job_name: a, file_sd_configs: [{files: [good.yml, bad.json]}]}]");
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.err, Contains("  FAILED: checking SD file \"" + bad + "\": "));
  CHECK(check("alerting: {alertmanagers: [{file_sd_configs: [{files: ['*.json']}]}]}").code == 1);
  const Run none = check(
      "scrape_configs: [{job_name: a, file_sd_configs: [{files: ['/no/x*.yml']}]}]\n"
      "alerting: {alertmanagers: [{file_sd_configs: [{files: [/no/y.json]}]}]}");
  CHECK(none.code == 0);
  CHECK_THAT(none.out, Contains("  WARNING: file \"/no/x*.yml\" for file_sd in scrape job \"a\" does not exist\n"
                                "  WARNING: file \"/no/y.json\" for file_sd in alertmanager config does not exist\n"));
}

TEST_CASE("features may stand before the command and behind it", "[tool]") {
  const std::string rules = "groups: [{name: g, rules: [{record: a, expr: 'limitk(1, x)'}]}]";
  const std::string flag = "--enable-feature=promql-experimental-functions";
  CHECK(Tool({"check", "rules"}, rules).code == 1);
  CHECK(Tool({"check", "rules", flag}, rules).code == 0);
  CHECK(Tool({flag, "check", "rules"}, rules).code == 0);
  CHECK(Tool({"check", "--enable-feature", "promql-delayed-name-removal,promql-experimental-functions", "rules"}, rules)
            .code == 0);
  CHECK(Tool({flag, "promql", "explain", "limitk(1, x)"}).code == 0);
  CHECK(Tool({flag, "promql", "format", "x"}).code == 0);
  CHECK_THAT(Tool({"check", "rules", "--enable-feature=foo"}, kRules).out,
             Contains("  WARNING: Unknown feature passed to --enable-feature: foo"));
  Folder folder;
  folder.Write("r.yml", rules);
  const std::string config = folder.Write("p.yml", "rule_files: [r.yml]\n");
  CHECK(Tool({"check", "config", config}).code == 1);
  CHECK(Tool({flag, "check", "config", config}).code == 0);
}

TEST_CASE("unknown fields of rules are ignored on request", "[tool]") {
  const std::string rules = "groups: [{name: g, foo: 1, rules: [{record: a, expr: '1', bar: 2}]}]\nbaz: 1\n";
  CHECK(Tool({"check", "rules"}, rules).code == 1);
  CHECK(Tool({"check", "rules", "--ignore-unknown-fields"}, rules).code == 0);
  Folder folder;
  folder.Write("r.yml", rules);
  const std::string config = folder.Write("p.yml", "rule_files: [r.yml]\n");
  CHECK(Tool({"check", "config", config}).code == 1);
  CHECK(Tool({"check", "config", "--ignore-unknown-fields", config}).code == 0);
}

TEST_CASE("rules", "[tool]") {
  Folder folder;
  CHECK(Tool({"check", "rules", folder.Write("r.yml", kRules)}).code == 0);
  CHECK(Tool({"check", "rules"}, kRules).out == "Checking standard input\n  SUCCESS: 2 rules found\n\n");
  const Run bad = Tool({"check", "rules"}, "groups:\n- name: g\n  rules:\n  - record: a\n    expr: sum(\n");
  CHECK(bad.code == 1);
  CHECK_THAT(bad.err, Contains("FAILED"));
}

TEST_CASE("duplicate rules are a matter of taste", "[tool]") {
  const Run run = Tool({"check", "rules"}, kTwice);
  CHECK(run.code == 0);
  CHECK_THAT(run.err, Contains("1 duplicate rule(s) found.\nMetric: a:b\n"));
  CHECK(Tool({"check", "rules", "--lint-fatal"}, kTwice).code == 3);
  CHECK(Tool({"check", "rules", "--lint=none", "--lint-fatal"}, kTwice).code == 0);
  CHECK(Tool({"check", "rules", "--lint", "no-such"}, kTwice).code == 1);
}

TEST_CASE("a long scrape interval is found on request", "[tool]") {
  Folder folder;
  const std::string config = folder.Write("p.yml", "scrape_configs: [{job_name: slow, scrape_interval: 10m}]\n");
  CHECK(Tool({"check", "config", "--lint-fatal", config}).code == 0);
  CHECK(Tool({"check", "config", "--lint=too-long-scrape-interval", "--lint-fatal", config}).code == 3);
}

TEST_CASE("format", "[tool]") {
  CHECK(Tool({"--experimental", "promql", "format", "sum  by(a)(rate(x[5m]))"}).out == "sum by (a) (rate(x[5m]))\n");
  const Run bad = Tool({"promql", "format", "sum("});
  CHECK(bad.code == 1);
  CHECK_THAT(bad.err, Contains("parse error"));
}

// The shape and the words are those of server/api/README.md, "explain".
TEST_CASE("a plan is shown without a server", "[tool]") {
  CHECK(Tool({"promql", "explain", "--time=10", "sum by (a) (rate(x[5m])) > 2"}).out ==
        "arithmetic >  [steps=1 text=0..28]\n"
        "  aggregate sum by (a)  [steps=1 text=0..24]\n"
        "    function rate  [steps=1 text=12..23]\n"
        "      range_select x[5m]  [steps=1 text=17..22]\n"
        "  number 2  [steps=1 text=27..28]\n");
  CHECK(Tool({"promql", "explain", "--format=json", "--start=0", "--end=60", "--step=15s", "x offset 5m"}).out ==
        R"({"explain":{"operator":"select","detail":"x offset 5m","start":0,"end":11,"steps":5,"children":[]}})"
        "\n");
  // Without times of its own a range is the last five minutes, a step a second.
  CHECK(Tool({"promql", "explain", "--step=1", "x"}).out == "select x  [steps=301 text=0..1]\n");
  CHECK(Tool({"promql", "explain", "--start=0", "--end=2500", "x"}).out == "select x  [steps=251 text=0..1]\n");
  CHECK(Tool({"promql", "explain", "x"}).out == "select x  [steps=1 text=0..1]\n");
}

TEST_CASE("a plan depends on the features and the evaluation interval", "[tool]") {
  const Run off = Tool({"promql", "explain", "sort_by_label(x, \"a\")"});
  CHECK(off.code == 1);
  CHECK(off.out.empty());
  CHECK_THAT(off.err, Contains("sort_by_label") && Contains("is not enabled"));
  const Run on =
      Tool({"promql", "explain", "--enable-feature=promql-experimental-functions", "sort_by_label(x, \"a\")"});
  CHECK(on.code == 0);
  CHECK_THAT(on.out, Contains("function sort_by_label"));
  // (0, 60] has four multiples of 15 s, and one of a minute.
  const auto steps = [](const std::string& flag) {
    return Tool({"promql", "explain", "--time=60", flag, "max_over_time(x[1m:])"}).out;
  };
  CHECK_THAT(steps("--evaluation-interval=15s"), Contains("select x  [steps=4 "));
  CHECK_THAT(steps("--evaluation-interval=1m"), Contains("select x  [steps=1 "));
}

TEST_CASE("what cannot be explained is told on the error stream", "[tool]") {
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"sum("},
                                             {},
                                             {"x", "y"},
                                             {"--format=yaml", "x"},
                                             {"--time=soon", "x"},
                                             {"--time=1", "--step=1", "x"},
                                             {"--start=2", "--end=1", "--step=1", "x"},
                                             {"--start=0", "--end=20000", "--step=1", "x"},
                                             {"--start=0", "--end=1", "--step=1", "x[5m]"},
                                             {"--evaluation-interval=0", "x"},
                                             {"--no-such-flag", "x"}}) {
    std::vector<std::string> words = wrong;
    words.insert(words.begin(), {"promql", "explain"});
    const Run run = Tool(words);
    CHECK(run.code == 1);
    CHECK(run.out.empty());
    CHECK_FALSE(run.err.empty());
  }
}

TEST_CASE("label matchers are set in and taken from every selector") {
  const auto edited = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"--experimental", "promql", "label-matchers"});
    return Tool(words).out;
  };
  CHECK(edited({"set", "up", "job", "api"}) == "up{job=\"api\"}\n");
  CHECK(edited({"set", "-t", "!=", "up{job=~\"a.*\"} / rate(x[5m])", "job", "b"}) ==
        "up{job!=\"b\"} / rate(x{job!=\"b\"}[5m])\n");
  CHECK(edited({"set", "--type==~", "sum(x{a=\"1\"})", "b", ".+"}) == "sum(x{a=\"1\",b=~\".+\"})\n");
  CHECK(edited({"delete", "sum by (a) (x{a=\"1\",b=\"2\"}) + y{c=\"3\"}", "a"}) ==
        "sum by (a) (x{b=\"2\"}) + y{c=\"3\"}\n");
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"promql", "label-matchers"},
                                             {"promql", "label-matchers", "set", "up", "job"},
                                             {"promql", "label-matchers", "set", "-t", "~", "up", "job", "x"},
                                             {"promql", "label-matchers", "set", "-t", "=~", "up", "job", "("},
                                             {"promql", "label-matchers", "delete", "up{", "job"}}) {
    const Run run = Tool(wrong);
    CHECK(run.code == 1);
    CHECK(run.out.empty());
    CHECK_FALSE(run.err.empty());
  }
}

TEST_CASE("instant queries", "[tool]") {
  const std::string answer =
      R"({"status":"success","data":{"resultType":"vector","result":[)"
      R"({"metric":{"job":"j","__name__":"up"},"value":[1700000000,"1"]},{"metric":{},"value":[1700000000.5,"+Inf"]}]}})";
  const Run run = Tool({"query", "instant", "--time=5", "--header=X-Scope=a", "http://h:9090/", "up"}, "", answer);
  CHECK(run.code == 0);
  CHECK(run.out == "up{job=\"j\"} => 1 @[1700000000]\n{} => +Inf @[1700000000.5]\n");
  REQUIRE(run.requests.size() == 1);
  CHECK(run.requests[0].url == "http://h:9090/api/v1/query");
  CHECK(run.requests[0].body == "query=up&time=5");
  CHECK(run.requests[0].headers.Get("X-Scope") == "a");
  CHECK_THAT(Tool({"query", "instant", "-o", "json", "http://h", "up"}, "", answer).out, Contains("\"resultType\""));
  CHECK_THAT(Tool({"query", "instant", "--format=json", "http://h", "up"}, "", answer).out, Contains("\"resultType\""));
  CHECK(Tool({"query", "instant", "http://h", "1"}, "",
             R"({"status":"success","data":{"resultType":"scalar","result":[1,"2"]}})")
            .out == "scalar: 2 @[1]\n");
}

TEST_CASE("range queries", "[tool]") {
  const Run run = Tool({"query", "range", "http://h", "up"}, "",
                       R"({"status":"success","data":{"resultType":"matrix","result":[)"
                       R"({"metric":{"__name__":"up"},"values":[[1,"1"],[2.5,"0"]]}]}})");
  CHECK(run.out == "up =>\n1 @[1]\n0 @[2.5]\n");
  CHECK(run.requests.at(0).body == "query=up&start=1699999700.000&end=1700000000.000&step=1");
  CHECK(Tool({"query", "range", "--start=2020-01-01T00:00:00Z", "http://h", "up"}).code == 1);
}

TEST_CASE("series and labels", "[tool]") {
  const Run series = Tool({"query", "series", "--match=up", "--match=x", "http://h"}, "",
                          R"({"status":"success","data":[{"__name__":"up","a":"\""}]})");
  CHECK(series.out == "{__name__=\"up\", a=\"\\\"\"}\n");
  CHECK(series.requests.at(0).body == "match%5B%5D=up&match%5B%5D=x");
  CHECK(Tool({"query", "series", "http://h"}).code == 1);
  const Run labels = Tool({"query", "labels", "http://h", "job"}, "", R"({"status":"success","data":["a","b"]})");
  CHECK(labels.out == "a\nb\n");
  CHECK_THAT(labels.requests.at(0).url, Contains("/api/v1/label/job/values"));
  CHECK(labels.requests.at(0).method == "GET");
}

TEST_CASE("answers that are none", "[tool]") {
  const auto query = [](const std::string& answer, int status) {
    return Tool({"query", "instant", "http://h", "up"}, "", answer, status);
  };
  const Run refused = query(R"({"status":"error","errorType":"bad_data","error":"no"})", 400);
  CHECK(refused.code == 1);
  CHECK(refused.err == "query error: bad_data: no\n");
  CHECK(query("<html>", 502).err == "query error: server returned 502 and no JSON\n");
  CHECK(query(R"({"status":"success","data":{}})", 200).code == 1);
  CHECK(query(R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":1},"value":[]}]}})", 200)
            .code == 1);
  CHECK(query(R"({"status":1,"data":5})", 200).code == 1);
}

TEST_CASE("health", "[tool]") {
  CHECK(Tool({"check", "healthy"}).out == "  SUCCESS: Prometheus Server is Healthy.\n");
  const Run run = Tool({"check", "ready", "--url=http://x"}, "", "", 503);
  CHECK(run.code == 1);
  CHECK(run.requests.at(0).url == "http://x/-/ready");
}

TEST_CASE("words that are no command", "[tool]") {
  CHECK(Tool({}).code == 1);
  CHECK(Tool({"--help"}).code == 0);
  CHECK_THAT(Tool({"--version"}).out, Contains("vigiatool, version "));
  CHECK(Tool({"query", "backwards"}).code == 1);
  CHECK_THAT(Tool({"check", "rules", "--no-such"}).err, Contains("unknown flag '--no-such'"));
  CHECK_THAT(Tool({"check", "rules", "--lint"}).err, Contains("expected argument for flag"));
}
