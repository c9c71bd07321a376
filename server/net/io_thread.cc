#include "server/net/io_thread.h"

#include <pthread.h>

#include <future>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "core/base/check.h"

namespace contextsync {

namespace {

constexpr std::size_t kThreadNameBytes = 15;

}  // namespace

IoThread::IoThread(std::string name) : context_(std::make_unique<boost::asio::io_context>(1)) {
  name.resize(std::min(name.size(), kThreadNameBytes));
  thread_ = std::jthread([this, name = std::move(name)] {
    pthread_setname_np(pthread_self(), name.c_str());
    const auto keep_running = boost::asio::make_work_guard(*context_);
    context_->run();
  });
}

IoThread::~IoThread() {
  Stop();
}

void IoThread::Post(std::function<void()> work) {
  boost::asio::post(*context_, std::move(work));
}

void IoThread::Run(const std::function<void()>& work) {
  CONTEXTSYNC_CHECK(!IsCurrent());
  std::promise<void> done;
  Post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void IoThread::Stop() {
  CONTEXTSYNC_CHECK(!IsCurrent());
  context_->stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace contextsync
