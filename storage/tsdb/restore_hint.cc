#include "storage/tsdb/restore_hint.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace vigia::storage {
namespace {

struct Use {
  std::string_view function;
  Restored as;
};

// Functions of range vectors. Others get none: what they do is not known here.
constexpr std::array kUses{
    Use{"rate", Restored::kCounter},
    Use{"increase", Restored::kCounter},
    Use{"irate", Restored::kCounter},
    Use{"resets", Restored::kCounter},
    Use{"delta", Restored::kLine},
    Use{"idelta", Restored::kLine},
    Use{"deriv", Restored::kLine},
    Use{"predict_linear", Restored::kLine},
    Use{"double_exponential_smoothing", Restored::kLine},
    Use{"sum_over_time", Restored::kSum},
    Use{"avg_over_time", Restored::kShare},
    Use{"count_over_time", Restored::kShare},
    Use{"stddev_over_time", Restored::kShare},
    Use{"stdvar_over_time", Restored::kShare},
    Use{"mad_over_time", Restored::kShare},
    Use{"quantile_over_time", Restored::kShare},
    Use{"min_over_time", Restored::kMin},
    Use{"ts_of_min_over_time", Restored::kMin},
    Use{"max_over_time", Restored::kMax},
    Use{"ts_of_max_over_time", Restored::kMax},
    Use{"changes", Restored::kValueBefore},
    Use{"first_over_time", Restored::kValueBefore},
    Use{"last_over_time", Restored::kValueBefore},
    Use{"ts_of_first_over_time", Restored::kValueBefore},
    Use{"ts_of_last_over_time", Restored::kValueBefore},
    Use{"present_over_time", Restored::kValueBefore},
    Use{"absent_over_time", Restored::kValueBefore},
};

}  // namespace

Restoration RestorationFor(const SelectHints& hints) {
  if (hints.range_ms <= 0) {
    return hints.lookback_ms > 0 ? Restoration{Restored::kValueBefore, hints.lookback_ms} : Restoration{};
  }
  const auto use = std::find_if(kUses.begin(), kUses.end(), [&](const Use& u) { return u.function == hints.function; });
  return use == kUses.end() ? Restoration{} : Restoration{use->as, hints.range_ms};
}

}  // namespace vigia::storage
