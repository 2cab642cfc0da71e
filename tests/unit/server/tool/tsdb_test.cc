// vigiatool tsdb: texts as promtool's (cmd/promtool/tsdb.go), on folders that a storage made.
#include "storage/tsdb/tsdb.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "server/tool/tool.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace vigia;
using Catch::Matchers::Contains;
using storage::Labels;

namespace {

struct Run {
  int code = 0;
  std::string out;
  std::string err;
};

Run Tool(const std::vector<std::string>& words) {
  Run run;
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  run.code = server::RunTool(words, {in, out, err, nullptr, nullptr});
  run.out = out.str();
  run.err = err.str();
  return run;
}

constexpr storage::TimestampMs kNoon = 1'699'963'200'000;  // 2023-11-14T12:00:00Z

class Folder {
 public:
  std::string path() const { return parent_.Below("data"); }
  void Open() {
    storage::TsdbOptions options;
    options.path = path();
    options.background = false;
    options.clock = [] { return kNoon; };
    auto opened = storage::Tsdb::Open(options, registry_);
    REQUIRE((opened).has_value());
    db_ = std::move(*opened);
  }
  void Close() { db_.reset(); }
  void Append(const Labels& labels, storage::TimestampMs t, double v) {
    auto appender = db_->NewAppender({});
    REQUIRE(appender->Append(*appender->Resolve(labels), t, v) == storage::AppendOutcome::kAdded);
    REQUIRE((appender->Commit()).has_value());
  }
  void Append(const Labels& labels, storage::TimestampMs t, const storage::HistogramPtr& h) {
    auto appender = db_->NewAppender({});
    REQUIRE(appender->AppendHistogram(*appender->Resolve(labels), t, h) == storage::AppendOutcome::kAdded);
    REQUIRE((appender->Commit()).has_value());
  }

