// A thread that runs one job after another: the collectives that JavaScript asks for on one channel.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace auspex {

class Worker {
 public:
  Worker();
  /** Lets the thread end after the jobs that it has; does not wait for it, because one may wait for another rank. */
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /** A job may not throw. */
  void post(std::function<void()> job);

 private:
  struct Queue {
    std::mutex mutex;
    std::condition_variable ready;
    std::deque<std::function<void()>> jobs;
    bool ending = false;
  };
  static void Loop(const std::shared_ptr<Queue>& queue);

  std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

}  // namespace auspex
