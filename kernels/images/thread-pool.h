// Own threads for image work, kept between calls, so that neither the JavaScript thread nor libuv's pool is held up.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>

#include "reader.h"
#include "views.h"

namespace auspex::images {

// The buffers of one thread.
struct Workspace {
  ImageReader reader;
  ViewRenderer renderer;
};

// A number of independent items. RunItem is called once for each, from any thread; Finish once, after the last.
class Job {
 public:
  // `owner` is the environment to whose memory the job writes.
  Job(const void* owner, size_t num_items, int num_threads)
      : owner_(owner), num_items_(num_items), num_threads_(num_threads) {}
  virtual ~Job() = default;
  virtual void RunItem(size_t item, Workspace* workspace) noexcept = 0;
  virtual void Finish() noexcept = 0;

  size_t num_items() const { return num_items_; }
  int num_threads() const { return num_threads_; }

 private:
  friend class ThreadPool;
  const void* const owner_;
  const size_t num_items_;
  const int num_threads_;  // how many may work on this job at a time
  size_t next_ = 0;
  size_t done_ = 0;
  int active_ = 0;
  bool cancelled_ = false;
};

class ThreadPool {
 public:
  // Never destroyed: its threads sleep until the process ends.
  static ThreadPool& Instance();

  // False where not even one thread could be started.
  bool Submit(std::shared_ptr<Job> job);
  // Drops the owner's jobs without finishing them and returns when no thread works on one any more.
  void Cancel(const void* owner);

 private:
  ThreadPool() = default;
  bool Grow(int num_threads);
  void Work();
  std::shared_ptr<Job> FindWork() const;

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable idle_;
  std::list<std::shared_ptr<Job>> jobs_;
  int num_threads_ = 0;
};

}  // namespace auspex::images
