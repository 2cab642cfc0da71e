#include "storage/inspect/opened_folder.h"

#include "storage/tsdb/data_folder.h"

namespace vigia::storage {

Result<std::unique_ptr<OpenedFolder>> OpenedFolder::Open(const std::string& path) {
  const auto folder = DataFolder::Look(path);
  if (!folder) return folder.error();
  std::unique_ptr<OpenedFolder> opened(new OpenedFolder(path));
  StoreOptions options;
  options.path = (*folder)->database_path();
  auto store = Store::OpenReadOnly(options, opened->registry_);
  // A server that came meanwhile may have removed files while they were being opened.
  if (const auto still = DataFolder::Look(path); !still) return still.error();
  if (!store) return store.error();
  opened->store_ = std::move(*store);
  return opened;
}

}  // namespace vigia::storage
