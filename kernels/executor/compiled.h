// A compiled program, and how it runs: the compute thread walks the operations; those that talk to other ranks are handed to
// the communication thread, and an `await` waits for those that it names.
//
//     compute        | conv | await b | conv ...          | await gradients |
//     communication  | gather b |  | gather c | reduce a |
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "arena.h"
#include "kernel.h"
#include "ranks.h"

namespace auspex {

/** When something ran, in seconds of the system's monotonic clock; 0 and 0 where it did not. */
struct Span {
  double begin = 0, end = 0;
};

/** Where the seconds of a run went. */
struct RunTimes {
  /** Of each operation on the compute thread, where communication only starts, and on the communication thread; empty unless
      they were asked for. */
  std::vector<Span> computed, communicated;
  /** The communication thread at work or waiting for other ranks, and the compute thread waiting for it. */
  double communicating = 0, awaiting = 0;
};

/** A run that was given up. */
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("the run was given up") {}
};

/** Shared with the jobs that run it, so that it outlives a collected JavaScript object. */
class Compiled {
 public:
  std::vector<std::unique_ptr<Tensor>> tensors;
  std::vector<Operation> operations;
  std::vector<KernelPtr> kernels;
  std::vector<char*> workspaces;
  std::unique_ptr<Arena> arena;
  /** Shared with views that JavaScript has of it. */
  std::shared_ptr<Arena> persistent;
  Ranks ranks;
  int threads = 1;
  bool running = false;  // JavaScript thread only
  /** Whether persistent values were written from outside since the last run. */
  bool written = true;

  /** Makes the kernels; on the compute thread, because oneDNN remembers the number of threads of that place. */
  void compile();

  /** Ends the run that is under way before its next operation; from any thread. */
  std::atomic<bool> cancelled{false};

  /** Runs operations first .. end - 1 on the compute thread. @param timed whether to time each of them. @throws Cancelled */
  RunTimes run(size_t first, size_t end, bool timed);

 private:
  /** Communication that is under way in this run. */
  class Queue {
   public:
    Queue(size_t operations, bool timed) : started_(operations, 0), spans_(timed ? operations : 0) {}
    void start(size_t operation, Kernel& kernel, char* workspace);
    /** Waits for these operations; what the first failed one threw is thrown here. */
    void await(const std::vector<size_t>& operations);
    void awaitAll();
    double seconds() const { return seconds_; }
    /** Of each operation, where they are timed; nothing may be under way. */
    std::vector<Span> takeSpans() { return std::move(spans_); }

   private:
    void awaitTicket(size_t ticket);
    std::vector<size_t> started_;  // tickets; 0 where it was not started
    size_t tickets_ = 0;
    std::mutex mutex_;
    std::condition_variable progress_;
    size_t finished_ = 0;
    std::exception_ptr failure_;
    double seconds_ = 0;
    std::vector<Span> spans_;
  };

  void make(const Operation& operation);
  /** Kernels that have to prepare before they run. */
  std::vector<bool> stale_;
  /** Operations whose communication each `await` waits for. */
  std::vector<std::vector<size_t>> awaited_;
};

}  // namespace auspex
