// SPDX-License-Identifier: GPL-2.0-only
// Superblocks on devices. Encoding and decoding are the driver's own, drivers/core/super_format.h.
#pragma once

#include <memory>
#include <optional>

#include "kernel/block_device.hpp"
#include "super_format.h"

namespace mdctl::system {

using SuperPtr = std::unique_ptr<mdx_super>;

// The superblock on @device; of @version only, or the youngest of all places where one can be.
// Code::not_found: nothing there. Code::corrupt: something is, but makes no sense. A place that
// cannot be read is an error only if no other has one.
Result<SuperPtr> load_superblock(kernel::BlockDevice& device,
                                 std::optional<mdx_sb_version> version = std::nullopt);

// The same without a superblock that is not the device's own: 0.90 does not record its place, so
// that of a partition which reaches its disk's end is found on the disk as well. Code::refused if
// only such a one is there.
Result<SuperPtr> load_own_superblock(kernel::BlockDevices& blocks, kernel::BlockDevice& device,
                                     std::optional<mdx_sb_version> version = std::nullopt);

// Would @super be accepted when it is read back from a device of @dev_sectors? Code::refused, for
// @path, if not.
Result<> check_superblock(const mdx_super& super, std::uint64_t dev_sectors,
                          const std::string& path);

// Writes @super, which must pass that check, to the place its version and the device's size give.
Result<> store_superblock(kernel::BlockDevice& device, const mdx_super& super);

// Overwrites the place of @super's version with zeroes.
Result<> erase_superblock(kernel::BlockDevice& device, mdx_sb_version version);

// "1.2" to its number; "default" and "1" are 1.2; "0", "0.9" and "00.90" are 0.90. "1.x" has none.
std::optional<mdx_sb_version> parse_version(const std::string& text);

}  // namespace mdctl::system
