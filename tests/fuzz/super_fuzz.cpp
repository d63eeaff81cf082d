// SPDX-License-Identifier: GPL-2.0-only
// Superblocks from anywhere: what is accepted keeps every promise, and is the
// same after another trip through the encoder.
//
// Input: the 4 KiB image, then optionally one byte (bits 0-1 version, bit 2:
// leave the checksum alone) and up to eight bytes of device size.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "super_samples.hpp"

using namespace mdx_test;

namespace {

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "superblock: %s\n", what);
  std::abort();
}

mdx_sb_version guess_version(const Image& image) {
  if (get_le(image, 4, 4) == 0) return MDX_SB_0_90;
  const auto place = get_le(image, 144, 8);
  return place == 0 ? MDX_SB_1_1 : place == 8 ? MDX_SB_1_2 : MDX_SB_1_0;
}

void try_one(mdx_sb_version version, const Image& image, std::uint64_t dev_sectors) {
  auto first = new_super();
  if (mdx_sb_decode(version, image.data(), dev_sectors, first.get()) != MDX_SB_OK) return;
  const auto broken = broken_promise(*first, dev_sectors);
  if (!broken.empty()) fail(broken.c_str());

  const auto again = encode(*first);
  auto second = new_super();
  if (mdx_sb_decode(version, again.data(), dev_sectors, second.get()) != MDX_SB_OK)
    fail("own encoding is refused");
  if (!same_super(*first, *second)) fail("own encoding decodes to something else");
  if (encode(*second) != again) fail("own encoding is not stable");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Image image{};
  std::copy_n(data, std::min(size, image.size()), image.begin());
  auto version = guess_version(image);
  bool sum_up = true;
  // Where the golden images come from; 1.0 also needs the exact place.
  std::uint64_t dev_sectors = 81920;
  if (size > image.size()) {
    const auto control = data[image.size()];
    version = static_cast<mdx_sb_version>(control & 3);
    sum_up = !(control & 4);
    const auto bytes = std::min<std::size_t>(size - image.size() - 1, 8);
    if (bytes) {
      dev_sectors = 0;
      std::memcpy(&dev_sectors, data + image.size() + 1, bytes);
    }
  }
  if (sum_up) fix_checksum(version, image);
  try_one(version, image, dev_sectors);
  return 0;
}
