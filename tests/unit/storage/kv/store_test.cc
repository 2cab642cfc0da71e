#include "storage/kv/store.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/resource.h>

#include "storage/bytes/varint.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace vigia::storage {
namespace {

using Keys = std::vector<std::string>;

class Folder {
 public:
  StoreOptions Options() const {
    StoreOptions options;
    options.path = parent_.Below("db");
    options.quarantine_path = parent_.Below("quarantine");
    return options;
  }
  std::unique_ptr<Store> Open() {
    auto store = Store::Open(Options(), registry_);
    INFO((store ? std::string() : store.error().what));
    REQUIRE(store.has_value());
    return std::move(*store);
  }
  Registry& registry() { return registry_; }
  Keys Tables(const std::string& folder) const {
    Keys out;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(parent_.Below(folder), none)) {
      if (entry.path().extension() == ".sst") out.push_back(entry.path().string());
    }
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  tests::TempFolder parent_;
  Registry registry_;
};

Keys KeysOf(const Store& store, Family family, std::string_view begin = {}, std::string_view end = {}) {
  Keys keys;
  const Status status = store.Scan(family, begin, end, [&](std::string_view key, std::string_view) -> Status {
    keys.emplace_back(key);
    return {};
  });
  REQUIRE(status.has_value());
  return keys;
}

void OverwriteEnd(const std::string& path, std::size_t bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-static_cast<std::streamoff>(bytes), std::ios::end);
  file << std::string(bytes, 'x');
  REQUIRE(file.good());
}

TEST_CASE("a batch reaches all its families, or is read back after a restart") {
  Folder folder;
  {
    const auto store = folder.Open();
    Batch batch;
    batch.Put(Family::kCatalog, "a", "1");
    batch.Put(Family::kWal0, "b", "2");
    batch.Put(Family::kState, "c", "3");
    REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
    batch.Clear();
    CHECK(batch.empty());
    batch.Delete(Family::kState, "c");
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
  }
  const auto store = folder.Open();
  CHECK((*store->Get(Family::kCatalog, "a"))->view() == "1");
  CHECK((*store->Get(Family::kWal0, "b"))->view() == "2");
  CHECK_FALSE(store->Get(Family::kState, "c")->has_value());
  REQUIRE(store->Recreate(Family::kWal0).has_value());
  CHECK(KeysOf(*store, Family::kWal0).empty());
}

TEST_CASE("a scan goes over a range in order and stops at an error") {
  Folder folder;
  const auto store = folder.Open();
  Batch batch;
  for (const char* key : {"d", "b", "a", "c"}) batch.Put(Family::kCatalog, key, "v");
  REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
  CHECK(KeysOf(*store, Family::kCatalog, "b", "d") == Keys{"b", "c"});
  CHECK(KeysOf(*store, Family::kCatalog) == Keys{"a", "b", "c", "d"});
  const Status stopped = store->Scan(Family::kCatalog, {}, {}, [](std::string_view, std::string_view) -> Status {
    return Error{Errc::kCancelled, "enough"};
  });
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().what == "enough");
}

TEST_CASE("bulk files come and go as a whole, none overlaps another") {
  Folder folder;
  const auto store = folder.Open();
  REQUIRE(store->AddBulk({{"b1", "x"}, {"b2", "y"}}, true).has_value());
  REQUIRE(store->AddBulk({{"a1", "z"}}, false).has_value());
  Keys files = store->BulkFiles();
  std::sort(files.begin(), files.end());
  CHECK(files == Keys{"a1", "b1"});
  CHECK(std::filesystem::exists(store->BulkFileOf("b15")));
  CHECK(store->BulkFileOf("c").empty());
  CHECK(store->MisplacedFiles() == 0);
  CHECK_FALSE(store->AddBulk({{"b15", "no"}}, false).has_value());
  REQUIRE(store->DropBulk("b", "c").has_value());
  CHECK(KeysOf(*store, Family::kData) == Keys{"a1"});
  PinnedValue own(std::string(100, 'p'));
  const PinnedValue moved = std::move(own);
  CHECK(moved.view() == std::string(100, 'p'));
}

