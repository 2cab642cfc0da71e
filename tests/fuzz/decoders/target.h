// A decoder under fuzzing: where mutation begins, and what must hold for any bytes.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::fuzz {

struct Target {
  const char* name;
  // Valid inputs, made by the encoders where there are any.
  std::vector<std::string> (*seeds)();
  // Words that mutation puts into texts; null for bytes.
  std::span<const std::string_view> (*words)();
  // Returns for any input. A broken promise ends the program (MUST), as sanitizers do.
  void (*run)(std::string_view input);
};

// One list per file of targets.
std::span<const Target> StorageTargets();
std::span<const Target> TextTargets();
std::span<const Target> WireTargets();
std::span<const Target> ReaderTargets();

}  // namespace vigia::fuzz

#define MUST(condition)                                                                   \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)
