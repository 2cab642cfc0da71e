// The error of a query that parses but cannot be evaluated.
#pragma once

#include <string>
#include <utility>

#include "storage/model/error.h"

namespace vigia::promql {

// promql/engine/engine.h: kLimit is what becomes the API's error type "execution".
inline storage::Error EvaluationError(std::string what) { return {storage::Errc::kLimit, std::move(what)}; }

// Errors of pure functions (a bad regular expression, say) are about the evaluation once they surface here.
inline storage::Error AsEvaluationError(storage::Error error) {
  if (error.code == storage::Errc::kInvalid) error.code = storage::Errc::kLimit;
  return error;
}

}  // namespace vigia::promql