TEST_CASE("a checkpoint opens as a database of its own") {
  Folder folder;
  Folder copy;
  const auto store = folder.Open();
  Batch batch;
  batch.Put(Family::kCatalog, "a", "1");
  REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
  REQUIRE(store->AddBulk({{"k", "v"}}, false).has_value());
  REQUIRE(store->Checkpoint(copy.Options().path).has_value());
  const auto other = copy.Open();
  CHECK((*other->Get(Family::kCatalog, "a"))->view() == "1");
  CHECK((*other->Get(Family::kData, "k"))->view() == "v");
}

TEST_CASE("a bulk file that does not open is set aside, the others stay") {
  Folder folder;
  std::string damaged;
  {
    const auto store = folder.Open();
    REQUIRE(store->AddBulk({{"a1", "x"}}, false).has_value());
    REQUIRE(store->AddBulk({{"b1", "y"}}, false).has_value());
    damaged = store->BulkFileOf("a1");
    CHECK(store->damaged_files().empty());
  }
  OverwriteEnd(damaged, 53);
  {
    StoreOptions strict = folder.Options();
    strict.quarantine_path.clear();
    const auto refused = Store::Open(strict, folder.registry());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::kCorruption);
  }
  {
    const auto store = folder.Open();
    REQUIRE(store->damaged_files().size() == 1);
    CHECK(std::filesystem::path(store->damaged_files()[0].path).filename() ==
          std::filesystem::path(damaged).filename());
    CHECK(store->damaged_files()[0].first_key == "a1");
    CHECK(folder.Tables("quarantine") == Keys{store->damaged_files()[0].kept_as});
    CHECK(KeysOf(*store, Family::kData) == Keys{"b1"});
  }
  CHECK(folder.Open()->damaged_files().empty());
}

TEST_CASE("a damaged file of another family makes the start fail by name and stays where it is") {
  Folder folder;
  {
    const auto store = folder.Open();
    Batch batch;
    batch.Put(Family::kCatalog, "a", "1");
    REQUIRE(store->Write(batch, WriteMode::kDisk).has_value());
    REQUIRE(store->Flush(Family::kCatalog).has_value());
  }
  const Keys tables = folder.Tables("db");
  REQUIRE(tables.size() == 1);
  OverwriteEnd(tables[0], 53);
  const auto refused = Store::Open(folder.Options(), folder.registry());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kCorruption);
  CHECK(refused.error().what.find(std::filesystem::path(tables[0]).filename()) != std::string::npos);
  CHECK(folder.Tables("db") == tables);
  CHECK(folder.Tables("quarantine").empty());
}

TEST_CASE("a database that lost its file CURRENT is not taken for a new one") {
  Folder folder;
  {
    const auto store = folder.Open();
    REQUIRE(store->AddBulk({{"a1", "x"}}, false).has_value());
  }
  const std::string current = folder.Options().path + "/CURRENT";
  const std::string kept = current + ".kept";
  std::filesystem::rename(current, kept);
  const Keys tables = folder.Tables("db");
  for (int round = 0; round < 2; ++round) {
    const auto refused = Store::Open(folder.Options(), folder.registry());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::kCorruption);
    CHECK(refused.error().what.find("has no file CURRENT") != std::string::npos);
    CHECK(folder.Tables("db") == tables);
    CHECK_FALSE(std::filesystem::exists(current));
  }
  std::filesystem::rename(kept, current);
  CHECK(KeysOf(*folder.Open(), Family::kData) == Keys{"a1"});
}

