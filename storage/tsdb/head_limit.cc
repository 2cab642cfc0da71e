#include "storage/tsdb/head_limit.h"

#include <chrono>

#include <fmt/format.h>

namespace vigia::storage {

HeadLimit::HeadLimit(HeadLimitDeps deps, Registry& registry)
    : deps_(std::move(deps)),
      waits_(registry.AddCounter("vigia_storage_head_waits_total",
                                 "Batches that waited because the memory for unsealed rows was used up.")),
      refused_(registry.AddCounter("vigia_storage_head_refused_total",
                                   "Batches refused because the memory for unsealed rows stayed used up.")) {}

Status HeadLimit::Admit() {
  if (!exceeded()) return {};
  if (!deps_.asynchronous) waits_.Add();
  const Status sealed = deps_.seal();
  if (!full()) return {};
  if (deps_.asynchronous) {
    waits_.Add();
    std::unique_lock lock(mu_);
    if (relieved_.wait_for(lock, std::chrono::seconds(kPatienceSeconds), [this] { return !full(); })) return {};
  }
  refused_.Add();
  std::string what =
      fmt::format("unsealed rows use {} bytes of memory, the limit is {}", deps_.held(), 2 * deps_.mark());
  if (!sealed) what += ": " + sealed.error().what;
  return Error{Errc::kUnavailable, std::move(what)};
}

void HeadLimit::Relieved() {
  { const std::lock_guard lock(mu_); }  // So that nobody is between looking and waiting.
  relieved_.notify_all();
}

}  // namespace vigia::storage
