#include "server/reader/joined_queryable.h"

#include <latch>
#include <map>
#include <mutex>

#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "server/remote/read_endpoint.h"
#include "server/remote/read_request.h"
#include "server/remote/snappy_block.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

using namespace vigia;
using namespace vigia::server;
using namespace vigia::tests;
using storage::Labels;
using storage::Matcher;

namespace {

// A server that is asked: its own endpoint over a storage of its own, behind which each request is kept.
class Remote {
 public:
  explicit Remote(Labels external = {}) {
    RegisterRemoteRead(inner_, {memory, registry_, Logger::Silent(), [external] { return external; }, {}});
    router_.Add({"POST"}, "/read", [this](const Request& http) {
      DecodeBuffer buffer;
      const auto message = DecodeSnappyBlock(http.body, 1 << 20, buffer);
      const std::lock_guard lock(mu_);
      requests_.push_back(DecodeReadRequest(*message).value());
      headers_ = http.headers;
      if (answer_after != nullptr) answer_after->wait();
      if (answer) return *answer;
      Request inner = http;
      // Of the two kinds that are asked for.
      if (samples_only) inner.body = EncodeSnappyBlock(WithoutTypes(*message));
      return (*inner_.Find("POST", "/api/v1/read").handler)(inner);
    });
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    server_ = std::make_unique<HttpServer>(options, router_, registry_, Logger::Silent());
    REQUIRE(server_->Start().has_value());
  }

  config::RemoteReadConfig Config() const {
    config::RemoteReadConfig config;
    config.url = Url();
    config.name = "r";
    config.read_recent = true;
    return config;
  }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/read"; }
  std::vector<ReadRequest> requests() {
    const std::lock_guard lock(mu_);
    return requests_;
  }
  std::string header(const char* name) {
    const std::lock_guard lock(mu_);
    return std::string(headers_.Get(name));
  }

  MemoryStorage memory;
  std::optional<Response> answer;  // Instead of the true one.
  bool samples_only = false;
  std::latch* answer_after = nullptr;

 private:
  // The accepted response types are the last field of the message, and four bytes long.
  static std::string WithoutTypes(std::string_view message) {
    return std::string(message.substr(0, message.size() - 4));
  }

  storage::Registry registry_;
  Router inner_;
  Router router_;
  std::mutex mu_;
  std::vector<ReadRequest> requests_;
  Headers headers_;
  std::unique_ptr<HttpServer> server_;
};

struct Fixture {
  Fixture()
      : reads({io.executor(), registry,
               [](const config::RemoteReadConfig&) -> storage::Result<ClientOptions> { return ClientOptions(); }}),
        joined(local, reads, [this] { return complete_since; }) {}

  void Apply(std::vector<config::RemoteReadConfig> remotes, Labels external = {}) {
    config::Config config;
    config.remote_read = std::move(remotes);
    config.global.external_labels = std::move(external);
    REQUIRE(reads.Apply(config).has_value());
  }

  std::unique_ptr<storage::Selection> Select(std::vector<Matcher> matchers, storage::TimestampMs start = 0,
                                             storage::TimestampMs end = 10'000, std::uint64_t limit = 0) {
    storage::SelectHints hints;
    hints.start_ms = start;
    hints.end_ms = end;
    hints.step_ms = 15;
    hints.function = "rate";
    hints.limit = limit;
    const auto querier = joined.NewQuerier(start, end);
    return std::move(querier->Select(hints, matchers).value());
  }