// No file can grow beyond that as long as it lives: what is appended fails as on a full disk.
class NoGrowth {
 public:
  explicit NoGrowth(rlim_t bytes = 1) {
    std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit none = before_;
    none.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  ~NoGrowth() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  NoGrowth(const NoGrowth&) = delete;
  NoGrowth& operator=(const NoGrowth&) = delete;

 private:
  rlimit before_{};
};

TEST_CASE("a log that could not be written to is not synced, which would end the process") {
  Folder folder;
  {
    const auto store = folder.Open();
    Batch batch;
    batch.Put(Family::kCatalog, "a", "1");
    REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
    REQUIRE(store->Sync().has_value());
    {
      const NoGrowth full;
      batch.Clear();
      batch.Put(Family::kCatalog, "b", "2");
      REQUIRE_FALSE(store->Write(batch, WriteMode::kProcess).has_value());
      CHECK_FALSE(store->Sync().has_value());
    }
  }
  const auto store = folder.Open();
  CHECK(KeysOf(*store, Family::kCatalog) == Keys{"a"});
  CHECK(store->Sync().has_value());
}

// A disk with room for the note that the family is dropped, but not for the one that it is there again.
TEST_CASE("a family that was dropped but could not be created again is created by the next call") {
  Folder folder;
  const auto store = folder.Open();
  Batch batch;
  batch.Put(Family::kWal1, "a", "1");
  REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
  std::uintmax_t manifest = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.Options().path)) {
    if (entry.path().filename().string().starts_with("MANIFEST")) manifest = entry.file_size();
  }
  REQUIRE(manifest > 0);
  {
    const NoGrowth full(manifest + 30);
    REQUIRE_FALSE(store->Recreate(Family::kWal1).has_value());
  }
  const Status again = store->Recreate(Family::kWal1);
  INFO((again ? std::string() : again.error().what));
  REQUIRE(again.has_value());
  CHECK(KeysOf(*store, Family::kWal1).empty());
}

TEST_CASE("what can be read of damaged exemplars is salvaged") {
  Folder folder;
  const auto key_of = [](std::uint32_t place) {
    std::string key;
    PutKey(key, place);
    return key;
  };
  const auto value_of = [](std::uint32_t place) { return std::string(100, 'v') + std::to_string(place); };
  constexpr std::uint32_t kPlaces = 2000;  // Some 15 blocks.
  std::string path;
  {
    const auto store = folder.Open();
    Batch batch;
    for (std::uint32_t i = 0; i < kPlaces; ++i) batch.Put(Family::kExemplars, key_of(3 * i), value_of(i));
    REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
    REQUIRE(store->Flush(Family::kExemplars).has_value());
    // Newer ones, in a file that is in order.
    batch.Clear();
    batch.Put(Family::kExemplars, key_of(3), "new");
    batch.Put(Family::kExemplars, key_of(3 * kPlaces), "new");
    REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
    for (const TableFile& file : store->TableFiles()) {
      if (file.family == Family::kExemplars) path = file.path;
    }
    const auto salvaged = store->SalvageExemplars();
    REQUIRE(salvaged.has_value());
    CHECK(salvaged->empty());
  }
  // Blocks at the beginning, in the middle and at the end of what holds the keys.
  const auto size = std::filesystem::file_size(path);
  for (const double at : {0.01, 0.5, 0.9}) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(static_cast<double>(size) * at));
    file << "damaged!";
    REQUIRE(file.good());
  }
  const auto store = folder.Open();
  CHECK_FALSE(store->Scan(Family::kExemplars, {}, {}, [](auto, auto) { return Status(); }).has_value());
  const auto salvaged = store->SalvageExemplars();
  REQUIRE(salvaged.has_value());
  REQUIRE(salvaged->size() == 1);
  CHECK(salvaged->front().path == path);
  CHECK(folder.Tables("quarantine") == Keys{salvaged->front().kept_as});
  std::size_t left = 0;
  REQUIRE(store
              ->Scan(Family::kExemplars, {}, {},
                     [&](std::string_view key, std::string_view value) {
                       ByteReader in(key);
                       const auto place = in.Key<std::uint32_t>();
                       CHECK(value == (place == 3 || place == 3 * kPlaces ? "new" : value_of(place / 3)));
                       ++left;
                       return Status();
                     })
              .has_value());
  CHECK(left < kPlaces);
  CHECK(left > kPlaces - 3 * 200);
  REQUIRE(store->MergeExemplars().has_value());
}

}  // namespace
}  // namespace vigia::storage
