#include "storage/wal/log.h"

#include <chrono>
#include <map>
#include <string>
#include <thread>

#include <sys/resource.h>

#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace vigia::storage {
namespace {

// No file can be opened as long as it lives.
class NoFiles {
 public:
  NoFiles() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    rlimit none = before_;
    none.rlim_cur = 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  ~NoFiles() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  NoFiles(const NoFiles&) = delete;
  NoFiles& operator=(const NoFiles&) = delete;

 private:
  rlimit before_{};
};

struct Opened {
  explicit Opened(const tests::TempFolder& folder) {
    StoreOptions options;
    options.path = folder.Below("db");
    auto opened = Store::Open(options, registry);
    REQUIRE(opened.has_value());
    store = std::move(*opened);
    log = std::make_unique<Log>(*store, registry);
    const Status status = log->Replay([this](std::uint64_t seq, std::uint32_t, std::string_view frame) -> Status {
      frames.emplace(seq, frame);
      return {};
    });
    REQUIRE(status.has_value());
    log->StartAfter(frames.empty() ? 0 : frames.rbegin()->first, 0);
  }
  Status Append(std::string_view frame) {
    Batch batch;
    const Log::Entry entry(*log);
    return log->Append(batch, log->NextSeq(), frame, WriteMode::kProcess);
  }

  Registry registry;
  std::unique_ptr<Store> store;
  std::unique_ptr<Log> log;
  std::map<std::uint64_t, std::string> frames;  // What Replay() found.
};

using Frames = std::map<std::uint64_t, std::string>;

TEST_CASE("a log file that cannot be started costs nothing but a file") {
  const tests::TempFolder folder;
  {
    Opened opened(folder);
    REQUIRE(opened.Append("before").has_value());
    {
      const NoFiles none;
      REQUIRE_FALSE(opened.store->StartLogFile().has_value());
      REQUIRE(opened.log->Rotate());  // Does what it is for, in the file that there is.
      CHECK(opened.log->generation() == 2);
      REQUIRE(opened.Append("meanwhile").has_value());
    }
    REQUIRE(opened.Append("after").has_value());
    REQUIRE(opened.store->StartLogFile().has_value());
  }
  {
    Opened again(folder);
    CHECK(again.frames == Frames{{1, "before"}, {2, "meanwhile"}, {3, "after"}});
    REQUIRE(again.log->Truncate().has_value());
  }
  CHECK(Opened(folder).frames == Frames{{2, "meanwhile"}, {3, "after"}});
}

TEST_CASE("writing goes on once files can be created again") {
  const tests::TempFolder folder;
  {
    Opened opened(folder);
    REQUIRE(opened.Append("before").has_value());
    {
      const NoFiles none;
      // RocksDB begins a log file for this, and refuses writes since it cannot.
      REQUIRE_FALSE(opened.store->Flush(Family::kWal0).has_value());
      REQUIRE_FALSE(opened.Append("refused").has_value());
    }
    Status status;
    for (int i = 0; i < 500; ++i) {
      static_cast<void>(opened.store->Resume());
      status = opened.Append("after");
      if (status) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    INFO((status ? std::string() : status.error().what));
    REQUIRE(status.has_value());
  }
  const Opened again(folder);
  CHECK(again.frames.begin()->second == "before");
  CHECK(again.frames.rbegin()->second == "after");
}

}  // namespace
}  // namespace vigia::storage
