// One block of memory for a program: reserved once, on huge pages where the system has them, touched first by its users.
#pragma once
#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace auspex {

class Arena {
 public:
  explicit Arena(size_t bytes) : bytes_(bytes == 0 ? 1 : bytes) {
    void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<char*>(memory);
    madvise(data_, bytes_, MADV_HUGEPAGE);
  }
  ~Arena() { munmap(data_, bytes_); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  char* data() const { return data_; }
  size_t bytes() const { return bytes_; }
  bool holds(const char* place) const { return place >= data_ && place < data_ + bytes_; }

 private:
  size_t bytes_;
  char* data_;
};

}  // namespace auspex
