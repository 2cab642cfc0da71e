// The one error vocabulary. A rejection that the caller counts is a value of its own (see AppendOutcome); a fault is an
// Error; a bug is an assert. Exceptions of a wrapped library end in the room that wraps it.
#pragma once

#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace vigia::storage {

enum class Errc {
  kInvalid,      // The caller's input is wrong: the text names the thing and the place.
  kNotFound,     // What was asked for does not exist.
  kLimit,        // A limit was reached: the text names it.
  kTimeout,      // A deadline passed.
  kCancelled,    // Somebody cancelled the work.
  kUnavailable,  // Not now: starting, stopping, switched off, or out of space.
  kIo,           // The operating system or the network refused.
  kCorruption,   // Bytes read back are not what was written.
  kInternal,     // A bug that was caught in time.
};

struct Error {
  Errc code = Errc::kInternal;
  std::string what;  // One sentence without final stop; may be shown to users.
};

// Puts "context: " before the error's text.
inline Error Prefixed(Error error, std::string_view context) {
  error.what.insert(0, ": ").insert(0, context);
  return error;
}

[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

// A value or an Error. Boost's own result is not nodiscard in the versions we build with.
template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using Base = boost::system::result<T, Error>;

 public:
  using Base::Base;
  Result(Base base) : Base(std::move(base)) {}  // NOLINT: a Result is a result
};

using Status = Result<void>;

}  // namespace vigia::storage
