// What can be done with a batch of images: crops, evaluation views, explicit views, or just decoding.
#pragma once
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "crop-policy.h"
#include "failure.h"
#include "reader.h"
#include "thread-pool.h"

namespace auspex::images {

// Decodes each input and hands the image to Process. `on_finish` runs on a pool thread, after the last item.
class ImageJob : public Job {
 public:
  ImageJob(const void* owner, std::vector<ImageInput> inputs, ImageLimits limits, int num_threads)
      : Job(owner, inputs.size(), num_threads), failures(inputs.size()), inputs_(std::move(inputs)), limits_(limits) {}

  void RunItem(size_t item, Workspace* workspace) noexcept override;
  void Finish() noexcept override { on_finish(); }

  std::vector<Failure> failures;  // one per input
  std::function<void()> on_finish;

 protected:
  virtual Failure Process(size_t item, const ImageView& image, Workspace* workspace) = 0;

 private:
  const std::vector<ImageInput> inputs_;
  const ImageLimits limits_;
};

// Crop c of a group goes to row c * batch + rows[item] of the group's output, (count * batch, size, size, 3).
class CropJob : public ImageJob {
 public:
  using ImageJob::ImageJob;
  CropPolicy policy;
  uint64_t seed = 0;
  uint32_t epoch = 0;
  size_t batch = 0;
  std::vector<uint64_t> images;  // what the draws are keyed by
  std::vector<size_t> rows;
  std::vector<uint8_t*> outputs;

 protected:
  Failure Process(size_t item, const ImageView& image, Workspace* workspace) override;
};

// The centre of each image (or of a region of it) after its shorter side was resized to `short_side`: (items, size, size, 3).
class EvaluationJob : public ImageJob {
 public:
  using ImageJob::ImageJob;
  int size = 0;
  int short_side = 0;
  double region[4] = {0, 0, 1, 1};
  bool grey = false;
  uint8_t* output = nullptr;

 protected:
  Failure Process(size_t item, const ImageView& image, Workspace* workspace) override;
};

// Any number of given views per image, one after the other in one output.
class ViewJob : public ImageJob {
 public:
  using ImageJob::ImageJob;
  struct View {
    ViewPlan plan;
    uint8_t* output = nullptr;
  };
  std::vector<std::vector<View>> views;  // per item

 protected:
  Failure Process(size_t item, const ImageView& image, Workspace* workspace) override;
};

// Keeps the pixels, malloc'ed so that they can become a JavaScript buffer without a copy.
class DecodeJob : public ImageJob {
 public:
  using ImageJob::ImageJob;
  struct Decoded {
    std::unique_ptr<uint8_t, void (*)(void*)> pixels{nullptr, std::free};
    int width = 0;
    int height = 0;
  };
  std::vector<Decoded> decoded;  // per item

 protected:
  Failure Process(size_t item, const ImageView& image, Workspace* workspace) override;
};

}  // namespace auspex::images
