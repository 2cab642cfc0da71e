#include "promql/exec/operator_profile.h"

#include <algorithm>

#include "promql/exec/query_context.h"

namespace vigia::promql {

ProfiledCall::ProfiledCall(OperatorProfile* profile, QueryContext& context) : profile_(profile), context_(context) {
  if (profile_ == nullptr) return;
  read_before_ = context_.samples_read();
  held_before_ = context_.budget().held_bytes();
  start_ = std::chrono::steady_clock::now();
}

ProfiledCall::~ProfiledCall() {
  if (profile_ == nullptr) return;
  profile_->ran = true;
  profile_->time += std::chrono::steady_clock::now() - start_;
  profile_->held_bytes += static_cast<std::int64_t>(context_.budget().held_bytes() - held_before_);
  profile_->peak_held_bytes = std::max(profile_->peak_held_bytes, profile_->held_bytes);
  profile_->samples_read += context_.samples_read() - read_before_;
}

}  // namespace vigia::promql
