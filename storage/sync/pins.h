// When may what was taken out of a structure be freed that others read without a lock?
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vigia::storage {

// Readers take a pin before they look. A writer takes something out, so that nobody finds it any more, then calls
// Turn(): when what that returned becomes true, all pins that were taken before the turn are gone, and with them
// everybody who may still look at it. Thread-safe. A pin may outlive the object.
class Pins {
  struct Era;

 public:
  using Pin = std::shared_ptr<const void>;
  using Passed = std::shared_ptr<const std::atomic<bool>>;

  Pin Take() const {
    const std::lock_guard lock(mu_);
    return current_;
  }
  Passed Turn() {
    auto next = std::make_shared<Era>();
    std::shared_ptr<Era> old;  // Let go without the lock.
    const std::lock_guard lock(mu_);
    Passed passed = current_->passed;
    current_->next = next;
    old = std::exchange(current_, std::move(next));
    return passed;
  }

 private:
  // Lives while a pin of it or of an era before it does.
  struct Era {
    Era() = default;
    Era(const Era&) = delete;
    Era& operator=(const Era&) = delete;
    ~Era() {
      passed->store(true, std::memory_order_release);
      if (next == nullptr) return;
      // One after the other: a pin may have kept so many that they must not end within each other.
      thread_local std::vector<std::shared_ptr<Era>>* ending = nullptr;
      if (ending != nullptr) {
        ending->push_back(std::move(next));
        return;
      }
      std::vector<std::shared_ptr<Era>> left;
      ending = &left;
      left.push_back(std::move(next));
      while (!left.empty()) {
        const std::shared_ptr<Era> era = std::move(left.back());
        left.pop_back();
      }
      ending = nullptr;
    }
    const std::shared_ptr<std::atomic<bool>> passed = std::make_shared<std::atomic<bool>>(false);
    std::shared_ptr<Era> next;
  };

  mutable std::mutex mu_;
  std::shared_ptr<Era> current_ = std::make_shared<Era>();  // Guarded by mu_.
};

}  // namespace vigia::storage
