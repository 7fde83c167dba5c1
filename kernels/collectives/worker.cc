#include "worker.h"

#include <omp.h>

#include <thread>

namespace auspex {

Worker::Worker() {
  std::thread([queue = queue_] { Loop(queue); }).detach();
}

Worker::~Worker() {
  std::lock_guard<std::mutex> lock(queue_->mutex);
  queue_->ending = true;
  queue_->ready.notify_one();
}

void Worker::post(std::function<void()> job) {
  std::lock_guard<std::mutex> lock(queue_->mutex);
  queue_->jobs.push_back(std::move(job));
  queue_->ready.notify_one();
}

void Worker::Loop(const std::shared_ptr<Queue>& queue) {
  omp_set_num_threads(1);  // the processors belong to whoever computes meanwhile
  for (;;) {
    std::unique_lock<std::mutex> lock(queue->mutex);
    queue->ready.wait(lock, [&] { return queue->ending || !queue->jobs.empty(); });
    if (queue->jobs.empty()) return;
    auto job = std::move(queue->jobs.front());
    queue->jobs.pop_front();
    lock.unlock();
    job();
  }
}

}  // namespace auspex
