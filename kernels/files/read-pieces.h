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
  PieceReader(std::string path, const std::vector<Piece>& pieces, int num_threads);

  // Called from any thread, with a number of bytes that were read.
  std::function<void(int64_t)> on_bytes;

  // Returns what went wrong, or nothing.
  std::string Run();
  // CRC-32 of each part, once Run has returned nothing.
  std::vector<uint32_t> PartSums(size_t num_parts) const;

 private:
  // Pieces that lie in the same stretch of the file, which is read at once.
  struct Window {
    size_t first = 0, last = 0;
  };

  void Cut(Piece piece);
  void Work(int descriptor);
  std::string ReadWindow(int descriptor, const Window& window, uint8_t* buffer);

  const std::string path_;
  const int num_threads_;
  std::vector<Piece> pieces_;  // none reaches beyond its window
  std::vector<Window> windows_;
  std::vector<uint32_t> sums_;  // of pieces
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::string failure_;
};

}  // namespace auspex::files
