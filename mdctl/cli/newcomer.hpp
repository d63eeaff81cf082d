// SPDX-License-Identifier: GPL-2.0-only
// A device that joins a running array: its superblock is made like those that are there.
#pragma once

#include <optional>
#include <string>

#include "bitmap_format.h"
#include "cli/manage.hpp"
#include "system/superblock.hpp"

namespace mdctl::cli {

// What a member that the array trusts says of it.
struct Likeness {
  system::SuperPtr super;
  std::optional<mdx_bitmap_super> bitmap;  // unset: the array has none
};

// By the superblock of @version, sysfs' word. Code::corrupt: none can be read.
Result<Likeness> likeness_of(Managed& array, const std::string& version);

struct Newcomer {
  int number = 0;
  std::uint32_t role = MDX_ROLE_SPARE;  // or the slot it comes to stand in
  unsigned flags = 0;                   // MD_DISK_WRITEMOSTLY, MD_DISK_FAILFAST as bits
};

// The newcomer's place in the table of members of @sb, its own superblock or another member's.
void enter_newcomer(mdx_super& sb, kernel::DeviceNumber device, const Newcomer& newcomer);

// Writes superblock and bitmap, and erases superblocks of other versions. Code::refused if
// @device is smaller than the array needs.
Result<> write_newcomer(kernel::BlockDevice& device, const Likeness& like,
                        const Newcomer& newcomer);

}  // namespace mdctl::cli
