#include "storage/inspect/log_reader.h"

#include <utility>

#include "storage/bytes/varint.h"

namespace vigia::storage {
namespace {

// 0 when the family is empty.
Result<std::uint64_t> FirstSeq(const Store& store, Family family) {
  std::uint64_t first = 0;
  const Status status = store.Scan(family, {}, {}, [&](std::string_view key, std::string_view) -> Status {
    first = ByteReader(key).Key<std::uint64_t>();
    return Error{Errc::kCancelled, "first key found"};
  });
  if (!status && status.error().code != Errc::kCancelled) return status.error();
  return first;
}

}  // namespace

Status LogReader::Read(const Store& store, const std::function<Status(const LoggedFrame&)>& each,
                       const std::function<Status(Family, std::uint64_t, const Error&)>& damaged) {
  const auto first0 = FirstSeq(store, Family::kWal0);
  const auto first1 = FirstSeq(store, Family::kWal1);
  if (!first0) return first0.error();
  if (!first1) return first1.error();
  std::pair<Family, Family> order{Family::kWal0, Family::kWal1};
  if (*first1 < *first0) std::swap(order.first, order.second);
  for (const Family family : {order.first, order.second}) {
    Status status = store.Scan(family, {}, {}, [&](std::string_view key, std::string_view bytes) -> Status {
      const auto seq = ByteReader(key).Key<std::uint64_t>();
      Result<Frame> frame = key.size() == sizeof(seq) ? DecodeFrame(bytes, *this)
                                                      : Result<Frame>(Error{Errc::kCorruption, "key of no frame"});
      if (!frame) return damaged(family, seq, frame.error());
      return each({family, seq, bytes.size(), std::move(*frame)});
    });
    if (!status) return status;
  }
  return {};
}

bool LogReader::SetBases(std::uint32_t epoch, std::uint32_t target, std::span<FrameCell> cells) {
  auto& last_of = last_[target];
  for (FrameCell& cell : cells) {
    if (!Has(target, cell.column)) return false;
    const auto last = last_of.find(cell.column);
    cell.base = last != last_of.end() && last->second.epoch == epoch ? last->second.bits : 0;
  }
  return true;
}

void LogReader::Update(std::uint32_t epoch, std::uint32_t target, std::span<const FrameCell> cells) {
  auto& last_of = last_[target];
  for (const FrameCell& cell : cells) last_of[cell.column] = {epoch, cell.bits};
}

void LogReader::Forget(std::uint32_t target) { last_.erase(target); }

}  // namespace vigia::storage
