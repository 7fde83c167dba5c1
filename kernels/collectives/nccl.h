// A communicator on GPUs: every pointer of every call may be to memory of the rank's GPU, which is then used where it is, or
// of the host.
#pragma once
#include "device.h"
#include "stream-order.h"
#include "transport.h"

namespace auspex {

class NcclTransport : public Transport {
 public:
  using Transport::Transport;
  // From any thread:
  virtual Event makeEvent() = 0;
  /** What `stream` holds now. */
  virtual Event mark(cudaStream_t stream) = 0;
  /** What `stream` gets from now on begins after the event. */
  virtual void wait(cudaStream_t stream, const Event&) = 0;

  /**
   * Where the channel's next call stands among the work of other streams; null for nowhere: then it begins at once. From the channel's
   * thread. A call returns when its outputs are there for all streams, whatever its place.
   */
  virtual void place(Channel, StreamOrder*) = 0;
};

/** Throws NcclMissing, and GlooMissing if ranks are to meet by Gloo. */
std::shared_ptr<NcclTransport> OpenNccl(const TransportOptions&);

}  // namespace auspex
