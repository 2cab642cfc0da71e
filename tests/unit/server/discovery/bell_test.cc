#include "server/discovery/bell.h"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>

#include "server/http/io_threads.h"
#include "tests/support/catch.h"

using namespace vigia::server;
namespace asio = boost::asio;

TEST_CASE("a bell ends the wait that is going on, and the next one if there is none") {
  IoThreads io(2);
  const asio::any_io_executor strand = asio::make_strand(io.executor());
  const auto bell = std::make_shared<Bell>(strand);
  Bell::Ring(bell);
  asio::co_spawn(strand, bell->Wait(), asio::use_future).get();
  for (int i = 0; i < 100; ++i) {
    auto waiting = asio::co_spawn(strand, bell->Wait(), asio::use_future);
    std::thread ringing([&] { Bell::Ring(bell); });
    waiting.get();
    ringing.join();
  }
}

TEST_CASE("the pause between updates doubles up to five seconds while they follow each other") {
  Pacer pacer;
  CHECK(pacer.pause_ms() == 20);
  pacer.Tick();
  CHECK(pacer.pause_ms() == 20);  // The first.
  for (const int expected : {40, 80, 160, 320, 640, 1280, 2560, 5000, 5000}) {
    pacer.Tick();
    CHECK(pacer.pause_ms() == expected);
  }
}
