#include "storage/model/error.h"

#include <stdexcept>

namespace vigia::storage {

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("value() of a failed Result: " + error.what);
}

}  // namespace vigia::storage
