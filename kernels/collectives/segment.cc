#include "segment.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace auspex {
namespace {

/** What leads to a segment. */
struct Payload {
  ProcessIdentity process;
  int32_t file;
  uint8_t token[16];
  char boot[40];
};

size_t SegmentBytes(size_t regionBytes) {
  return kPageBytes + 2 * kNumChannels * kSlotBytes + (regionBytes + kPageBytes - 1) / kPageBytes * kPageBytes;
}

[[noreturn]] void FailWith(const std::string& what, int error) { throw std::runtime_error(what + ": " + std::strerror(error)); }

}  // namespace

Segment::Segment(int file, size_t regionBytes) : file_(file), bytes_(SegmentBytes(regionBytes)) {
  void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) {
    const int error = errno;
    close(file);
    FailWith("shared memory of " + std::to_string(bytes_) + " bytes cannot be mapped", error);
  }
  memory_ = static_cast<char*>(memory);
  madvise(memory_, bytes_, MADV_HUGEPAGE);
}

Segment::~Segment() {
  munmap(memory_, bytes_);
  if (file_ >= 0) close(file_);
}

std::unique_ptr<Segment> Segment::Create(size_t regionBytes) {
  const int file = memfd_create("auspex", MFD_CLOEXEC);
  if (file < 0) FailWith("shared memory cannot be made", errno);
  if (ftruncate(file, static_cast<off_t>(SegmentBytes(regionBytes))) != 0) {
    const int error = errno;
    close(file);
    FailWith("shared memory of " + std::to_string(SegmentBytes(regionBytes)) + " bytes cannot be reserved", error);
  }
  std::unique_ptr<Segment> segment(new Segment(file, regionBytes));
  new (segment->memory_) SegmentHeader{};
  if (getrandom(segment->header().token, sizeof segment->header().token, 0) < 0) FailWith("no random numbers", errno);
  segment->process_ = ThisProcess();
  return segment;
}

std::string Segment::payload() const {
  Payload payload{};
  payload.process = process_;
  payload.file = file_;
  std::memcpy(payload.token, header().token, sizeof payload.token);
  BootId().copy(payload.boot, sizeof payload.boot - 1);
  return std::string(reinterpret_cast<const char*>(&payload), sizeof payload);
}

std::unique_ptr<Segment> Segment::Map(const std::string& text, size_t regionBytes) {
  Payload payload;
  if (text.size() != sizeof payload) throw std::runtime_error("has an address of a wrong length");
  std::memcpy(&payload, text.data(), sizeof payload);
  payload.boot[sizeof payload.boot - 1] = '\0';
  if (BootId() != payload.boot) throw std::runtime_error("runs on another host; shared memory reaches ranks of one host only");
  const std::string path = "/proc/" + std::to_string(payload.process.pid) + "/fd/" + std::to_string(payload.file);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) {
    throw std::runtime_error(IsAlive(payload.process) ? "cannot be reached through " + path + ": " + std::strerror(errno) : "has ended");
  }
  struct stat status;
  if (fstat(file, &status) != 0 || static_cast<size_t>(status.st_size) != SegmentBytes(regionBytes)) {
    close(file);
    throw std::runtime_error("has closed its communicator");
  }
  std::unique_ptr<Segment> segment(new Segment(file, regionBytes));
  close(file);
  segment->file_ = -1;
  segment->process_ = payload.process;
  if (std::memcmp(segment->header().token, payload.token, sizeof payload.token) != 0) {
    throw std::runtime_error("has closed its communicator");
  }
  // Slots and region are for reading: whoever wrote there would change another rank's numbers.
  mprotect(segment->memory_ + kPageBytes, segment->bytes_ - kPageBytes, PROT_READ);
  return segment;
}

}  // namespace auspex
