#pragma once
#include <algorithm>

#include "memory.h"
#include "walk/pages.h"

namespace heavyops {

// Images of one thread's frames that one bulk read brings, one after another. None: there is one image, in
// the thread's own memory.
struct ImageSeries {
  size_t count = 0;
  size_t size = 0;    // bytes of an image
  size_t ranges = 0;  // of the bulk read, for an image
};

// The memory that they are read into. All threads share it: a series is looked at before the next is read.
class ImageMemory {
 public:
  static constexpr size_t kMost = 8;                  // images
  static constexpr size_t kBytes = size_t{64} << 10;  // of all of them

  // Adds as many images as fit, up to `most`, by `plan(to)` for each. False, and none, when fewer than
  // `least` fit.
  template <typename Plan>
  bool plan(ImageSeries& series, size_t size, size_t least, size_t most, BulkRead& bulk, Plan plan) {
    series.size = Pages::round_up(size);
    series.count = std::min(most, kBytes / std::max<size_t>(1, series.size));
    if (series.count < least) {
      series.count = 0;
      return false;
    }
    bytes_.reserve(kBytes);
    size_t before = bulk.size();
    for (size_t image = 0; image < series.count; ++image) plan(bytes_.data() + image * series.size);
    series.ranges = (bulk.size() - before) / series.count;
    return true;
  }

  // Null for the thread's own memory.
  const uint8_t* image(const ImageSeries& series, size_t index) const {
    return series.count == 0 ? nullptr : bytes_.data() + index * series.size;
  }

  // Whether `bytes` are of one of the images, not of the thread's own memory.
  bool holds(const ImageSeries& series, const uint8_t* bytes) const {
    return series.count != 0 && bytes >= bytes_.data() && bytes < bytes_.data() + series.count * series.size;
  }

  // How many ranges before those of the last image its own come.
  static size_t ranges_before(const ImageSeries& series, size_t index) {
    return series.count == 0 ? 0 : (series.count - 1 - index) * series.ranges;
  }

  // Whether there are images, all read whole, and `same(first, other)` for each.
  template <typename Same>
  bool all_same(const ImageSeries& series, const BulkRead& bulk, Same same) const {
    if (series.count == 0 || !bulk.whole()) return false;
    for (size_t index = 1; index < series.count; ++index) {
      if (!same(bytes_.data(), image(series, index))) return false;
    }
    return true;
  }

 private:
  Pages bytes_;
};

}  // namespace heavyops
