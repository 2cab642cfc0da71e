#include "storage/sync/pins.h"

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

TEST_CASE("a turn has passed when all pins from before it are gone") {
  Pins pins;
  CHECK(pins.Turn()->load());
  auto before = pins.Take();
  auto another = pins.Take();
  const Pins::Passed first = pins.Turn();
  const auto between = pins.Take();
  const Pins::Passed second = pins.Turn();
  const auto after = pins.Take();
  CHECK_FALSE(first->load());
  before.reset();
  CHECK_FALSE(first->load());
  another.reset();
  CHECK(first->load());
  CHECK_FALSE(second->load());
}

TEST_CASE("a later turn waits for pins of earlier ones") {
  Pins pins;
  auto oldest = pins.Take();
  const Pins::Passed first = pins.Turn();
  auto newer = pins.Take();
  const Pins::Passed second = pins.Turn();
  newer.reset();
  CHECK_FALSE(second->load());
  oldest.reset();
  CHECK(first->load());
  CHECK(second->load());
}

TEST_CASE("a pin may hold up very many turns, and outlive its object") {
  Pins::Pin pin;
  Pins::Passed last;
  {
    Pins pins;
    pin = pins.Take();
    for (int i = 0; i < 200'000; ++i) last = pins.Turn();
  }
  CHECK_FALSE(last->load());
  pin.reset();
  CHECK(last->load());
}

}  // namespace
}  // namespace vigia::storage
