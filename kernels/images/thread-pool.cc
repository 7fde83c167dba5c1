#include "thread-pool.h"

#include <dlfcn.h>
#include <pthread.h>

#include <system_error>
#include <thread>

namespace auspex::images {
namespace {

// A worker_thread that loaded the addon unloads it when it ends; the code our threads sleep in has to stay.
void KeepCodeLoaded() {
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(&ThreadPool::Instance), &info) != 0) {
    dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE | RTLD_NOLOAD);
  }
}

}  // namespace

ThreadPool& ThreadPool::Instance() {
  static ThreadPool* const pool = [] {
    KeepCodeLoaded();
    return new ThreadPool();
  }();
  return *pool;
}

bool ThreadPool::Submit(std::shared_ptr<Job> job) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!Grow(job->num_threads())) return false;
  jobs_.push_back(std::move(job));
  work_.notify_all();
  return true;
}

bool ThreadPool::Grow(int num_threads) {
  try {
    for (; num_threads_ < num_threads; num_threads_++) std::thread([this] { Work(); }).detach();
  } catch (const std::system_error&) {
    // The system has no more threads to give: fewer do the same work.
  }
  return num_threads_ > 0;
}

void ThreadPool::Cancel(const void* owner) {
  std::unique_lock<std::mutex> lock(mutex_);
  for (const auto& job : jobs_) job->cancelled_ |= job->owner_ == owner;
  idle_.wait(lock, [&] {
    jobs_.remove_if([&](const auto& job) { return job->cancelled_ && job->active_ == 0; });
    for (const auto& job : jobs_) {
      if (job->owner_ == owner) return false;
    }
    return true;
  });
}

// The oldest job that has an item left and may take another thread.
std::shared_ptr<Job> ThreadPool::FindWork() const {
  for (const auto& job : jobs_) {
    if (!job->cancelled_ && job->next_ < job->num_items_ && job->active_ < job->num_threads_) return job;
  }
  return nullptr;
}

void ThreadPool::Work() {
  pthread_setname_np(pthread_self(), "auspex-images");
  Workspace workspace;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    const std::shared_ptr<Job> job = FindWork();
    if (!job) {
      work_.wait(lock);
      continue;
    }
    const size_t item = job->next_++;
    job->active_++;
    lock.unlock();
    job->RunItem(item, &workspace);
    lock.lock();
    job->active_--;
    job->done_++;
    if (job->cancelled_) {
      idle_.notify_all();
    } else if (job->done_ == job->num_items_) {
      // Still holding its place in the list: an owner that goes away waits for Finish too.
      job->active_++;
      lock.unlock();
      job->Finish();
      lock.lock();
      job->active_--;
      jobs_.remove(job);
      idle_.notify_all();
    } else if (job->next_ < job->num_items_) {
      work_.notify_one();
    }
  }
}

}  // namespace auspex::images
