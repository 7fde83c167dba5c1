// Collectives that go on beside whoever asked for them: they are started, run on a thread of their channel one after the other,
// and are awaited where their outputs are first used.
//
//     caller's thread   start ── computes ──────────── await ── uses the outputs
//     caller's stream     mark ─ computes ─────────────── waits ─ uses the outputs        with NCCL, on memory of a GPU
//     channel's thread       └─ meets the ranks, gives NCCL the call ── looks until it is over
//     channel's stream           waits for the mark ── exchanges ──┘
#pragma once
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "nccl.h"
#include "worker.h"

namespace auspex {

/** When a call was on its channel's thread, in seconds of the monotonic clock. */
struct ExchangeSpan {
  double begin, end;
};

/** From any thread; all ranks start the same calls of a channel in the same order. */
class Exchanges {
 public:
  using Call = std::function<void(Transport&)>;

  explicit Exchanges(std::shared_ptr<Transport>);
  /** Waits for what is under way: close the communicator first. */
  ~Exchanges();
  Exchanges(const Exchanges&) = delete;
  Exchanges& operator=(const Exchanges&) = delete;

  /**
   * Returns at once. With a stream, the call begins after what that holds. `kept` is what its memory needs to stay: it is let go
   * when the call was awaited, or with this object.
   * @return its number
   */
  int64_t start(Channel, cudaStream_t stream, Call, std::shared_ptr<void> kept = nullptr);

  /**
   * Once for each call. Returns when the outputs are there for all that `stream` gets from now on: when the channel's stream has
   * the call, for which the caller's stream then waits. Without a stream, or on memory of the host, when the call is over.
   * Throws what the call threw, as far as that is known.
   */
  void await(int64_t number, cudaStream_t stream);

  /** Returns when all calls that were awaited are over. Throws what the first of them threw. */
  void settle();

  /** Of calls on the communication channel that are over, in their order, since this was asked last. */
  std::vector<ExchangeSpan> takeSpans();

 private:
  struct Exchange;
  void perform(Channel, Exchange&);

  const std::shared_ptr<Transport> transport_;
  NcclTransport* const nccl_;  // the same, if it has streams
  std::mutex mutex_;           // for what follows, and for what exchanges have come to
  std::condition_variable progress_;
  std::map<int64_t, std::shared_ptr<Exchange>> started_;
  std::vector<std::shared_ptr<Exchange>> awaited_;  // not over when they were awaited
  std::vector<ExchangeSpan> spans_;
  int64_t last_ = 0;
  int underWay_ = 0;
  Worker workers_[kNumChannels];
};

}  // namespace auspex
