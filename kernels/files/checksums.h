// The checksums of bytes that come in order: SHA-256 of all, and CRC-32 since the last restart.
#pragma once
#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace auspex::files {

class Checksums {
 public:
  Checksums();
  // False where OpenSSL has failed, which it does only without memory.
  bool Update(const uint8_t* bytes, size_t count);
  // In hexadecimal; empty where OpenSSL has failed. Nothing can be added afterwards.
  std::string Sha256();
  uint32_t crc() const { return crc_; }
  void RestartCrc() { crc_ = 0; }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> sha256_{EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  bool good_ = false;
  uint32_t crc_ = 0;
};

}  // namespace auspex::files
