#include "promql/exec/ordered_parts.h"

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

#include "tests/support/catch.h"

using namespace vigia::promql;

namespace {

struct Number {
  std::size_t value = 0;
};

}  // namespace

TEST_CASE("parts come in order, each made once, by as many workers as there may be") {
  for (const std::size_t threads : {0, 1, 3}) {
    WorkerPool pool(threads);
    std::atomic<std::size_t> made = 0;
    std::vector<std::atomic<int>> busy(OrderedParts<Number>::WorkersFor(threads));
    std::atomic<bool> shared = false;
    OrderedParts<Number> parts(pool, 500, threads, [&](std::size_t index, std::size_t worker, Number& part) {
      if (busy.at(worker).fetch_add(1) != 0) shared = true;
      if (index % 7 == 0) std::this_thread::yield();
      part.value = index * index;
      ++made;
      busy.at(worker).fetch_sub(1);
    });
    for (std::size_t i = 0; i < 500; ++i) {
      const Number* const part = parts.Next();
      REQUIRE(part != nullptr);
      CHECK(part->value == i * i);
    }
    CHECK(parts.Next() == nullptr);
    CHECK(made == 500);
    CHECK_FALSE(shared);
  }
}

TEST_CASE("no more parts are made than are held, and none after the end") {
  WorkerPool pool(2);
  std::atomic<std::size_t> made = 0;
  {
    OrderedParts<Number> parts(pool, 1000, 2, [&](std::size_t, std::size_t, Number&) { ++made; });
    REQUIRE(parts.Next() != nullptr);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(made <= OrderedParts<Number>::WindowFor(2));
  }
  const std::size_t at_end = made;
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(made == at_end);
}

TEST_CASE("whoever takes does the work himself when the threads are busy elsewhere") {
  WorkerPool pool(1);
  std::atomic<bool> go_on = false;
  pool.Submit([&] {
    while (!go_on) std::this_thread::yield();
  });
  const std::thread::id self = std::this_thread::get_id();
  std::set<std::thread::id> makers;
  OrderedParts<Number> parts(pool, 20, 1, [&](std::size_t, std::size_t, Number&) {
    makers.insert(std::this_thread::get_id());  // One thread at a time here.
  });
  while (parts.Next() != nullptr) {
  }
  CHECK(makers == std::set<std::thread::id>{self});
  go_on = true;
}

TEST_CASE("a pool refuses tasks when too many wait, and drops those that wait at its end") {
  std::atomic<bool> go_on = false;
  std::atomic<bool> started = false;
  std::atomic<std::size_t> ran = 0;
  vigia::storage::Counter refused;
  auto pool = std::make_unique<WorkerPool>(1, &refused);
  pool->Submit([&] {
    started = true;
    while (!go_on) std::this_thread::yield();
  });
  while (!started) std::this_thread::yield();
  for (std::size_t i = 0; i < WorkerPool::kMaxWaiting; ++i) CHECK(pool->Submit([&] { ++ran; }));
  CHECK_FALSE(pool->Submit([&] { ++ran; }));
  CHECK(refused.value() == 1);
  std::thread ends([&] { pool.reset(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  go_on = true;
  ends.join();
  CHECK(ran <= WorkerPool::kMaxWaiting);
}
