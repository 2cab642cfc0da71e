#include "server/remote/metadata_store.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "server/remote/chunk_stream.h"
#include "server/wire/wire_reader.h"
#include "server/wire/wire_writer.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

constexpr int kHistogram = 3;
constexpr int kGaugeHistogram = 4;
constexpr int kSummary = 5;
constexpr int kTypes = 8;
constexpr storage::DurationMs kSaveEveryMs = 60'000;
constexpr std::string_view kMagic = "VIGIAMD1";  // Then the checksum of the rest, which is a version 1 message.

int TypeOf(std::uint64_t number) { return number < kTypes ? static_cast<int>(number) : 0; }

// The family of a series with this name.
std::string_view FamilyOf(std::string_view name, int type) {
  if (type != kHistogram && type != kGaugeHistogram && type != kSummary) return name;
  for (const std::string_view suffix : {"_bucket", "_count", "_sum", "_gcount", "_gsum"}) {
    if (name.size() > suffix.size() && name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  }
  return name;
}

void ReadV1(std::string_view message, std::vector<WrittenMetadata>& out) {
  WireReader reader(message);
  while (reader.Next()) {
    if (reader.field() != 3 || reader.type() != WireType::kBytes) continue;
    WrittenMetadata metadata;
    WireReader fields(reader.bytes());
    while (fields.Next()) {
      if (fields.field() == 1 && fields.Expect(WireType::kVarint)) metadata.type = TypeOf(fields.number());
      if (fields.field() == 2 && fields.Expect(WireType::kBytes)) metadata.metric = fields.bytes();
      if (fields.field() == 4 && fields.Expect(WireType::kBytes)) metadata.help = fields.bytes();
      if (fields.field() == 5 && fields.Expect(WireType::kBytes)) metadata.unit = fields.bytes();
    }
    if (fields.error() == nullptr) out.push_back(std::move(metadata));
  }
}

// Reads messages of version 2, whose texts are numbers of symbols.
class ReaderV2 {
 public:
  explicit ReaderV2(std::string_view message) : message_(message) {
    WireReader reader(message);
    while (reader.Next()) {
      if (reader.field() == 4 && reader.type() == WireType::kBytes) symbols_.push_back(reader.bytes());
    }
  }

  void Read(std::vector<WrittenMetadata>& out) {
    std::map<std::string_view, bool> seen;
    WireReader reader(message_);
    while (reader.Next()) {
      if (reader.field() != 5 || reader.type() != WireType::kBytes) continue;
      WrittenMetadata metadata;
      const std::string_view name = ReadSeries(reader.bytes(), metadata);
      const std::string_view family = FamilyOf(name, metadata.type);
      const bool says_nothing = metadata.type == 0 && metadata.help.empty() && metadata.unit.empty();
      if (family.empty() || says_nothing || !seen.emplace(family, true).second) continue;
      metadata.metric = family;
      out.push_back(std::move(metadata));
    }
  }

 private:
  std::string_view Symbol(std::uint64_t ref) const {
    return ref < symbols_.size() ? symbols_[ref] : std::string_view();
  }

  // The metric's name. Labels are sorted in what senders write, but nothing relies on it.
  std::string_view ReadSeries(std::string_view bytes, WrittenMetadata& out) const {
    std::string_view name;
    WireReader series(bytes);
    while (series.Next()) {
      if (series.field() == 1 && series.type() == WireType::kBytes) {
        WireReader refs(series.bytes());
        std::uint64_t key = 0;
        std::uint64_t value = 0;
        while (!refs.AtEnd() && refs.Varint(key) && !refs.AtEnd() && refs.Varint(value)) {
          if (Symbol(key) == storage::kMetricName) name = Symbol(value);
        }
      }
      if (series.field() != 5 || series.type() != WireType::kBytes) continue;
      WireReader fields(series.bytes());
      while (fields.Next()) {
        if (fields.type() != WireType::kVarint) continue;
        if (fields.field() == 1) out.type = TypeOf(fields.number());
        if (fields.field() == 3) out.help = Symbol(fields.number());
        if (fields.field() == 4) out.unit = Symbol(fields.number());
      }
    }
    return name;
  }

  const std::string_view message_;
  std::vector<std::string_view> symbols_;
};

std::string Encode(const WrittenMetadata& metadata) {
  std::string out;
  PutVarintField(out, 1, static_cast<std::uint64_t>(metadata.type));
  PutBytesField(out, 2, metadata.metric);
  PutBytesField(out, 4, metadata.help);
  PutBytesField(out, 5, metadata.unit);
  return out;
}

std::string Checksum(std::string_view bytes) {
  const std::uint32_t crc = Crc32c(bytes);
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(crc >> shift & 0xff));
  return out;
}

}  // namespace

