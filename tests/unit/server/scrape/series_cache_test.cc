#include "server/scrape/series_cache.h"

#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::storage::SeriesRef;

namespace {

// Reads a body of lines that are all series, and returns how many were predicted.
int Read(SeriesCache& cache, const std::vector<std::string>& lines) {
  int predicted = 0;
  cache.Begin();
  for (const std::string& line : lines) {
    SeriesCache::Index index = cache.Predicted();
    if (index != SeriesCache::kNone && cache.Matches(index, line)) {
      ++predicted;
    } else {
      index = cache.Find(line);
    }
    if (index == SeriesCache::kNone) {
      index = cache.Add(line, SeriesCache::Kind::kSeries);
      cache.at(index).ref = static_cast<SeriesRef>(line[0]);
    }
    cache.Visit(index);
    cache.Track(index);
  }
  return predicted;
}

}  // namespace

TEST_CASE("the order of the last body predicts that of the next") {
  SeriesCache cache;
  CHECK(Read(cache, {"a", "b", "c", "d"}) == 0);
  cache.Accept();
  CHECK(Read(cache, {"a", "b", "c", "d"}) == 4);
  cache.Accept();
  CHECK(Read(cache, {"a", "x", "b", "c", "d"}) == 3);  // One new line costs two predictions: its own and the next.
  cache.Accept();
  CHECK(Read(cache, {"a", "x", "b", "c", "d"}) == 5);
  cache.Accept();
  CHECK(Read(cache, {"b", "c", "d"}) == 2);  // Missing lines in front.
  CHECK(cache.Vanished() == std::vector<SeriesRef>{SeriesRef{'a'}, SeriesRef{'x'}});
  cache.Accept();
  CHECK(cache.size() == 3);
  CHECK(Read(cache, {"b", "c", "d"}) == 3);
}

TEST_CASE("a line visited twice is told apart") {
  SeriesCache cache;
  cache.Begin();
  const auto index = cache.Add("a", SeriesCache::Kind::kSeries);
  CHECK(cache.Visit(index));
  CHECK_FALSE(cache.Visit(index));
}

TEST_CASE("what was stored survives a failed body and forgotten lines") {
  SeriesCache cache;
  Read(cache, {"a", "b"});
  cache.Accept();
  Read(cache, {"b", "c"});  // Fails at its end.
  CHECK(cache.AllTracked() == std::vector<SeriesRef>{SeriesRef{'a'}, SeriesRef{'b'}});
  CHECK_FALSE(cache.Reject());
  CHECK(cache.AllTracked().empty());
  Read(cache, {"a", "b"});
  CHECK(cache.Vanished().empty());
  cache.Accept();
  cache.Invalidate();
  CHECK(cache.size() == 0);
  Read(cache, {"b"});
  CHECK(cache.Vanished() == std::vector<SeriesRef>{SeriesRef{'a'}});
}

TEST_CASE("lines that stay in a new order are kept in that order") {
  SeriesCache cache;
  Read(cache, {"a", "b", "c", "d"});
  cache.Accept();
  CHECK(Read(cache, {"a", "c", "b", "d"}) < 4);
  cache.Accept();
  for (int i = 0; i < 20; ++i) {
    CHECK(Read(cache, {"a", "c", "b", "d"}) == 4);
    CHECK(cache.Vanished().empty());
    cache.Accept();
  }
  CHECK(Read(cache, {"a", "c", "d"}) >= 2);
  CHECK(cache.Vanished() == std::vector<SeriesRef>{SeriesRef{'b'}});
}

TEST_CASE("a body may have a line twice, in order and later") {
  SeriesCache cache;
  for (int i = 0; i < 30; ++i) {
    Read(cache, {"a", "b", "b", "a", "c"});
    CHECK(cache.Vanished().empty());
    cache.Accept();
    CHECK(cache.size() == 3);
  }
}

TEST_CASE("a line costs some thirty bytes, whatever its length") {
  SeriesCache cache;
  std::vector<std::string> lines;
  for (int i = 0; i < 1000; ++i) lines.push_back(std::string(200, 'x') + std::to_string(i));
  for (int i = 0; i < 3; ++i) {
    Read(cache, lines);
    cache.Accept();
  }
  CHECK(cache.bytes() <= 30 * lines.size());
}
