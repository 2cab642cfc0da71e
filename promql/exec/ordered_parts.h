// Parts 0, 1, 2, ... of some work, made on several threads and handed over in this order: whoever takes them sees the
// same, however many threads there are.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "promql/exec/worker_pool.h"

namespace vigia::promql {

// Thread-compatible: one thread takes the parts, and makes those that no helper has begun. A Part is reused for later
// ones, so that its memory is.
template <class Part>
class OrderedParts {
 public:
  // Fills `part` with part number `index`. Called on any thread, by one worker at a time; there are workers() of them.
  using Make = std::function<void(std::size_t index, std::size_t worker, Part& part)>;

  // At most `helpers` threads of the pool at a time. The pool must outlive it, `make` is called no more once it is
  // destroyed.
  OrderedParts(WorkerPool& pool, std::size_t parts, std::size_t helpers, Make make)
      : pool_(pool), state_(std::make_shared<State>(parts, helpers, std::move(make))) {
    CallHelpers();
  }
  ~OrderedParts() { state_->Stop(); }
  OrderedParts(const OrderedParts&) = delete;
  OrderedParts& operator=(const OrderedParts&) = delete;

  static constexpr std::size_t WorkersFor(std::size_t helpers) { return helpers + 1; }
  // So many parts are held at a time.
  static constexpr std::size_t WindowFor(std::size_t helpers) { return 2 * helpers + 2; }

  // The next part, null after the last. It is the caller's until the next call.
  Part* Next() {
    Part* const part = state_->Next();
    if (part != nullptr) CallHelpers();
    return part;
  }

 private:
  struct Slot {
    Part part;
    bool ready = false;
  };

  // Outlives the object as long as tasks of the pool have it, which find it stopped then.
  class State {
   public:
    State(std::size_t parts, std::size_t helpers, Make make)
        : parts_(parts), make_(std::move(make)), slots_(WindowFor(helpers)) {
      for (std::size_t worker = 1; worker <= helpers; ++worker) free_workers_.push_back(worker);
    }

    void Stop() {
      std::unique_lock lock(mu_);
      stopped_ = true;
      changed_.wait(lock, [this] { return working_ == 0; });
    }

    Part* Next() {
      std::unique_lock lock(mu_);
      if (holds_one_) {
        slots_[taken_ % slots_.size()].ready = false;
        ++taken_;
        holds_one_ = false;
      }
      if (taken_ == parts_) return nullptr;
      Slot& wanted = slots_[taken_ % slots_.size()];
      while (!wanted.ready) {
        if (CanClaim()) {
          MakeOne(lock, 0);
        } else {
          changed_.wait(lock);
        }
      }
      holds_one_ = true;
      return &wanted.part;
    }

    // Whether another helper would find something to do. It counts as called then.
    bool WantsHelper() {
      const std::lock_guard lock(mu_);
      if (!CanClaim() || called_ >= free_workers_.size()) return false;
      ++called_;
      return true;
    }
    void TakeBackCall() {
      const std::lock_guard lock(mu_);
      --called_;
    }

    void Help() {
      std::unique_lock lock(mu_);
      --called_;
      if (stopped_ || !CanClaim() || free_workers_.empty()) return;
      const std::size_t worker = free_workers_.back();
      free_workers_.pop_back();
      ++working_;
      while (!stopped_ && CanClaim()) MakeOne(lock, worker);
      free_workers_.push_back(worker);
      --working_;
      changed_.notify_all();
    }

   private:
    bool CanClaim() const { return claimed_ < parts_ && claimed_ < taken_ + slots_.size(); }

    void MakeOne(std::unique_lock<std::mutex>& lock, std::size_t worker) {
      const std::size_t index = claimed_++;
      Slot& slot = slots_[index % slots_.size()];
      lock.unlock();
      make_(index, worker, slot.part);
      lock.lock();
      slot.ready = true;
      changed_.notify_all();
    }

    std::mutex mu_;
    std::condition_variable changed_;
    const std::size_t parts_;
    const Make make_;
    std::vector<Slot> slots_;                // Of part p: p modulo their number.
    std::vector<std::size_t> free_workers_;  // Worker 0 is the one who takes.
    std::size_t called_ = 0;                 // Helpers that are asked for and have not come.
    std::size_t working_ = 0;
    std::size_t claimed_ = 0;  // Parts that somebody has begun,
    std::size_t taken_ = 0;    // and those that were taken and given back.
    bool holds_one_ = false;
    bool stopped_ = false;
  };

  void CallHelpers() {
    while (state_->WantsHelper()) {
      if (pool_.Submit([state = state_] { state->Help(); })) continue;
      state_->TakeBackCall();
      return;
    }
  }

  WorkerPool& pool_;
  const std::shared_ptr<State> state_;
};

}  // namespace vigia::promql
