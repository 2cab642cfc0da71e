#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "storage/telemetry/registry.h"
#include "storage/tsdb/tsdb.h"
#include "tests/promqltest/test_storage.h"

namespace vigia::promqltest {
namespace {

// Removes its folder.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder() {
    std::error_code ignored;  // A folder left behind harms nobody.
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

class TsdbStorage : public TestStorage {
 public:
  TsdbStorage(const std::string& folder, bool sealed) : folder_(folder), sealed_(sealed) {}

  storage::Status Open() {
    storage::TsdbOptions options;
    options.path = folder_.path();
    options.background = false;
    options.seal_on_close = false;
    options.durability = storage::Durability::kNever;
    auto opened = storage::Tsdb::Open(std::move(options), registry_);
    if (!opened) return opened.error();
    tsdb_ = std::move(*opened);
    return {};
  }

  storage::Appendable& appendable() override { return *tsdb_; }
  const storage::Queryable& queryable() const override { return *tsdb_; }
  storage::Status Settle() override {
    if (!sealed_) return {};
    return tsdb_->RunMaintenance(storage::Tsdb::Maintenance::kEverything);
  }

 private:
  const TemporaryFolder folder_;
  const bool sealed_;
  storage::Registry registry_;
  std::unique_ptr<storage::Tsdb> tsdb_;
};

}  // namespace

storage::Result<std::unique_ptr<TestStorage>> NewTsdbStorage(bool sealed) {
  std::string path = (std::filesystem::temp_directory_path() / "vigia-promqltest-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) return storage::Error{storage::Errc::kIo, "cannot create a folder: " + path};
  auto made = std::make_unique<TsdbStorage>(path, sealed);
  if (storage::Status opened = made->Open(); !opened) return opened.error();
  return std::unique_ptr<TestStorage>(std::move(made));
}

}  // namespace vigia::promqltest
