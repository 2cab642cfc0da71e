#include "server/http/loop_threads.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace vigia::server {

struct LoopThreads::Impl {
  static constexpr int kThreads = 2;
  // So many looks without any work in between, and the reserve looks no more until there is some.
  static constexpr int kIdleLooks = 3;

  Impl() : context(kThreads), guard(context.get_executor()) {}

  void Run(bool in_reserve);
  void RunLoop();
  bool AwaitTurn();
  void Begin(std::function<void()> on_long_work);
  void End();

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
  std::once_flag stopped;
  std::atomic<std::thread::id> surplus{};  // The thread whose place in the loop was taken.

  std::mutex mu;  // Guards what follows.
  std::condition_variable wake;
  bool stopping = false;
  bool asleep = false;      // The reserve is, until there is work.
  bool working = false;     // Within Do(),
  std::uint64_t works = 0;  // for the so many-th time.
  bool taken_over = false;  // The work that is being done was long.
  std::function<void()> on_long;

  std::vector<std::thread> threads;
};

LoopThreads::LoopThreads() : impl_(std::make_unique<Impl>()) {
  for (int i = 0; i < Impl::kThreads; ++i) {
    impl_->threads.emplace_back([impl = impl_.get(), in_reserve = i > 0] { impl->Run(in_reserve); });
  }
}

LoopThreads::~LoopThreads() { Stop(); }

boost::asio::any_io_executor LoopThreads::executor() const { return impl_->context.get_executor(); }

void LoopThreads::Do(const std::function<void()>& work, std::function<void()> on_long) {
  impl_->Begin(std::move(on_long));
  work();
  impl_->End();
}

void LoopThreads::Stop() {
  std::call_once(impl_->stopped, [this] {
    impl_->context.stop();
    {
      const std::scoped_lock lock(impl_->mu);
      impl_->stopping = true;
    }
    impl_->wake.notify_all();
    for (std::thread& thread : impl_->threads) thread.join();
  });
}

void LoopThreads::Impl::Run(bool in_reserve) {
  if (in_reserve && !AwaitTurn()) return;
  do {
    RunLoop();
    if (context.stopped()) return;
    // What this thread queued last would wait until the other one, which may be blocked in the kernel, looks again.
    boost::asio::post(context, [] {});
  } while (AwaitTurn());
}

// Until the loop ends, or another thread has taken this one's place.
void LoopThreads::Impl::RunLoop() {
  const std::thread::id self = std::this_thread::get_id();
  while (context.run_one() > 0) {
    if (surplus.load(std::memory_order_relaxed) != self) continue;
    surplus.store({}, std::memory_order_relaxed);
    return;
  }
}

// True when this thread is to run the loop, false at the end.
bool LoopThreads::Impl::AwaitTurn() {
  std::unique_lock lock(mu);
  std::uint64_t seen = works;
  int idle = 0;
  while (true) {
    if (idle >= kIdleLooks) {
      asleep = true;
      wake.wait(lock, [this] { return stopping || !asleep; });
      idle = 0;
      seen = 0;
    }
    if (!stopping) wake.wait_for(lock, kLook);
    if (stopping) return false;
    if (working && seen == works) break;
    idle = seen == works ? idle + 1 : 0;
    seen = works;
  }
  taken_over = true;
  const std::function<void()> tell = std::exchange(on_long, nullptr);
  lock.unlock();
  if (tell) tell();
  return true;
}

void LoopThreads::Impl::Begin(std::function<void()> on_long_work) {
  bool was_asleep = false;
  {
    const std::scoped_lock lock(mu);
    working = true;
    ++works;
    on_long = std::move(on_long_work);
    was_asleep = std::exchange(asleep, false);
  }
  if (was_asleep) wake.notify_one();
}

void LoopThreads::Impl::End() {
  std::function<void()> unused;  // Dies outside of the lock.
  const std::scoped_lock lock(mu);
  working = false;
  unused.swap(on_long);
  if (std::exchange(taken_over, false)) surplus.store(std::this_thread::get_id(), std::memory_order_relaxed);
}

}  // namespace vigia::server
