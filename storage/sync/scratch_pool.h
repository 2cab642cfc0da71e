// Memory for work that comes again and again, so that a steady state allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace vigia::storage {

// Gives out objects of T, which is default-constructed and says by bytes() how much memory it holds. What comes back is
// kept for the next one, as it was left, the last one first: of at most `most` objects, and of none that has grown
// beyond `most_bytes`. Thread-safe; must outlive its leases.
template <class T>
class ScratchPool {
 public:
  ScratchPool(std::size_t most, std::size_t most_bytes) : most_(most), most_bytes_(most_bytes) { idle_.reserve(most); }
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;

  // Holds an object until it dies.
  class Lease {
   public:
    Lease(ScratchPool& pool, std::unique_ptr<T> object) : pool_(pool), object_(std::move(object)) {}
    ~Lease() { pool_.TakeBack(std::move(object_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    T& operator*() const { return *object_; }
    T* operator->() const { return object_.get(); }

   private:
    ScratchPool& pool_;
    std::unique_ptr<T> object_;
  };
  // As some earlier lease left it, or fresh.
  Lease Take() {
    {
      const std::lock_guard lock(mu_);
      if (!idle_.empty()) {
        std::unique_ptr<T> object = std::move(idle_.back());
        idle_.pop_back();
        return Lease(*this, std::move(object));
      }
    }
    return Lease(*this, std::make_unique<T>());
  }

 private:
  void TakeBack(std::unique_ptr<T> object) {
    if (object->bytes() > most_bytes_) return;
    const std::lock_guard lock(mu_);
    if (idle_.size() < most_) idle_.push_back(std::move(object));
  }

  const std::size_t most_;
  const std::size_t most_bytes_;
  std::mutex mu_;
  std::vector<std::unique_ptr<T>> idle_;  // Guarded by mu_.
};

}  // namespace vigia::storage
