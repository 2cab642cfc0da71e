#include "storage/inspect/place.h"

#include <chrono>

#include <fmt/format.h>

#include "storage/bytes/varint.h"

namespace vigia::storage {
namespace {

std::chrono::year_month_day DateOf(std::int64_t day) {
  return std::chrono::sys_days(std::chrono::days(static_cast<int>(day)));
}

std::string RunText(std::int32_t day, std::uint8_t tier, std::uint64_t id) {
  return fmt::format("run {} ({}, tier {})", id, DayText(day), tier);
}

}  // namespace

bool ParseGroupKey(std::string_view key, GroupPlace* place) {
  ByteReader in(key);
  place->day = static_cast<std::int32_t>(in.Key<std::uint32_t>() ^ 0x80000000u);
  place->tier = in.Key<std::uint8_t>();
  place->run = in.Key<std::uint64_t>();
  place->target = in.Key<std::uint32_t>();
  place->page = in.Key<std::uint32_t>();
  place->chunk = in.Key<std::uint32_t>();
  return in.ok() && in.left() == 0;
}

std::int64_t UtcDay(TimestampMs t) { return t / kDayMs - (t % kDayMs < 0 ? 1 : 0); }

// Years that a calendar cannot name stay numbers of days.
std::string DayText(std::int32_t day) {
  constexpr std::int32_t kLimit = 3'000'000;
  if (day < -kLimit || day > kLimit) return fmt::format("day {}", day);
  const auto date = DateOf(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string TimeText(TimestampMs t) {
  const std::int64_t day = UtcDay(t);
  if (day < INT32_MIN || day > INT32_MAX) return fmt::format("{} ms", t);
  const std::int64_t ms = t - day * kDayMs;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", DayText(static_cast<std::int32_t>(day)), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

std::string RunText(const Run& run) { return RunText(run.day, run.tier, run.id); }

std::string GroupText(std::string_view key) {
  GroupPlace place;
  if (!ParseGroupKey(key, &place)) return "row group with key " + HexText(key);
  return fmt::format("row group of {}, target {}, page {}, chunk {}", RunText(place.day, place.tier, place.run),
                     place.target, place.page, place.chunk);
}

std::string RecordText(std::string_view key) {
  ByteReader in(key);
  const char tag = static_cast<char>(in.Byte());
  std::string text;
  if (tag == 't' || tag == 'l') {
    text = fmt::format("{} {}", tag == 't' ? "target" : "line", in.Key<std::uint32_t>());
  } else if (tag == 'c') {
    const auto target = in.Key<std::uint32_t>();
    const auto seq = in.Key<std::uint64_t>();
    text = fmt::format("columns of target {} from {} on (number {})", target, in.Key<std::uint32_t>(), seq);
  } else if (tag == 'r') {
    const auto day = static_cast<std::int32_t>(in.Key<std::uint32_t>() ^ 0x80000000u);
    const auto tier = in.Key<std::uint8_t>();
    text = "record of " + RunText(day, tier, in.Key<std::uint64_t>());
  } else if (tag == 'd') {
    text = fmt::format("tombstone {}", in.Key<std::uint64_t>());
  } else if (tag == 'e') {
    const auto place = in.Key<std::uint32_t>();
    static_cast<void>(in.Key<std::uint32_t>());  // The how many-th that was set aside of this place.
    text = fmt::format("exemplar at place {}", place);
  } else if (tag == 'f') {
    text = fmt::format("file {}", in.rest());
    in.Bytes(in.left());
  }
  const bool good = !text.empty() && in.ok() && in.left() == 0;
  return good ? text : "record with key " + HexText(key);
}

std::string_view FamilyText(Family family) {
  switch (family) {
    case Family::kCatalog: return "cat";
    case Family::kData: return "data";
    case Family::kWal0: return "wal0";
    case Family::kWal1: return "wal1";
    case Family::kExemplars: return "exm";
    case Family::kState: return "state";
  }
  return {};
}

std::string HexText(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return out;
}

}  // namespace vigia::storage
