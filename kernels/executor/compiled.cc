#include "compiled.h"

#include <algorithm>
#include <chrono>

#include "job-thread.h"
#include "parallel.h"
#include "vector/make.h"

namespace auspex {
namespace {

/** The clock of Node's process.hrtime(), which is the same for all processes of a host. */
double Now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

KernelPtr MakeKernel(const Operation& operation, int threads) {
  for (auto make : {MakeConvolutionKernel, MakeFoldedConvolutionKernel, MakeLinearKernel, MakeLossKernel, MakeCommunicationKernel,
                    MakeVectorKernel}) {
    if (KernelPtr kernel = make(operation, threads)) return kernel;
  }
  throw std::runtime_error("no kernel for the operation " + operation.kind);
}

void Compiled::compile() {
  // Kernels count on a team of exactly so many.
  omp_set_dynamic(0);
  threads = std::min(threads, omp_get_thread_limit());
  omp_set_num_threads(threads);
  awaited_.resize(operations.size());
  std::map<const Tensor*, size_t> communicated;  // the last communication of each tensor
  for (size_t i = 0; i < operations.size(); ++i) {
    Operation& operation = operations[i];
    operation.ranks = &ranks;
    make(operation);
    if (kernels.back()->communicates()) {
      for (const auto& [name, operands] : operation.operands) {
        for (const Tensor* tensor : operands) communicated[tensor] = i;
      }
    }
    if (operation.kind != "await") continue;
    for (const Tensor* tensor : operation.all("values")) {
      if (communicated.count(tensor) > 0) awaited_[i].push_back(communicated[tensor]);
    }
  }
}

void Compiled::make(const Operation& operation) {
  try {
    kernels.push_back(MakeKernel(operation, threads));
  } catch (const std::exception& error) {
    std::string names;
    for (const auto& [name, tensors] : operation.operands) names += " " + name + "=" + (tensors.empty() ? "none" : tensors.front()->name);
    throw std::runtime_error(operation.kind + ":" + names + ": " + error.what());
  }
}

RunTimes Compiled::run(size_t first, size_t end, bool timed) {
  omp_set_num_threads(threads);
  RunTimes times;
  if (timed) times.computed.resize(kernels.size());
  if (written) stale_.assign(kernels.size(), true);
  written = false;
  Queue queue(kernels.size(), timed);
  try {
    for (size_t i = first; i < end; ++i) {
      if (cancelled.load(std::memory_order_relaxed)) throw Cancelled();
      const bool awaits = operations[i].kind == "await";
      const double begin = timed || awaits ? Now() : 0;
      // Not earlier: a workspace is a kernel's own only while it runs.
      if (stale_[i]) kernels[i]->prepare(workspaces[i]);
      stale_[i] = false;
      if (kernels[i]->communicates()) {
        queue.start(i, *kernels[i], workspaces[i]);
      } else if (awaits) {
        queue.await(awaited_[i]);
        times.awaiting += Now() - begin;
      } else {
        kernels[i]->run(workspaces[i]);
      }
      if (timed) times.computed[i] = {begin, Now()};
    }
    queue.awaitAll();
  } catch (...) {
    // Jobs that are under way use this queue and the program's memory.
    const std::exception_ptr failure = std::current_exception();
    if (ranks.communicator) ranks.communicator->abort("the step failed on rank " + std::to_string(ranks.communicator->rank()));
    try {
      queue.awaitAll();
    } catch (const std::exception&) {
      // The first failure is the one to report.
    }
    std::rethrow_exception(failure);
  }
  times.communicating = queue.seconds();
  times.communicated = queue.takeSpans();
  return times;
}

void Compiled::Queue::start(size_t operation, Kernel& kernel, char* workspace) {
  const size_t ticket = started_[operation] = ++tickets_;
  JobThread::communication().post([this, operation, ticket, &kernel, workspace] {
    const double begin = Now();
    std::exception_ptr failure;
    try {
      omp_set_num_threads(1);
      kernel.run(workspace);
    } catch (...) {
      failure = std::current_exception();
    }
    std::lock_guard<std::mutex> lock(mutex_);
    const double end = Now();
    seconds_ += end - begin;
    if (!spans_.empty()) spans_[operation] = {begin, end};
    if (failure && !failure_) failure_ = failure;
    finished_ = ticket;
    progress_.notify_all();
  });
}

void Compiled::Queue::await(const std::vector<size_t>& operations) {
  size_t last = 0;
  for (const size_t operation : operations) last = std::max(last, started_[operation]);
  awaitTicket(last);
}

void Compiled::Queue::awaitAll() { awaitTicket(tickets_); }

void Compiled::Queue::awaitTicket(size_t ticket) {
  std::unique_lock<std::mutex> lock(mutex_);
  progress_.wait(lock, [&] { return finished_ >= ticket; });
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace auspex
