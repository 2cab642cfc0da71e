#include "storage/sync/scratch_pool.h"

#include <cstddef>
#include <vector>

#include "tests/support/catch.h"

using vigia::storage::ScratchPool;

namespace {

struct Space {
  std::vector<char> memory;
  std::size_t bytes() const { return memory.capacity(); }
};

}  // namespace

TEST_CASE("what is given back is given out again, the last one first") {
  ScratchPool<Space> pool(2, 1000);
  const char* first = nullptr;
  const char* second = nullptr;
  {
    const auto a = pool.Take();
    const auto b = pool.Take();
    a->memory.resize(10);
    b->memory.resize(20);
    first = a->memory.data();
    second = b->memory.data();
  }  // b goes back before a.
  const auto a = pool.Take();
  const auto b = pool.Take();
  CHECK(a->memory.data() == first);
  CHECK(b->memory.data() == second);
  CHECK(pool.Take()->memory.empty());
}

TEST_CASE("a pool keeps no more objects than it may, and no larger ones") {
  ScratchPool<Space> pool(1, 100);
  pool.Take()->memory.resize(101);
  CHECK(pool.Take()->memory.empty());
  {
    const auto a = pool.Take();
    const auto b = pool.Take();
    a->memory.resize(10);
    b->memory.resize(20);
  }
  const auto kept = pool.Take();
  CHECK(kept->memory.size() == 20);
  CHECK(pool.Take()->memory.empty());
}
