#include "jpeg.h"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs <cstdio> before it.
#include <jpeglib.h>
// The codes of libjpeg's warnings.
#include <jerror.h>

#include <new>
#include <string>

namespace auspex::images {
namespace {

// A progressive file may legally repeat scans without end; no encoder writes more than a few dozen.
constexpr int kMaximumScans = 500;

struct ErrorManager {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer to it is a pointer to us
  std::jmp_buf escape;
  char message[JMSG_LENGTH_MAX];
};

ErrorManager* ManagerOf(j_common_ptr info) { return reinterpret_cast<ErrorManager*>(info->err); }

[[noreturn]] void OnError(j_common_ptr info) {
  ErrorManager* manager = ManagerOf(info);
  info->err->format_message(info, manager->message);
  std::longjmp(manager->escape, 1);
}

// libjpeg would go on after each of these with made-up pixels, as many as the header asks for. Its other warnings (an unknown
// JFIF version, a few stray bytes before a marker, a broken ICC profile) leave the picture whole.
bool MeansMissingData(int code) {
  return code == JWRN_HIT_MARKER || code == JWRN_JPEG_EOF || code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE ||
         code == JWRN_MUST_RESYNC;
}

void OnMessage(j_common_ptr info, int level) {
  if (level < 0 && MeansMissingData(info->err->msg_code)) OnError(info);
}

void OnProgress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaximumScans) return;
  ErrorManager* manager = ManagerOf(info);
  std::snprintf(manager->message, sizeof manager->message, "more than %d scans", kMaximumScans);
  std::longjmp(manager->escape, 1);
}

// Owns libjpeg's state. Functions that call setjmp keep every object with a destructor outside their own frame: a
// longjmp would skip it.
class Decompressor {
 public:
  Decompressor() {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = OnError;
    errors_.base.emit_message = OnMessage;
    errors_.message[0] = '\0';
    progress_.progress_monitor = OnProgress;
  }
  ~Decompressor() {
    if (created_) jpeg_destroy_decompress(&info_);
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  bool ReadHeader(const uint8_t* bytes, size_t length) {
    if (setjmp(errors_.escape)) return false;
    jpeg_create_decompress(&info_);
    created_ = true;
    info_.progress = &progress_;
    jpeg_mem_src(&info_, bytes, length);
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  bool is_four_channels() const {
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
  }

  // Rows of RGB, or of CMYK where is_four_channels().
  bool ReadRows(uint8_t* rows, uint8_t* cmyk_row) {
    if (setjmp(errors_.escape)) return false;
    info_.out_color_space = cmyk_row ? JCS_CMYK : JCS_RGB;
    jpeg_start_decompress(&info_);
    const size_t pitch = static_cast<size_t>(info_.output_width) * 3;
    while (info_.output_scanline < info_.output_height) {
      uint8_t* row = rows + info_.output_scanline * pitch;
      JSAMPROW target = cmyk_row ? cmyk_row : row;
      jpeg_read_scanlines(&info_, &target, 1);
      if (cmyk_row) ConvertCmyk(cmyk_row, row, info_.output_width);
    }
    return true;
  }

  Size size() const { return {static_cast<int>(info_.image_width), static_cast<int>(info_.image_height)}; }
  const char* message() const { return errors_.message; }

 private:
  // Adobe's files hold inverted CMYK, and Pillow takes every CMYK JPEG for one.
  static void ConvertCmyk(const uint8_t* cmyk, uint8_t* rgb, JDIMENSION width) {
    for (JDIMENSION x = 0; x < width; x++) {
      const int key = cmyk[4 * x + 3];
      for (int c = 0; c < 3; c++) {
        const int product = (255 - cmyk[4 * x + c]) * key + 128;
        rgb[3 * x + c] = static_cast<uint8_t>(key - (((product >> 8) + product) >> 8));
      }
    }
  }

  jpeg_decompress_struct info_ = {};
  jpeg_progress_mgr progress_ = {};
  ErrorManager errors_ = {};
  bool created_ = false;
};

Failure Corrupt(const Decompressor& jpeg) { return {"CORRUPT", std::string("JPEG: ") + jpeg.message()}; }

}  // namespace

bool IsJpeg(const uint8_t* bytes, size_t length) {
  return length >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

Failure ReadJpegSize(const uint8_t* bytes, size_t length, Size* size) {
  Decompressor jpeg;
  if (!jpeg.ReadHeader(bytes, length)) return Corrupt(jpeg);
  *size = jpeg.size();
  return {};
}

Failure DecodeJpeg(const uint8_t* bytes, size_t length, uint64_t maximum_pixels, Scratch<uint8_t>* pixels, ImageView* image) {
  Decompressor jpeg;
  if (!jpeg.ReadHeader(bytes, length)) return Corrupt(jpeg);
  const Size size = jpeg.size();
  const uint64_t count = static_cast<uint64_t>(size.width) * size.height;
  if (count > maximum_pixels) {
    return {"TOO_MANY_PIXELS", std::to_string(size.width) + " x " + std::to_string(size.height) + " pixels, the limit is " +
                                   std::to_string(maximum_pixels)};
  }
  try {
    uint8_t* rows = pixels->Reserve(count * 3);
    Scratch<uint8_t> cmyk;
    if (!jpeg.ReadRows(rows, jpeg.is_four_channels() ? cmyk.Reserve(static_cast<size_t>(size.width) * 4) : nullptr)) {
      return Corrupt(jpeg);
    }
    *image = {rows, size.width, size.height};
    return {};
  } catch (const std::bad_alloc&) {
    return {"OUT_OF_MEMORY", "no memory for " + std::to_string(count * 3) + " bytes of pixels"};
  }
}

}  // namespace auspex::images
