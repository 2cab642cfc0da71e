// What one node of a plan did while the query ran. Only kept when the query is to be analysed: operators hold a null
// pointer otherwise.
#pragma once

#include <chrono>
#include <cstdint>

namespace vigia::promql {

class QueryContext;

// Times, reads and held memory include those of the nodes below; whoever shows them subtracts.
struct OperatorProfile {
  bool ran = false;
  std::uint64_t series = 0;          // As announced; some may have had no sample.
  std::uint64_t samples = 0;         // Handed on to the node above.
  std::uint64_t bytes = 0;           // Size of what was handed on.
  std::uint64_t samples_read = 0;    // Handed over by storage.
  std::int64_t held_bytes = 0;       // Kept from one call to the next,
  std::int64_t peak_held_bytes = 0;  // and the most of it.
  std::chrono::nanoseconds time{0};
};

// Adds to a profile what happens during its life.
class ProfiledCall {
 public:
  // Nothing is looked at when `profile` is null.
  ProfiledCall(OperatorProfile* profile, QueryContext& context);
  ~ProfiledCall();
  ProfiledCall(const ProfiledCall&) = delete;
  ProfiledCall& operator=(const ProfiledCall&) = delete;

 private:
  OperatorProfile* const profile_;
  QueryContext& context_;
  std::chrono::steady_clock::time_point start_;
  std::uint64_t read_before_ = 0;
  std::uint64_t held_before_ = 0;
};

}  // namespace vigia::promql
