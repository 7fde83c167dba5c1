// Reads a file in pieces, several at a time, and takes the CRC-32 of each while the core's cache still holds it.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace auspex::files {

struct Piece {
  int64_t position = 0;
  int64_t bytes = 0;
  uint8_t* into = nullptr;  // null where only the checksum is wanted
  uint32_t part = 0;        // whose checksum it belongs to
};

// Pieces of the same part have to follow one another, in the order of the file.
class PieceReader {
 public:
  PieceReader(std::string path, std::vector<Piece> pieces, int num_threads)
      : path_(std::move(path)), pieces_(std::move(pieces)), num_threads_(num_threads), sums_(pieces_.size()) {}

  // Called from any thread, with the bytes of a piece that was read.
  std::function<void(int64_t)> on_bytes;

  // Returns what went wrong, or nothing.
  std::string Run();
  // CRC-32 of each part, once Run has returned nothing.
  std::vector<uint32_t> PartSums(size_t num_parts) const;

 private:
  void Work(int descriptor);
  std::string ReadPiece(int descriptor, size_t index, uint8_t* scratch);
  void ReadAhead(int descriptor, int64_t position);

  const std::string path_;
  const std::vector<Piece> pieces_;
  const int num_threads_;
  std::vector<uint32_t> sums_;  // of pieces
  std::atomic<size_t> next_{0};
  std::atomic<int64_t> asked_for_{0};
  std::atomic<bool> failed_{false};
  std::string failure_;
};

}  // namespace auspex::files
