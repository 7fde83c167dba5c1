#include "reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include "jpeg.h"

namespace auspex::images {
namespace {

constexpr size_t kMagicLength = 3;
constexpr off_t kMaximumFileBytes = off_t{1} << 30;
constexpr size_t kLargeBuffer = size_t{64} << 20;

class OpenFile {
 public:
  // Without O_NONBLOCK, opening a named pipe would wait for a writer.
  explicit OpenFile(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

Failure Unreadable() { return {"UNREADABLE", std::strerror(errno)}; }

// Reads until `length` bytes or the file's end; false on an error.
bool ReadFully(int descriptor, uint8_t* to, size_t length, size_t* count) {
  *count = 0;
  while (*count < length) {
    const ssize_t got = read(descriptor, to + *count, length - *count);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) return true;
    *count += static_cast<size_t>(got);
  }
  return true;
}

Failure NotJpeg() { return {"NOT_JPEG", "the content is not JPEG"}; }

}  // namespace

Failure ImageReader::ReadFile(const std::string& path, size_t* length) {
  const OpenFile file(path);
  struct stat status;
  if (file.descriptor() < 0 || fstat(file.descriptor(), &status) != 0) return Unreadable();
  if (!S_ISREG(status.st_mode)) return {"UNREADABLE", "not a regular file"};
  if (status.st_size == 0) return {"EMPTY", "the file has no bytes"};
  if (status.st_size > kMaximumFileBytes) return {"TOO_LARGE", std::to_string(status.st_size) + " bytes, the limit is 1 GiB"};
  const size_t size = static_cast<size_t>(status.st_size);
  uint8_t* bytes = file_.Reserve(size);
  // Other formats are for others to read: look before reading the whole.
  size_t magic = 0;
  if (!ReadFully(file.descriptor(), bytes, std::min(size, kMagicLength), &magic)) return Unreadable();
  if (!IsJpeg(bytes, magic)) return NotJpeg();
  size_t rest = 0;
  if (!ReadFully(file.descriptor(), bytes + magic, size - magic, &rest)) return Unreadable();
  *length = magic + rest;
  return {};
}

Failure ImageReader::Read(const ImageInput& input, const ImageLimits& limits, ImageView* image) {
  try {
    Failure failure;
    if (input.width > 0) {
      *image = {input.bytes, input.width, input.height};
    } else if (!input.path.empty()) {
      size_t length = 0;
      failure = ReadFile(input.path, &length);
      if (!failure) failure = DecodeJpeg(file_.Data(), length, limits.maximum_pixels, &pixels_, image);
    } else if (input.length == 0) {
      failure = {"EMPTY", "there are no bytes"};
    } else if (!IsJpeg(input.bytes, input.length)) {
      failure = NotJpeg();
    } else {
      failure = DecodeJpeg(input.bytes, input.length, limits.maximum_pixels, &pixels_, image);
    }
    if (!failure && std::min(image->width, image->height) < limits.minimum_side) {
      failure = {"TOO_SMALL", std::to_string(image->width) + " x " + std::to_string(image->height) +
                                  " pixels, the shorter side has to have " + std::to_string(limits.minimum_side)};
    }
    return failure;
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "no memory for the file"};
  }
}

void ImageReader::Shrink() {
  file_.ShrinkAbove(kLargeBuffer);
  pixels_.ShrinkAbove(kLargeBuffer);
}

}  // namespace auspex::images
