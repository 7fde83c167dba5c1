// A communicator on GPUs: every pointer of every call may be to memory of the rank's GPU, which is then used where it is, or
// of the host.
#pragma once
#include "nccl-api.h"
#include "transport.h"

namespace auspex {

class NcclTransport : public Transport {
 public:
  using Transport::Transport;
  /**
   * The channel's next call begins when the GPU has done what `stream` holds now: where its inputs are made. What the call
   * gives is there when it returns, for all streams. From the channel's thread.
   */
  virtual void after(Channel, cudaStream_t stream) = 0;
};

/** Throws NcclMissing, and GlooMissing if ranks are to meet by Gloo. */
std::shared_ptr<NcclTransport> OpenNccl(const TransportOptions&);

}  // namespace auspex
