// Reads a whole file with PieceReader where the first read of each window stops in the middle of a block, as a signal or a network file
// system may make it. Prints the CRC-32 of the file; the address sanitizer ends it where it writes beyond a window's memory.
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "../../../kernels/files/read-pieces.h"

namespace {
constexpr int64_t kWindowBytes = 1 << 20;
constexpr size_t kShortBytes = 1000;
}  // namespace

// In place of the system's.
extern "C" ssize_t pread(int descriptor, void* into, size_t bytes, off_t position) {
  // The system writes without the sanitizer's knowledge.
  std::memset(into, 0, bytes);
  const size_t asked = position % kWindowBytes == 0 ? kShortBytes : bytes;
  return syscall(SYS_pread64, descriptor, into, asked, position);
}

int main(int, char** arguments) {
  struct stat status = {};
  if (stat(arguments[1], &status) != 0) return 1;
  auspex::files::PieceReader reader(arguments[1], {{0, status.st_size, nullptr, 0}}, 1);
  reader.on_bytes = [](int64_t) {};
  const std::string failure = reader.Run();
  std::printf("%s%u\n", failure.c_str(), reader.PartSums(1)[0]);
}
