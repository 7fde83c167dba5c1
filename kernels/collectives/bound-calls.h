// A communicator made known to a library of TensorFlow's operations (tensorflow-ops.cc), for as long as the object lives.
#pragma once
#include <memory>
#include <string>

#include "collective-calls.h"
#include "exchanges.h"

namespace auspex {

class BoundCalls {
 public:
  /** Loads the library, and with it the operations. Throws std::runtime_error if it is not that library, or of another version. */
  BoundCalls(std::shared_ptr<Transport>, const std::string& library, int64_t id);
  /** Waits for calls under way: close the communicator first. */
  ~BoundCalls();
  BoundCalls(const BoundCalls&) = delete;
  BoundCalls& operator=(const BoundCalls&) = delete;

  Exchanges& exchanges() { return *exchanges_; }

 private:
  int64_t id_;
  std::unique_ptr<Exchanges> exchanges_;
  AuspexCollectives calls_;
  AuspexSetCollectives set_;
};

}  // namespace auspex
