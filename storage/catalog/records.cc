#include "storage/catalog/records.h"

#include <algorithm>
#include <utility>

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

Status ReadColumns(ByteReader key, std::string_view value, CatalogReader& reader) {
  const auto target = key.Key<std::uint32_t>();
  key.Key<std::uint64_t>();
  ColumnRecord record;
  record.first = key.Key<std::uint32_t>();
  ByteReader in(value);
  const std::uint64_t count = in.Varint();
  if (!key.ok() || key.left() != 0 || target == 0 || count > in.left()) return Damaged("columns");
  std::uint64_t line = 0;  // Modulo 2^64: what wraps around is out of range.
  for (std::uint64_t i = 0; i < count; ++i) {
    line += static_cast<std::uint64_t>(in.ZigZagVarint());
    if (line > UINT32_MAX) return Damaged("columns");
    record.lines.push_back(static_cast<std::uint32_t>(line));
  }
  if (!in.ok() || in.left() != 0 || record.first > UINT32_MAX - count) return Damaged("columns");
  return reader.OnColumns(target, record);
}

Status ReadFamily(const Store& store, char tag, CatalogReader& reader) {
  return store.Scan(Family::kCatalog, std::string(1, tag), After(tag),
                    [&](std::string_view key, std::string_view value) { return ReadRecord(key, value, reader); });
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

Status ReadRecord(std::string_view key, std::string_view value, CatalogReader& reader) {
  const char tag = key.empty() ? '\0' : key.front();
  ByteReader in(key.substr(std::min<std::size_t>(1, key.size())));
  if (tag == kColumnTag) return ReadColumns(in, value, reader);
  if (tag != kTargetTag && tag != kLineTag) return Damaged("record");
  const auto id = in.Key<std::uint32_t>();
  if (!in.ok() || in.left() != 0 || id == 0 || !Labels::IsWellFormed(value)) {
    return Damaged(tag == kTargetTag ? "target" : "line");
  }
  Labels labels = Labels::FromBytes(std::string(value));
  return tag == kTargetTag ? reader.OnTarget(id, std::move(labels)) : reader.OnLine(id, std::move(labels));
}

Status ReadCatalog(const Store& store, CatalogReader& reader) {
  Status status = ReadFamily(store, kTargetTag, reader);
  if (status) status = ReadFamily(store, kLineTag, reader);
  if (status) status = ReadFamily(store, kColumnTag, reader);
  return status;
}

Status ReadColumnsOf(const Store& store, std::uint32_t target,
                     const std::function<Status(const ColumnRecord& record)>& each) {
  class Reader final : public CatalogReader {
   public:
    explicit Reader(const std::function<Status(const ColumnRecord& record)>& wanted) : each_(wanted) {}
    Status OnTarget(std::uint32_t, Labels) override { return {}; }
    Status OnLine(std::uint32_t, Labels) override { return {}; }
    Status OnColumns(std::uint32_t, const ColumnRecord& record) override { return each_(record); }

   private:
    const std::function<Status(const ColumnRecord& record)>& each_;
  } reader(each);
  return store.Scan(Family::kCatalog, Key(kColumnTag, target), Key(kColumnTag, target + 1),
                    [&](std::string_view key, std::string_view value) { return ReadRecord(key, value, reader); });
}

Result<std::optional<Labels>> ReadLine(const Store& store, std::uint32_t line) {
  const auto found = store.Get(Family::kCatalog, Key(kLineTag, line));
  if (!found) return found.error();
  if (!*found) return std::optional<Labels>();
  const std::string_view value = (*found)->view();
  if (!Labels::IsWellFormed(value)) return Damaged("line");
  return std::optional<Labels>(Labels::FromBytes(std::string(value)));
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
