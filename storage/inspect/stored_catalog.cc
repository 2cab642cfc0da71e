#include "storage/inspect/stored_catalog.h"

#include <algorithm>
#include <utility>

#include "storage/bytes/varint.h"
#include "storage/catalog/records.h"

namespace vigia::storage {
namespace {

constexpr std::uint32_t kMaxColumns = 1u << 26;  // Of a target: against damaged numbers.

class Collector final : public CatalogReader {
 public:
  explicit Collector(StoredCatalog& out) : out_(out) {}

  Status OnTarget(std::uint32_t target, Labels labels) override {
    out_.targets.insert_or_assign(target, std::move(labels));
    return {};
  }
  Status OnLine(std::uint32_t line, Labels labels) override {
    out_.lines.insert_or_assign(line, std::move(labels));
    return {};
  }
  // A later record may take a column away, but not give it another line.
  Status OnColumns(std::uint32_t target, const ColumnRecord& record) override {
    if (record.first > kMaxColumns) return Error{Errc::kCorruption, "column number out of range"};
    std::vector<std::uint32_t>& columns = out_.columns[target];
    const std::size_t end = record.first + record.lines.size();
    if (columns.size() < end) columns.resize(end);
    for (std::size_t i = 0; i < record.lines.size(); ++i) {
      std::uint32_t& line = columns[record.first + i];
      if (line != 0 && record.lines[i] != 0 && line != record.lines[i]) {
        return Error{Errc::kCorruption, "column " + std::to_string(record.first + i) + " has another line already"};
      }
      if (line == 0) line = record.lines[i];
    }
    return {};
  }

 private:
  StoredCatalog& out_;
};

QuarantinedRecord DecodeQuarantined(std::string_view key, std::string_view value) {
  QuarantinedRecord record;
  record.row_group = key.size() > 2 && key[1] == 'g';
  record.key = key.substr(record.row_group ? 2 : 1);
  ByteReader in(value);
  record.why = in.Bytes(in.Varint());
  return record;
}

template <class Value>
Status Keep(Result<Value> decoded, std::vector<Value>& out) {
  if (!decoded) return decoded.error();
  out.push_back(std::move(*decoded));
  return {};
}

}  // namespace

std::uint32_t StoredCatalog::LineOf(std::uint32_t target, std::uint32_t column) const {
  const auto at = columns.find(target);
  return at != columns.end() && column < at->second.size() ? at->second[column] : 0;
}

Labels StoredCatalog::LabelsOf(std::uint32_t target, std::uint32_t column) const {
  const auto of_target = targets.find(target);
  const auto of_line = lines.find(LineOf(target, column));
  if (of_target == targets.end() || of_line == lines.end()) return {};
  LabelsBuilder builder(of_target->second);
  for (const auto& [name, value] : of_line->second) builder.Set(name, value);
  return builder.Build();
}

bool StoredCatalog::IsQuarantined(std::string_view group_key) const {
  return std::any_of(quarantined.begin(), quarantined.end(),
                     [&](const QuarantinedRecord& record) { return record.row_group && record.key == group_key; });
}

Status ReadStoredCatalog(const Store& store, const std::function<void(std::string_view, const Error&)>& damaged,
                         StoredCatalog& out) {
  Collector collector(out);
  return store.Scan(Family::kCatalog, {}, {}, [&](std::string_view key, std::string_view value) -> Status {
    const char tag = key.empty() ? '\0' : key.front();
    Status status;
    if (tag == 'r') {
      status = Keep(DecodeRun(key, value), out.runs);
    } else if (tag == 'd') {
      status = Keep(DecodeTombstone(key, value), out.tombstones);
    } else if (tag == 'q') {
      out.quarantined.push_back(DecodeQuarantined(key, value));
    } else {
      status = ReadRecord(key, value, collector);
    }
    if (status) return {};
    out.unread.emplace_back(key);
    damaged(key, status.error());
    return {};
  });
}

}  // namespace vigia::storage
