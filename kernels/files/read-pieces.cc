#include "read-pieces.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>

namespace auspex::files {
namespace {

// Read and summed in one go: what a core's own cache holds.
constexpr int64_t kChunkBytes = 256 << 10;
// The disk is asked for this much at a time, one such stretch before it is needed.
constexpr int64_t kReadAheadBytes = 32 << 20;

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : value_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  const int value_;
};

// The message of an errno; std::strerror may not be called from several threads.
std::string MessageOf(int code) { return std::generic_category().message(code); }

int64_t SizeOf(int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

}  // namespace

std::string PieceReader::Run() {
  const Descriptor descriptor(path_);
  if (descriptor.value() < 0) return "cannot be read (" + MessageOf(errno) + ")";
  std::vector<std::thread> helpers;
  try {
    for (int i = 1; i < num_threads_; i++) helpers.emplace_back([&] { Work(descriptor.value()); });
  } catch (const std::system_error&) {
    // Fewer threads do as well.
  }
  Work(descriptor.value());
  for (std::thread& helper : helpers) helper.join();
  return failure_;
}

std::vector<uint32_t> PieceReader::PartSums(size_t num_parts) const {
  std::vector<uint32_t> parts(num_parts);
  for (size_t i = 0; i < pieces_.size(); i++) {
    uint32_t& sum = parts[pieces_[i].part];
    sum = static_cast<uint32_t>(crc32_combine64(sum, sums_[i], pieces_[i].bytes));
  }
  return parts;
}

void PieceReader::Work(int descriptor) {
  uint8_t scratch[kChunkBytes];
  while (!failed_) {
    const size_t index = next_++;
    if (index >= pieces_.size()) return;
    ReadAhead(descriptor, pieces_[index].position);
    std::string failure = ReadPiece(descriptor, index, scratch);
    if (failure.empty()) {
      on_bytes(pieces_[index].bytes);
    } else if (!failed_.exchange(true)) {
      failure_ = std::move(failure);
    }
  }
}

std::string PieceReader::ReadPiece(int descriptor, size_t index, uint8_t* scratch) {
  const Piece& piece = pieces_[index];
  uLong sum = crc32(0, nullptr, 0);
  for (int64_t done = 0; done < piece.bytes;) {
    uint8_t* into = piece.into ? piece.into + done : scratch;
    const int64_t wanted = std::min(kChunkBytes, piece.bytes - done);
    const ssize_t length = pread(descriptor, into, static_cast<size_t>(wanted), piece.position + done);
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return "cannot be read (" + MessageOf(errno) + ")";
    if (length == 0) return "ends at byte " + std::to_string(SizeOf(descriptor)) + "; the file is truncated";
    sum = crc32_z(sum, into, static_cast<size_t>(length));
    done += length;
  }
  sums_[index] = static_cast<uint32_t>(sum);
  return {};
}

// While the threads sum what they have, the disk would otherwise wait for them.
void PieceReader::ReadAhead(int descriptor, int64_t position) {
  int64_t asked_for = asked_for_;
  while (position + kReadAheadBytes > asked_for) {
    const int64_t begin = std::max(asked_for, position);
    if (asked_for_.compare_exchange_weak(asked_for, begin + kReadAheadBytes)) {
      // A hint: whatever comes of it, reading works.
      posix_fadvise(descriptor, begin, kReadAheadBytes, POSIX_FADV_WILLNEED);
      return;
    }
  }
}

}  // namespace auspex::files
