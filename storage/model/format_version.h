// What is said of bytes whose own version number is beyond what this program knows (storage/FORMAT.md, "Versions").
#pragma once

#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace vigia::storage {

inline constexpr unsigned kLargestVersion = 63;  // No record ever gets a greater one: those are damage.

constexpr bool IsNewerVersion(unsigned version, unsigned newest_known) {
  return version > newest_known && version <= kLargestVersion;
}

// Not kCorruption: nothing is damaged, and nothing may be set aside for it. REQUIRES: IsNewerVersion().
inline Error WrittenByNewer(std::string_view what, unsigned version, unsigned newest_known) {
  return {Errc::kInvalid, std::string(what) + " has version " + std::to_string(version) +
                              ", which a newer version of this program wrote; this one reads up to version " +
                              std::to_string(newest_known)};
}

}  // namespace vigia::storage
