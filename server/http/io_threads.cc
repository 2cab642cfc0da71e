#include "server/http/io_threads.h"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace vigia::server {

struct IoThreads::Impl {
  explicit Impl(int count) : context(count), work(context.get_executor()) {}

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::once_flag stopped;
  std::vector<std::thread> threads;
};

IoThreads::IoThreads(int threads) : impl_(std::make_unique<Impl>(std::max(threads, 1))) {
  for (int i = 0; i < std::max(threads, 1); ++i) {
    impl_->threads.emplace_back([impl = impl_.get()] { impl->context.run(); });
  }
}

IoThreads::~IoThreads() { Stop(); }

boost::asio::any_io_executor IoThreads::executor() const { return impl_->context.get_executor(); }

void IoThreads::Stop() {
  std::call_once(impl_->stopped, [this] {
    impl_->context.stop();
    for (std::thread& thread : impl_->threads) thread.join();
  });
}

}  // namespace vigia::server
