// Plain views of RGB images, (H, W, 3) uint8 without padding.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace auspex::images {

struct ImageView {
  const uint8_t* data = nullptr;
  int width = 0;
  int height = 0;

  const uint8_t* Row(int y) const { return data + static_cast<size_t>(y) * width * 3; }
};

struct Box {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;
};

// A scratch buffer that only grows, so that the steady state allocates nothing. Its contents are not kept by Reserve.
template <typename T>
class Scratch {
 public:
  T* Reserve(size_t count) {
    if (size_ < count) {
      Free();
      // Not cleared: the system gives no memory before something is written.
      buffer_.reset(new T[count]);
      size_ = count;
    }
    return buffer_.get();
  }
  T* Data() { return buffer_.get(); }
  const T* Data() const { return buffer_.get(); }
  // After an unusually large image: give the memory back instead of keeping it on every thread.
  void ShrinkAbove(size_t count) {
    if (size_ > count) Free();
  }

 private:
  void Free() {
    buffer_.reset();
    size_ = 0;
  }

  std::unique_ptr<T[]> buffer_;
  size_t size_ = 0;
};

}  // namespace auspex::images
