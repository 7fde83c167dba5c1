#include "read-pieces.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "alignment.h"

namespace auspex::files {
namespace {

// Read at once, then summed and copied: what a core's own cache holds, and enough for a disk to be at its best.
constexpr int64_t kWindowBytes = 1 << 20;
// Files from this size on are read past the system's page cache, which would take as long to fill as the disk to read.
constexpr int64_t kDirectBytes = 64 << 20;
constexpr int64_t kBlockBytes = kAlignment;

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

std::string CannotBeRead() { return "cannot be read (" + MessageOf(errno) + ")"; }

int64_t SizeOf(int descriptor) {
  struct stat status = {};
  return fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

}  // namespace

PieceReader::PieceReader(std::string path, const std::vector<Piece>& pieces, int num_threads)
    : path_(std::move(path)), num_threads_(num_threads) {
  for (const Piece& piece : pieces) Cut(piece);
  sums_.resize(pieces_.size());
}

void PieceReader::Cut(Piece piece) {
  while (piece.bytes > 0) {
    const int64_t window = piece.position / kWindowBytes;
    Piece first = piece;
    first.bytes = std::min(piece.bytes, (window + 1) * kWindowBytes - piece.position);
    const bool goes_on = !pieces_.empty() && pieces_.back().position / kWindowBytes == window && pieces_.back().position <= piece.position;
    if (!goes_on) windows_.push_back({pieces_.size(), pieces_.size()});
    pieces_.push_back(first);
    windows_.back().last = pieces_.size();
    piece.position += first.bytes;
    piece.bytes -= first.bytes;
    if (piece.into) piece.into += first.bytes;
  }
}

std::string PieceReader::Run() {
  const Descriptor descriptor(path_);
  if (descriptor.value() < 0) return CannotBeRead();
  if (SizeOf(descriptor.value()) >= kDirectBytes) PassByCache(descriptor.value(), true);
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
  const std::unique_ptr<uint8_t, decltype(&std::free)> buffer(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, kWindowBytes)), &std::free);
  while (!failed_) {
    const size_t index = next_++;
    if (index >= windows_.size()) return;
    std::string failure = buffer ? ReadWindow(descriptor, windows_[index], buffer.get()) : "no memory to read it";
    if (!failure.empty() && !failed_.exchange(true)) failure_ = std::move(failure);
  }
}

std::string PieceReader::ReadWindow(int descriptor, const Window& window, uint8_t* buffer) {
  const int64_t begin = pieces_[window.first].position / kBlockBytes * kBlockBytes;
  const int64_t end = pieces_[window.last - 1].position + pieces_[window.last - 1].bytes;
  for (int64_t done = 0; begin + done < end;) {
    // Whole blocks, also of the last one, which may lie beyond the end of the file; after a read that stopped within a block, no more than
    // there is memory for.
    const int64_t blocks = (end - begin - done + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    const int64_t wanted = std::min(blocks, kWindowBytes - done);
    const ssize_t length = pread(descriptor, buffer + done, static_cast<size_t>(wanted), begin + done);
    if (length < 0 && errno == EINTR) continue;
    // Some file systems agree and then cannot; reading goes through the cache there.
    if (length < 0 && errno == EINVAL && (fcntl(descriptor, F_GETFL) & O_DIRECT)) {
      PassByCache(descriptor, false);
      continue;
    }
    if (length < 0) return CannotBeRead();
    if (length == 0) return "ends at byte " + std::to_string(SizeOf(descriptor)) + "; the file is truncated";
    done += length;
  }
  int64_t read = 0;
  for (size_t i = window.first; i < window.last; i++) {
    const Piece& piece = pieces_[i];
    const uint8_t* const bytes = buffer + (piece.position - begin);
    sums_[i] = static_cast<uint32_t>(crc32_z(0, bytes, static_cast<size_t>(piece.bytes)));
    if (piece.into) std::memcpy(piece.into, bytes, static_cast<size_t>(piece.bytes));
    read += piece.bytes;
  }
  on_bytes(read);
  return {};
}

}  // namespace auspex::files
