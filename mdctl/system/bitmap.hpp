// SPDX-License-Identifier: GPL-2.0-only
// Write-intent bitmaps on devices. Format and place are the driver's own,
// drivers/core/bitmap_format.h.
#pragma once

#include <cstdint>
#include <optional>

#include "bitmap_format.h"
#include "kernel/block_device.hpp"

namespace mdctl::system {

// What a member's bitmap says.
struct BitmapContent {
  mdx_bitmap_super super{};
  mdx_bitmap_error error = MDX_BITMAP_OK;  // of decoding; @super is what it says there
  std::uint64_t chunks = 0;
  std::uint64_t dirty = 0;
};

// The superblock of the bitmap of @super's array; its decoding's verdict is in it. Code::not_found:
// @super has no bitmap.
Result<BitmapContent> load_bitmap_super(kernel::BlockDevice& device, const mdx_super& super);

// The same, and its bits counted. A shape that does not fit is MDX_BITMAP_NO_ROOM.
Result<BitmapContent> load_bitmap(kernel::BlockDevice& device, const mdx_super& super);

// Sectors that the bitmap of @super takes; 0: it has none, or one that makes no sense.
std::uint64_t bitmap_sectors(kernel::BlockDevice& device, const mdx_super& super);

// Writes @bitmap where @super has its bitmap, with all bits set: what members are to agree on is
// for the driver to find out.
Result<> store_bitmap(kernel::BlockDevice& device, const mdx_super& super,
                      const mdx_bitmap_super& bitmap);

// The array's identity has changed, which its bitmap carries too. Ok if there is no bitmap.
Result<> rename_bitmap(kernel::BlockDevice& device, const mdx_super& super);

}  // namespace mdctl::system
