#include "promql/exec/presence_table.h"

namespace vigia::promql {

storage::Status PresenceTable::Resize(std::size_t signatures, std::size_t steps) {
  if (storage::Status status = reserved_.Add(signatures * steps / sizeof(double) + 1); !status) return status;
  steps_ = steps;
  present_.resize(signatures * steps);
  return {};
}

void PresenceTable::Add(std::uint32_t signature, std::size_t first, std::span<const std::uint8_t> valid) {
  std::uint8_t* const present = present_.data() + signature * steps_ + first;
  for (std::size_t i = 0; i < valid.size(); ++i) present[i] |= valid[i];
}

}  // namespace vigia::promql
