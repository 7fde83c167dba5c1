// Reading and writing past the system's page cache, straight between a disk and the memory of a process.
#pragma once
#include <fcntl.h>

#include <cstddef>

namespace auspex::files {

// What the system asks of positions, lengths and addresses then, on every disk that is made.
constexpr size_t kAlignment = 4096;

// Of memory, where there is enough of it.
constexpr size_t kLargePage = 2 * 1024 * 1024;

// Returns whether the file system can do it.
inline bool PassByCache(int descriptor, bool pass_by) {
  const int flags = fcntl(descriptor, F_GETFL);
  return flags >= 0 && fcntl(descriptor, F_SETFL, pass_by ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

}  // namespace auspex::files
