#include "storage/catalog/records.h"

#include "storage/bytes/varint.h"

namespace vigia::storage {
namespace {

constexpr char kTargetTag = 't';
constexpr char kLineTag = 'l';
constexpr char kColumnTag = 'c';

std::string Key(char tag, std::uint32_t id) {
  std::string key(1, tag);
  PutKey(key, id);
  return key;
}

std::string After(char tag) { return std::string(1, static_cast<char>(tag + 1)); }

Error Damaged(std::string_view what) { return {Errc::kCorruption, std::string("catalog: damaged ").append(what)}; }

template <class Fn>
Status ReadLabels(const Store& store, char tag, std::string_view what, Fn&& fn) {
  return store.Scan(Family::kCatalog, std::string(1, tag), After(tag),
                    [&](std::string_view key, std::string_view value) {
                      ByteReader in(key.substr(1));
                      const auto id = in.Key<std::uint32_t>();
                      if (!in.ok() || id == 0 || !Labels::IsWellFormed(value)) return Status(Damaged(what));
                      return fn(id, Labels::FromBytes(std::string(value)));
                    });
}

}  // namespace

void PutTargetRecord(Batch& batch, std::uint32_t target, const Labels& labels) {
  batch.Put(Family::kCatalog, Key(kTargetTag, target), labels.bytes());
}

void PutLineRecord(Batch& batch, std::uint32_t line, const Labels& labels) {
  batch.Put(Family::kCatalog, Key(kLineTag, line), labels.bytes());
}

void PutColumnRecord(Batch& batch, std::uint32_t target, std::uint64_t seq, const ColumnRecord& record) {
  std::string key = Key(kColumnTag, target);
  PutKey(key, seq);
  PutKey(key, record.first);
  std::string value;
  PutVarint(value, record.lines.size());
  std::int64_t last = 0;
  for (const std::uint32_t line : record.lines) {
    PutZigZag(value, std::int64_t{line} - last);
    last = line;
  }
  batch.Put(Family::kCatalog, key, value);
}

void DeleteTargetRecord(Batch& batch, std::uint32_t target) { batch.Delete(Family::kCatalog, Key(kTargetTag, target)); }
void DeleteLineRecord(Batch& batch, std::uint32_t line) { batch.Delete(Family::kCatalog, Key(kLineTag, line)); }

Status ReadCatalog(const Store& store, CatalogReader& reader) {
  Status status = ReadLabels(store, kTargetTag, "target",
                             [&](std::uint32_t id, Labels labels) { return reader.OnTarget(id, std::move(labels)); });
  if (status) {
    status = ReadLabels(store, kLineTag, "line",
                        [&](std::uint32_t id, Labels labels) { return reader.OnLine(id, std::move(labels)); });
  }
  if (!status) return status;
  return store.Scan(Family::kCatalog, std::string(1, kColumnTag), After(kColumnTag),
                    [&](std::string_view key, std::string_view value) {
                      ByteReader in_key(key.substr(1));
                      const auto target = in_key.Key<std::uint32_t>();
                      in_key.Key<std::uint64_t>();
                      ColumnRecord record;
                      record.first = in_key.Key<std::uint32_t>();
                      ByteReader in(value);
                      const std::uint64_t count = in.Varint();
                      if (!in_key.ok() || count > value.size()) return Status(Damaged("columns"));
                      std::int64_t line = 0;
                      for (std::uint64_t i = 0; i < count; ++i) {
                        line += in.ZigZagVarint();
                        record.lines.push_back(static_cast<std::uint32_t>(line));
                      }
                      if (!in.ok()) return Status(Damaged("columns"));
                      return reader.OnColumns(target, record);
                    });
}

Status ReplaceColumnRecords(const Store& store, Batch& batch, std::uint32_t target, std::uint64_t seq,
                            const ColumnRecord& record) {
  Status status = store.Scan(Family::kCatalog, Key(kColumnTag, target), Key(kColumnTag, target + 1),
                             [&](std::string_view key, std::string_view) -> Status {
                               batch.Delete(Family::kCatalog, key);
                               return {};
                             });
  if (status && !record.lines.empty()) PutColumnRecord(batch, target, seq, record);
  return status;
}

}  // namespace vigia::storage