 private:
  tests::TempFolder parent_;
  storage::Registry registry_;
  std::unique_ptr<storage::Tsdb> db_;
};

const Labels kA{{"__name__", "m"}, {"job", "a \"b\"\n"}};
const Labels kB{{"__name__", "n"}};

void Fill(Folder& folder) {
  folder.Open();
  folder.Append(kB, kNoon, 1234567);
  folder.Append(kA, kNoon, 0.5);
  folder.Append(kA, kNoon + 15'001, -1);
  folder.Close();
}

}  // namespace

TEST_CASE("dump prints labels, value and milliseconds", "[tool]") {
  Folder folder;
  Fill(folder);
  const Run all = Tool({"tsdb", "dump", folder.path()});
  CHECK(all.err == "");
  CHECK(all.code == 0);
  CHECK(all.out ==
        "{__name__=\"m\", job=\"a \\\"b\\\"\\n\"} 0.5 1699963200000\n"
        "{__name__=\"m\", job=\"a \\\"b\\\"\\n\"} -1 1699963215001\n"
        "{__name__=\"n\"} 1.234567e+06 1699963200000\n");
  CHECK(Tool({"tsdb", "dump", "--match=n", folder.path()}).out == "{__name__=\"n\"} 1.234567e+06 1699963200000\n");
  CHECK(Tool({"tsdb", "dump", "--match", "n", "--match={__name__=~\"m|n\"}", folder.path()}).out == all.out);
  CHECK(Tool({"tsdb", "dump", "--min-time=1699963200001", folder.path()}).out ==
        "{__name__=\"m\", job=\"a \\\"b\\\"\\n\"} -1 1699963215001\n");
  CHECK(Tool({"tsdb", "dump", "--max-time=1699963199999", folder.path()}).out == "");
  CHECK(Tool({"tsdb", "dump", "--format=seriesjson", folder.path()}).out ==
        "{\"__name__\":\"m\",\"job\":\"a \\\"b\\\"\\n\"}\n{\"__name__\":\"n\"}\n");
}

TEST_CASE("histograms are dumped too", "[tool]") {
  Folder folder;
  auto h = std::make_shared<storage::FloatHistogram>();
  h->count = 3;
  h->sum = 1.5;
  h->zero_threshold = 0.001;
  h->zero_count = 1;
  h->positive_spans = {{0, 1}};
  h->positive_buckets = {2};
  folder.Open();
  folder.Append(kB, kNoon, h);
  folder.Append(kB, kNoon + 1000, 4);
  folder.Close();
  CHECK(Tool({"tsdb", "dump", folder.path()}).out ==
        "{__name__=\"n\"} {count:3, sum:1.5, [-0.001,0.001]:1, (0.5,1]:2} 1699963200000\n"
        "{__name__=\"n\"} 4 1699963201000\n");
  const Run text = Tool({"tsdb", "dump-openmetrics", folder.path()});
  CHECK(text.out == "n{} 4 1699963201.000\n# EOF\n");
  CHECK_THAT(text.err, Contains("1 native histogram samples are left out"));
}

TEST_CASE("dump-openmetrics prints seconds and an end", "[tool]") {
  Folder folder;
  Fill(folder);
  folder.Open();
  folder.Append(Labels{{"__name__", "a.b"}, {"c d", "1"}}, kNoon, 1);
  folder.Close();
  const Run run = Tool({"tsdb", "dump-openmetrics", folder.path()});
  CHECK(run.code == 0);
  CHECK(run.out ==
        "{\"a.b\", \"c d\"=\"1\"} 1 1699963200.000\n"
        "m{job=\"a \\\"b\\\"\\n\"} 0.5 1699963200.000\n"
        "m{job=\"a \\\"b\\\"\\n\"} -1 1699963215.001\n"
        "n{} 1.234567e+06 1699963200.000\n"
        "# EOF\n");
}

TEST_CASE("list prints a line per run", "[tool]") {
  Folder folder;
  Fill(folder);
  const Run plain = Tool({"tsdb", "list", folder.path()});
  CHECK(plain.code == 0);
  std::istringstream lines(plain.out);
  std::string head;
  std::string run;
  std::getline(lines, head);
  std::getline(lines, run);
  CHECK(head == "DAY         TIER  RUN  MIN TIME       MAX TIME       DURATION  NUM SAMPLES  NUM SERIES  SIZE  FILES");
  CHECK_THAT(run, Contains("2023-11-14  0     1    1699963200000  1699963215001  15001     3            2           "));
  CHECK_THAT(run, Contains(".sst"));
  for (const char* flag : {"-r", "--human-readable"}) {
    const Run human = Tool({"tsdb", "list", flag, folder.path()});
    CHECK_THAT(human.out, Contains("2023-11-14T12:00:15.001Z  15.001s   3"));
    CHECK_THAT(human.out, Contains("KiB"));
  }
}

TEST_CASE("analyze prints promtool's sections and the costs", "[tool]") {
  Folder folder;
  Fill(folder);
  const Run run = Tool({"tsdb", "analyze", "--limit=1", folder.path()});
  CHECK(run.err == "");
  CHECK(run.code == 0);
  CHECK_THAT(run.out, Contains("Duration: 15.001s\nTotal Series: 2\nTotal Samples: 3 (0 of them in the log)\n"
                               "Label names: 2\nPostings (unique label pairs): 3\n"
                               "Postings entries (total label pairs): 3\n"));
  CHECK_THAT(run.out, Contains("\nLabel pairs most involved in churning:\n1 __name__=n\n\n"));
  CHECK_THAT(run.out, Contains("\nHighest cardinality labels:\n2 __name__\n\n"));
  CHECK_THAT(run.out, Contains("\nHighest cardinality metric names:\n1 m\n\n"));
  CHECK_THAT(run.out, Contains("\nBytes by encoding (row groups, before block compression):\n"));
  CHECK_THAT(Tool({"tsdb", "analyze", "--match=n", folder.path()}).out, Contains("Total Series: 1\n"));
  CHECK(Tool({"tsdb", "analyze", "--match=x", folder.path()}).out == "Total Series: 0\n");
}

TEST_CASE("verify tells of damage and fails", "[tool]") {
  Folder folder;
  Fill(folder);
  const Run good = Tool({"tsdb", "verify", folder.path()});
  CHECK(good.code == 0);
  CHECK_THAT(good.out, Catch::Matchers::StartsWith("SUCCESS: "));
  CHECK_THAT(good.out, Contains(" 1 row groups, "));
  CHECK_THAT(good.out, Contains(" 2 series, 0 findings\n"));
  std::string file;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() + "/db")) {
    if (entry.path().extension() != ".sst") continue;
    std::fstream sst(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    sst.seekp(10);
    sst.put('\xee');
    file = entry.path().string();
  }
  const Run bad = Tool({"tsdb", "verify", folder.path()});
  CHECK(bad.code == 1);
  CHECK_THAT(bad.out, Contains("DAMAGED: " + file + ": "));
  CHECK_THAT(bad.out, Contains("FAILED: "));
}

TEST_CASE("a folder in use, or none, is refused", "[tool]") {
  Folder folder;
  const std::string command = GENERATE("list", "analyze", "dump", "dump-openmetrics", "verify");
  const Run none = Tool({"tsdb", command, folder.path()});
  CHECK(none.code == 1);
  CHECK(none.err == "vigiatool: error: " + folder.path() + " is no data folder: it has no file VERSION\n");
  folder.Open();
  const Run used = Tool({"tsdb", command, folder.path()});
  CHECK(used.code == 1);
  CHECK_THAT(used.err, Contains("is in use by a running server"));
  CHECK_THAT(used.err, Contains("snapshot"));
  CHECK(used.out == "");
}

TEST_CASE("arguments that make no sense", "[tool]") {
  CHECK_THAT(Tool({"tsdb", "analyze", "--limit=x"}).err, Contains("expected a number for --limit"));
  CHECK_THAT(Tool({"tsdb", "dump", "--min-time=now"}).err, Contains("expected Unix milliseconds for --min-time"));
  CHECK_THAT(Tool({"tsdb", "dump", "--format=xml"}).err, Contains("must be one of prom,seriesjson"));
  CHECK_THAT(Tool({"tsdb", "dump", "--match={"}).err, Contains("error"));
  CHECK_THAT(Tool({"tsdb", "verify", "a", "b"}).err, Contains("expected one data folder"));
}