  // "name{...} t=v ...", sorted.
  static std::vector<std::string> Text(const storage::Selection& selection) {
    std::vector<std::string> out;
    storage::ReadBuffer buffer;
    for (std::size_t i = 0; i < selection.size(); ++i) {
      std::string line = selection.labels(i).ToString();
      const auto view = selection.Read(i, buffer).value();
      for (std::size_t k = 0; k < view.t.size(); ++k) line += fmt::format(" {}={}", view.t[k], view.v[k]);
      out.push_back(std::move(line));
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  std::vector<std::string> Samples(std::vector<Matcher> matchers, storage::TimestampMs start = 0,
                                   storage::TimestampMs end = 10'000) {
    return Text(*Select(std::move(matchers), start, end));
  }
  double Value(std::string_view name, const Labels& labels) {
    for (const auto& family : registry.Collect()) {
      for (const auto& point : family.points) {
        if (family.name == name && point.labels == labels && point.suffix != "_bucket") return point.value;
      }
    }
    return -1;
  }

  MemoryStorage local;
  storage::TimestampMs complete_since = 0;
  storage::Registry registry;
  IoThreads io{2};
  RemoteReads reads;
  JoinedQueryable joined;
};

// A query with room for so many bytes that is cancelled when it has been asked so often whether it is.
class Query final : public storage::Asker {
 public:
  explicit Query(std::uint64_t bytes, int looks = 1'000'000) : left(bytes), looks_(looks) {}
  storage::Status Interrupted() const override {
    if (looks_-- > 0) return {};
    return storage::Error{storage::Errc::kCancelled, "no longer"};
  }
  storage::Status Reserve(std::uint64_t bytes) override {
    if (bytes > left) return storage::Error{storage::Errc::kLimit, "too much"};
    left -= bytes;
    return {};
  }
  void Release(std::uint64_t bytes) override { left += bytes; }

  std::uint64_t left;

 private:
  mutable int looks_;
};

const Matcher kM = Matcher::Equal("__name__", "m");

}  // namespace

TEST_CASE("samples of a remote join the local ones, streamed or not") {
  Remote remote;
  remote.samples_only = GENERATE(false, true);
  Fixture f;
  f.local.AddEvery({{"__name__", "m"}, {"i", "both"}}, 1'000, {0, 1, 2});
  f.local.AddEvery({{"__name__", "m"}, {"i", "local"}}, 1'000, {5});
  remote.memory.Add({{"__name__", "m"}, {"i", "both"}}, 1'000, 99);  // The local sample counts.
  remote.memory.Add({{"__name__", "m"}, {"i", "both"}}, 1'500, 1.5);
  remote.memory.Add({{"__name__", "m"}, {"i", "both"}}, 9'000, 9);
  remote.memory.Add({{"__name__", "m"}, {"i", "both"}}, 99'000, 9);  // Not asked for.
  remote.memory.Add({{"__name__", "m"}, {"i", "remote"}}, 2'000, 7);
  f.Apply({remote.Config()});
  CHECK(f.Samples({kM}) == std::vector<std::string>{R"(m{i="both"} 0=0 1000=1 1500=1.5 2000=2 9000=9)",
                                                    R"(m{i="local"} 0=5)", R"(m{i="remote"} 2000=7)"});
  CHECK(f.Select({kM}, 0, 10'000, 2)->size() == 2);
  const Labels labels{{"remote_name", "r"}, {"url", remote.Url()}};
  const Labels with = storage::LabelsBuilder(labels)
                          .Set("response_type", remote.samples_only ? "sampled" : "chunked")
                          .Set("code", "200")
                          .Build();
  CHECK(f.Value("prometheus_remote_read_client_queries_total", with) == 2);
  CHECK(f.Value("prometheus_remote_read_client_queries", labels) == 0);
}

TEST_CASE("what a remote is asked") {
  Remote remote;
  Fixture f;
  config::RemoteReadConfig config = remote.Config();
  config.headers = {{"X-Scope", "team"}};
  f.Apply({config});
  f.Select({kM, Matcher::Create(storage::MatchType::kNotRegex, "a", "b.*").value()}, 100, 5'000);
  const auto requests = remote.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].response_type == ReadResponseType::kStreamedXorChunks);
  REQUIRE(requests[0].queries.size() == 1);
  const ReadQuery& query = requests[0].queries[0];
  CHECK(query.start_ms == 100);
  CHECK(query.end_ms == 5'000);
  REQUIRE(query.matchers.size() == 2);
  CHECK(query.matchers[0] == kM);
  CHECK(query.matchers[1].ToString() == R"(a!~"b.*")");
  CHECK(remote.header("X-Prometheus-Remote-Read-Version") == "0.1.0");
  CHECK(remote.header("Content-Encoding") == "snappy");
  CHECK(remote.header("X-Scope") == "team");
}

TEST_CASE("without read_recent a remote is asked only for what is older than local storage") {
  Remote remote;
  remote.memory.AddEvery({{"__name__", "m"}}, 1'000, {0, 1, 2, 3, 4, 5});
  Fixture f;
  config::RemoteReadConfig config = remote.Config();
  config.read_recent = false;
  f.Apply({config});
  f.complete_since = 3'000;
  CHECK(f.Samples({kM}) == std::vector<std::string>{"m 0=0 1000=1 2000=2 3000=3"});
  CHECK(f.Samples({kM}, 3'001).empty());
  CHECK(remote.requests().size() == 1);
  CHECK(f.Samples({kM}, 3'000) == std::vector<std::string>{"m 3000=3"});
}

TEST_CASE("required matchers keep other selectors from a remote") {
  Remote remote;
  remote.memory.Add({{"__name__", "m"}, {"job", "a"}}, 1'000, 1);
  Fixture f;
  config::RemoteReadConfig config = remote.Config();
  config.required_matchers = {{"__name__", "m"}, {"job", "a"}};
  f.Apply({config});
  const Matcher job = Matcher::Equal("job", "a");
  CHECK(f.Samples({kM}).empty());
  CHECK(f.Samples({kM, Matcher::Create(storage::MatchType::kRegex, "job", "a").value()}).empty());
  CHECK(f.Samples({kM, Matcher::Equal("job", "b")}).empty());
  CHECK(remote.requests().empty());
  CHECK(f.Samples({job, kM}) == std::vector<std::string>{R"(m{job="a"} 1000=1)"});
}

TEST_CASE("external labels are added to the question and taken off the answer") {
  Remote remote(Labels{{"site", "here"}, {"zone", "z"}});
  remote.memory.Add({{"__name__", "m"}}, 1'000, 1);
  Fixture f;
  const Labels external{{"site", "here"}, {"zone", "z"}};
  SECTION("by default") {
    f.Apply({remote.Config()}, external);
    f.local.Add({{"__name__", "m"}}, 2'000, 2);
    CHECK(f.Samples({kM}) == std::vector<std::string>{"m 1000=1 2000=2"});
    // The server's endpoint has rewritten the matchers: they matched.
    CHECK(remote.requests()[0].queries[0].matchers.size() == 3);
  }
  SECTION("unless a selector names them") {
    f.Apply({remote.Config()}, external);
    CHECK(f.Samples({kM, Matcher::Equal("site", "here")}) == std::vector<std::string>{R"(m{site="here"} 1000=1)"});
    CHECK(remote.requests()[0].queries[0].matchers.size() == 3);
  }
  SECTION("not when they are not filtered") {
    config::RemoteReadConfig config = remote.Config();
    config.filter_external_labels = false;
    f.Apply({config}, external);
    CHECK(f.Samples({kM}) == std::vector<std::string>{R"(m{site="here", zone="z"} 1000=1)"});
    CHECK(remote.requests()[0].queries[0].matchers.size() == 1);
  }
}

TEST_CASE("two remotes: the first one's sample counts, each failure is a warning") {
  Remote one;
  Remote two;
  one.memory.Add({{"__name__", "m"}}, 1'000, 1);
  one.memory.Add({{"__name__", "m"}}, 2'000, 1);
  two.memory.Add({{"__name__", "m"}}, 2'000, 2);
  two.memory.Add({{"__name__", "m"}}, 3'000, 2);
  Fixture f;
  config::RemoteReadConfig second = two.Config();
  second.name = "two";
  f.Apply({one.Config(), second});
  CHECK(f.Samples({kM}) == std::vector<std::string>{"m 1000=1 2000=1 3000=2"});
  CHECK(f.Select({kM})->warnings().empty());

  Response broken;
  broken.status = 500;
  broken.body = "out of order\n";
  one.answer = broken;
  const auto selection = f.Select({kM});
  CHECK(f.Text(*selection) == std::vector<std::string>{"m 2000=2 3000=2"});
  CHECK(selection->warnings() ==
        std::vector<std::string>{"remote_read: remote server " + one.Url() +
                                 " returned http status 500 Internal Server Error: out of order"});
}

TEST_CASE("a remote that cannot be reached or talks nonsense") {
  Remote remote;
  Fixture f;
  f.local.Add({{"__name__", "m"}}, 1'000, 1);
  config::RemoteReadConfig config = remote.Config();
  std::string warning;
  SECTION("nobody there") {
    config.url = "http://user:hunter2@127.0.0.1:1/read";
    warning =
        "remote_read: error sending request: Post \"http://user:xxxxx@127.0.0.1:1/read\": dial tcp 127.0.0.1:1: "
        "connect: connection refused";
  }
  SECTION("another content type") {
    remote.answer.emplace();
    remote.answer->content_type = "text/html";
    remote.answer->body = "<html>";
    warning = "remote_read: unsupported content type: text/html";
  }
  SECTION("a torn stream") {
    remote.answer.emplace();
    remote.answer->content_type = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
    remote.answer->body = "\x7fgarbage";
    warning = "remote_read: unexpected EOF";
  }
  f.Apply({config});
  const auto selection = f.Select({kM});
  CHECK(f.Text(*selection) == std::vector<std::string>{"m 1000=1"});
  CHECK(selection->warnings() == std::vector<std::string>{warning});
}

TEST_CASE("what a remote gives is memory of the query") {
  Remote remote;
  for (int i = 0; i < 100'000; ++i) remote.memory.Add({{"__name__", "m"}}, i, i);
  remote.samples_only = GENERATE(false, true);
  Fixture f;
  f.Apply({remote.Config()});
  storage::SelectHints hints;
  hints.start_ms = 0;
  hints.end_ms = 1'000'000;
  const auto querier = f.joined.NewQuerier(hints.start_ms, hints.end_ms);
  const std::vector<Matcher> matchers = {kM};

  constexpr std::uint64_t kRoom = 64 << 20;
  Query enough(kRoom);
  hints.asker = &enough;
  CHECK(f.Text(*querier->Select(hints, matchers).value()).size() == 1);
  CHECK(enough.left <= kRoom - 100'000 * 16);
  CHECK(enough.left >= kRoom - 100'000 * 64);  // The answer's bytes were given back.

  Query little(1 << 20);
  hints.asker = &little;
  const auto refused = querier->Select(hints, matchers);
  REQUIRE(refused.has_error());
  CHECK(refused.error().what == "too much");
  CHECK(f.Value("vigia_remote_read_client_limit_total", {{"remote_name", "r"}, {"url", remote.Url()}}) == 0);
}

TEST_CASE("a query that is cancelled does not wait for its remotes") {
  std::latch answer(1);
  Remote remote;
  remote.answer_after = &answer;
  Fixture f;
  f.Apply({remote.Config()});
  Query query(1 << 20, 2);
  storage::SelectHints hints;
  hints.start_ms = 0;
  hints.end_ms = 10'000;
  hints.asker = &query;
  const std::vector<Matcher> matchers = {kM};
  const auto selection = f.joined.NewQuerier(0, 10'000)->Select(hints, matchers);
  answer.count_down();
  REQUIRE(selection.has_error());
  CHECK(selection.error().code == storage::Errc::kCancelled);
}

TEST_CASE("native histograms come along") {
  Remote remote;
  auto h = std::make_shared<storage::FloatHistogram>();
  h->integer = true;
  h->count = 2;
  h->sum = 3;
  h->positive_spans = {{0, 1}};
  h->positive_buckets = {2};
  remote.memory.Add({{"__name__", "m"}}, 1'000, 0, h);
  Fixture f;
  f.local.Add({{"__name__", "m"}}, 2'000, 4);
  f.Apply({remote.Config()});
  const auto selection = f.Select({kM});
  storage::ReadBuffer buffer;
  const auto view = selection->Read(0, buffer).value();
  REQUIRE(view.t.size() == 2);
  REQUIRE(view.h.size() == 2);
  CHECK(view.h[0]->positive_buckets == std::vector<double>{2});
  CHECK(view.h[1] == nullptr);
  CHECK(view.v[1] == 4);
}

TEST_CASE("labels are those of local storage, with a warning") {
  Remote remote;
  Fixture f;
  f.local.Add({{"__name__", "m"}, {"i", "1"}}, 1'000, 1);
  const auto names = [&] { return f.joined.NewQuerier(0, 10'000)->LabelNames({}, 0).value(); };
  CHECK(names().warnings.empty());
  CHECK(f.joined.NewQuerier(0, 1)->LabelValues("i", {}, 0)->warnings.empty());
  f.Apply({remote.Config()});
  CHECK(names().values == std::vector<std::string>{"__name__", "i"});
  CHECK(names().warnings == std::vector<std::string>{"not implemented"});
  CHECK(f.joined.NewQuerier(0, 10'000)->LabelValues("i", {}, 0)->values == std::vector<std::string>{"1"});
  CHECK(remote.requests().empty());
}

TEST_CASE("a reload keeps remotes that stay the same") {
  Remote remote;
  Fixture f;
  f.Apply({remote.Config()});
  const auto before = f.reads.Current();
  f.Apply({remote.Config()});
  CHECK(f.reads.Current()->at(0) == before->at(0));
  f.Apply({remote.Config()}, Labels{{"site", "x"}});
  CHECK(f.reads.Current()->at(0) != before->at(0));
  f.Apply({});
  CHECK(f.reads.Current()->empty());
  CHECK(remote.requests().empty());
}
