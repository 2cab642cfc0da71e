// An exemplar as bytes. Format: storage/FORMAT.md, "Exemplars".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/api/appender.h"
#include "storage/api/exemplars.h"
#include "storage/model/error.h"

namespace vigia::storage {

struct ExemplarRecord {
  std::uint64_t number = 0;
  SeriesRef series = SeriesRef::kNone;
  std::uint64_t series_hash = 0;
  Exemplar exemplar;
};

std::string EncodeExemplar(const ExemplarRecord& record);
// kCorruption when the bytes are damaged, kInvalid when a newer version wrote them.
Result<ExemplarRecord> DecodeExemplar(std::string_view bytes);

}  // namespace vigia::storage
