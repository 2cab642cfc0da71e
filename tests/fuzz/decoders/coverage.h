// Which branches the last input took, where the build tells (-fsanitize-coverage=trace-pc, preset "fuzz"). This file
// and its .cc are compiled without that.
#pragma once

#include <cstddef>

namespace vigia::fuzz {

// Before each input.
void ForgetCoverage();
// Takes what the input did into the whole. True when it did something that no input before did.
bool TakeCoverage();
// Places that were reached so far; 0 when the build does not tell.
std::size_t CoveredPlaces();

}  // namespace vigia::fuzz
