// Which process a rank is, so that its end is noticed even if its number is given to another process.
#pragma once
#include <cstdint>
#include <string>

namespace auspex {

struct ProcessIdentity {
  int32_t pid = 0;
  uint64_t startTime = 0;  // in clock ticks since boot
};

ProcessIdentity ThisProcess();
/** False once it ended, as a zombie too. */
bool IsAlive(const ProcessIdentity&);
/** Another one after every boot, and on every machine. */
std::string BootId();

}  // namespace auspex
