// SPDX-License-Identifier: GPL-2.0-only
// The bad-block log of a member with 1.x metadata: where it could not be written, and holds old
// data since.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mdctl::model {

// In sectors of 512 bytes, from the start of the device.
struct BadRange {
  std::uint64_t sector = 0;
  std::uint64_t sectors = 0;
};

// The entries of @log as it is on the medium, up to its end mark or its own end. @shift: of the
// superblock, from the log's blocks to sectors; at most 31.
std::vector<BadRange> decode_bad_blocks(std::span<const std::byte> log, unsigned shift);

}  // namespace mdctl::model
