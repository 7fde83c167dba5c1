// A thread that runs one job after another.
#pragma once
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace auspex {

class JobThread {
 public:
  /** All programs compute on this one, so that two never compete for the processor. */
  static JobThread& compute() {
    static auto* thread = new JobThread();  // lives as long as the process: jobs may outlast static destruction
    return *thread;
  }
  /** What programs exchange with other ranks runs on this one, beside the computation. */
  static JobThread& communication() {
    static auto* thread = new JobThread();
    return *thread;
  }

  void post(std::function<void()> job) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    ready_.notify_one();
  }
  /** Runs the job there and waits for it; what it throws is thrown here. */
  void call(const std::function<void()>& job) {
    std::mutex mutex;
    std::condition_variable finished;
    bool done = false;
    std::exception_ptr failure;
    post([&] {
      try {
        job();
      } catch (...) {
        failure = std::current_exception();
      }
      std::lock_guard<std::mutex> lock(mutex);
      done = true;
      finished.notify_one();
    });
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, [&] { return done; });
    if (failure) std::rethrow_exception(failure);
  }

 private:
  JobThread() {
    std::thread([this] { loop(); }).detach();
  }
  void loop() {
    for (;;) {
      std::unique_lock<std::mutex> lock(mutex_);
      ready_.wait(lock, [this] { return !jobs_.empty(); });
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
};

}  // namespace auspex
