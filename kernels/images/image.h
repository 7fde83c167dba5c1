// Plain views of RGB images, (H, W, 3) uint8 without padding.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

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
    if (buffer_.size() < count) {
      buffer_.clear();
      buffer_.resize(count);
    }
    return buffer_.data();
  }
  T* Data() { return buffer_.data(); }
  const T* Data() const { return buffer_.data(); }
  // After an unusually large image: give the memory back instead of keeping it on every thread.
  void ShrinkAbove(size_t count) {
    if (buffer_.size() > count) std::vector<T>().swap(buffer_);
  }

 private:
  std::vector<T> buffer_;
};

}  // namespace auspex::images
