#include "checksums.h"

#include <zlib.h>

#include <algorithm>

namespace auspex::files {

// Both are taken of as much as a core's own cache holds.
constexpr size_t kChunkBytes = 256 << 10;

Checksums::Checksums() { good_ = sha256_ != nullptr && EVP_DigestInit_ex(sha256_.get(), EVP_sha256(), nullptr) == 1; }

bool Checksums::Update(const uint8_t* bytes, size_t count) {
  for (size_t done = 0; done < count; done += kChunkBytes) {
    const size_t length = std::min(kChunkBytes, count - done);
    good_ = good_ && EVP_DigestUpdate(sha256_.get(), bytes + done, length) == 1;
    crc_ = static_cast<uint32_t>(crc32_z(crc_, bytes + done, length));
  }
  return good_;
}

std::string Checksums::Sha256() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (!good_ || EVP_DigestFinal_ex(sha256_.get(), digest, &length) != 1) return {};
  good_ = false;
  const char* const digits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < length; i++) {
    text += digits[digest[i] >> 4];
    text += digits[digest[i] & 15];
  }
  return text;
}

}  // namespace auspex::files