std::vector<WrittenMetadata> MetadataOf(std::string_view message, WriteVersion version) {
  std::vector<WrittenMetadata> out;
  if (version == WriteVersion::kV1) {
    ReadV1(message, out);
  } else {
    ReaderV2(message).Read(out);
  }
  return out;
}

MetadataStore::MetadataStore(std::string path, storage::Registry& registry, storage::Clock clock, Logger log)
    : path_(std::move(path)),
      clock_(std::move(clock)),
      log_(std::move(log)),
      dropped_(registry.AddCounter("vigia_remote_write_metadata_dropped_total",
                                   "Metadata of remote write that was not kept: too many metrics, or too long.")),
      saved_ms_(clock_()) {
  Load();
}

void MetadataStore::Load() {
  std::ifstream in(path_, std::ios::binary);
  if (!in) return;
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  constexpr std::size_t kHead = kMagic.size() + 4;
  const bool whole = text.size() >= kHead && text.starts_with(kMagic) &&
                     text.substr(kMagic.size(), 4) == Checksum(std::string_view(text).substr(kHead));
  if (!whole) {
    log_.Warn("Metadata of remote write is damaged and begins anew", {{"file", path_}});
    return;
  }
  for (WrittenMetadata& metadata : MetadataOf(std::string_view(text).substr(kHead), WriteVersion::kV1)) {
    by_metric_.insert_or_assign(metadata.metric, metadata);
  }
}

void MetadataStore::Add(std::vector<WrittenMetadata> metadata) {
  if (metadata.empty()) return;
  const std::lock_guard lock(mu_);
  for (WrittenMetadata& one : metadata) {
    const bool fits = one.help.size() <= kMaxTextBytes && one.unit.size() <= kMaxTextBytes && !one.metric.empty() &&
                      one.metric.size() <= kMaxTextBytes && storage::IsValidUtf8(one.metric) &&
                      storage::IsValidUtf8(one.help) && storage::IsValidUtf8(one.unit);
    const auto known = by_metric_.find(one.metric);
    if (!fits || (known == by_metric_.end() && by_metric_.size() == kMaxMetrics)) {
      dropped_.Add();
      continue;
    }
    if (known != by_metric_.end() && known->second == one) continue;
    changed_ = true;
    by_metric_.insert_or_assign(one.metric, one);
  }
  if (!changed_ || clock_() - saved_ms_ < kSaveEveryMs) return;
  if (const Status status = SaveLocked(); status.has_error()) {
    log_.Warn("Metadata of remote write could not be saved", {{"err", status.error()}});
  }
}

std::vector<WrittenMetadata> MetadataStore::List() const {
  std::vector<WrittenMetadata> out;
  const std::lock_guard lock(mu_);
  out.reserve(by_metric_.size());
  for (const auto& [name, metadata] : by_metric_) out.push_back(metadata);
  return out;
}

Status MetadataStore::Save() {
  const std::lock_guard lock(mu_);
  return changed_ ? SaveLocked() : Status();
}

Status MetadataStore::SaveLocked() {
  saved_ms_ = clock_();
  std::string body;
  for (const auto& [name, metadata] : by_metric_) PutBytesField(body, 3, Encode(metadata));
  const std::string fresh = path_ + ".tmp";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out << kMagic << Checksum(body) << body;
    if (!out.flush()) return Error{Errc::kIo, fmt::format("{}: cannot be written", fresh)};
  }
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) {
    return Error{Errc::kIo, fmt::format("{}: cannot be renamed to {}", fresh, path_)};
  }
  changed_ = false;
  return {};
}

}  // namespace vigia::server
